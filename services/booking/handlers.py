"""What booking does with events: its projection of the network."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from services.booking.metrics import OPENED_TO_BOOKABLE
from shared import clock
from shared.contracts import centres
from shared.contracts.codec import Event
from shared.logs import get_logger
from shared.messaging.handlers import Handlers

GROUP = "booking"
handlers = Handlers()
log = get_logger(__name__)


@handlers.handles(*centres.EVENTS)
def keep_centre(event: Event, deps: Any) -> None:
    """Stores the centre's document if it is newer than the one that is there."""
    centre = event.data["centre"]
    if not deps.store.apply_centre(centre):
        return
    log.info("centre_applied", centre=centre["id"], version=centre["version"])
    if event.type is centres.OPENED:
        told_ms = clock.to_ms(datetime.fromisoformat(event.time))
        OPENED_TO_BOOKABLE.observe(max(0, deps.store.look().now_ms - told_ms) / 1000)
