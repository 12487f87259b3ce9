"""What notify does with events of others."""

from __future__ import annotations

from typing import Any

from services.notify.use_cases.incoming import apply_booking, apply_centre
from shared.contracts import bookings, centres
from shared.contracts.codec import Event
from shared.messaging.handlers import Handlers

handlers = Handlers()

_OF_BOOKINGS = tuple(event for event in bookings.EVENTS if event is not bookings.LEFT)


@handlers.handles(*_OF_BOOKINGS)
def booking_changed(event: Event, deps: Any) -> None:
    """Keeps the booking, queues what is owed for it, and wakes the senders."""
    if apply_booking(
        event.type.name,
        event.data,
        store=deps.incoming,
        addressees=deps.addressees,
        rules=deps.rules,
        traceparent=event.traceparent,
    ):
        deps.bell.ring()


@handlers.handles(bookings.LEFT)
def booking_left(_event: Event, _deps: Any) -> None:
    """For readers of one centre alone: the same change comes as `booking.moved`, with the same
    sequence, so it must not reach the version rule here."""


@handlers.handles(*centres.EVENTS)
def centre_changed(event: Event, deps: Any) -> None:
    """Keeps the epoch of the centre's desk tokens."""
    apply_centre(event.data, store=deps.incoming)
