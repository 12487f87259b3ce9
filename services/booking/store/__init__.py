"""Booking's store on Valkey: keys, reads, and one method per transition."""

from services.booking.store.reads import Reads
from services.booking.store.transitions import Transitions
from shared.store.connection import Client

__all__ = ["Store"]


class Store(Reads, Transitions):
    """Everything booking keeps, on one primary, under one tag; `replica` is for looks that may be
    late. A request's transition is done when `wait_replicas` of the replicas have it too."""

    def __init__(
        self, client: Client, *, replica: Client | None = None, wait_replicas: int = 0
    ) -> None:
        super().__init__(client, replica)
        self.wait_replicas = wait_replicas
