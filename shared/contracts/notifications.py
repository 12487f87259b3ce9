"""Events of topic `notifications`: what became of a message. They carry no contact details."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from shared.contracts.base import EventSchema, EventType, Instant

MESSAGE_KINDS = ("confirmation", "moved", "cancelled", "reminder", "displaced", "offer")
CHANNELS = ("email", "sms")


class NotificationEvent(EventSchema):
    """One message to one person, sent or given up. `id` names it by booking, sequence, kind, channel."""

    actor = fields.String(required=True)
    id = fields.String(required=True)
    booking = fields.String(required=True)
    sequence = fields.Integer(required=True)
    centre = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(MESSAGE_KINDS))
    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS))
    language = fields.String(required=True)
    attempts = fields.Integer(required=True)
    at = Instant(required=True)
    error = fields.String(required=True, allow_none=True)


def _event(name: str, description: str, error: str | None) -> EventType:
    example: dict[str, Any] = {
        "actor": "notify",
        "id": "K7M2-9QRTX.0.confirmation.email",
        "booking": "K7M2-9QRTX",
        "sequence": 0,
        "centre": "almaty-spec-6",
        "kind": "confirmation",
        "channel": "email",
        "language": "kk",
        "attempts": 1,
        "at": "2026-11-23T10:00:01+05:00",
        "error": error,
    }
    return EventType(
        f"notification.{name}", 1, "notifications", NotificationEvent, description, example
    )


DELIVERED = _event("delivered", "A message was handed to its provider.", None)
FAILED = _event("failed", "A message could not be sent and was given up.", "550 no such mailbox")
EVENTS = (DELIVERED, FAILED)
