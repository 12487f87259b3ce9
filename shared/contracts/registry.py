"""All topics and event types of the system."""

from __future__ import annotations

from collections.abc import Mapping

from shared.contracts import bookings, centres, notifications
from shared.contracts.base import EventType, Topic

_DAY_MS = 24 * 3600 * 1000
BOOKINGS_RETENTION_DAYS = 100
"""The longest lead (horizon and offers beyond it) plus a grace; booking refuses a longer horizon."""

TOPICS: Mapping[str, Topic] = {
    topic.name: topic
    for topic in (
        Topic("centres", -1, "Every state of every centre, kept for ever."),
        Topic("bookings", BOOKINGS_RETENTION_DAYS * _DAY_MS, "Every state of every booking."),
        Topic("notifications", 30 * _DAY_MS, "What became of each message."),
    )
}
EVENT_TYPES: Mapping[str, EventType] = {
    event.ce_type: event for event in (*centres.EVENTS, *bookings.EVENTS, *notifications.EVENTS)
}


def dead_letter_topic(topic: str) -> str:
    """Where records of `topic` go that cannot be handled; kept 30 days."""
    return f"{topic}-dlq"
