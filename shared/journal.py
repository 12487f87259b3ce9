"""The story of a booking or a centre in the logs: one line per transition that has happened.

Owns the names of those lines, which are the events' (`booking.checked-in` is `booking_checked_in`),
and counts them. Stores call it once a script has said ok, so that a replay tells nothing twice. The
one thing to know: a line names things by id; nothing of a person is ever given to it.
"""

from __future__ import annotations

from typing import Any

import orjson

from shared import metrics
from shared.contracts.codec import OutboxEntry
from shared.contracts.registry import EVENT_TYPES
from shared.logs import story

_LINES = {ce_type: t.name.replace(".", "_").replace("-", "_") for ce_type, t in EVENT_TYPES.items()}


def tell(entry: OutboxEntry, **facts: Any) -> str:
    """One line for one stored event, with its centre and id; the line's name comes back."""
    headers = orjson.loads(entry.headers)
    line = _LINES[headers["ce_type"]]
    metrics.EVENTS.labels(line).inc()
    story(line, {**facts, "centre": entry.key, "event_id": headers["ce_id"]})
    return line
