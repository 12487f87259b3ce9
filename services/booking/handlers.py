"""What booking does with events: its projection of the network."""

from __future__ import annotations

from typing import Any

from shared.contracts import centres
from shared.contracts.codec import Event
from shared.messaging.handlers import Handlers

GROUP = "booking"
handlers = Handlers()


@handlers.handles(*centres.EVENTS)
def keep_centre(event: Event, deps: Any) -> None:
    """Stores the centre's document if it is newer than the one that is there."""
    deps.store.apply_centre(event.data["centre"])
