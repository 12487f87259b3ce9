"""What became of a message, told to the log and counted.

Owns the names of those lines and outcomes. The one thing to know: a line names a message by its id
and its booking by the reference; it works under the trace of the event that the message came from.
"""

from __future__ import annotations

from typing import Any

import orjson

from services.notify.domain.messages import Message
from services.notify.metrics import NOTICES
from shared import trace
from shared.contracts.codec import OutboxEntry
from shared.logs import story

QUEUED, SENT, RETRIED, FAILED, DROPPED = "queued", "sent", "retried", "failed", "dropped"


def tell(outcome: str, message: Message, entry: OutboxEntry | None = None, **facts: Any) -> None:
    """`entry` is the event that was stored with it."""
    NOTICES.labels(message.kind, message.channel, outcome).inc()
    notice = message.notice
    facts |= {
        "booking": notice.reference,
        "sequence": notice.sequence,
        "centre": notice.place.centre_id,
        "message": message.id,
    }
    if entry is not None:
        facts["event_id"] = orjson.loads(entry.headers)["ce_id"]
    with trace.following(notice.traceparent):
        story(f"message_{outcome}", facts)
