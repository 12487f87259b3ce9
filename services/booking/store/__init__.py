"""Booking's store on Valkey: keys, reads, and one method per transition."""

from services.booking.store.reads import Reads
from services.booking.store.transitions import Transitions

__all__ = ["Store"]


class Store(Reads, Transitions):
    """Everything booking keeps, on one primary, under one tag."""
