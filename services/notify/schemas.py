"""What callers of notify send and get."""

from __future__ import annotations

from marshmallow import Schema, fields, validate

from services.notify.domain.messages import CHANNELS, STATUSES
from shared.contracts.notifications import MESSAGE_KINDS
from shared.i18n import LANGUAGES
from shared.web.fields import Instant, ListQuery, RequestSchema

ADVANCE_MOST_S = 366 * 24 * 3600


class MessagesQuery(ListQuery):
    """Which messages."""

    booking = fields.String(metadata={"description": "a booking's reference"})
    status = fields.String(validate=validate.OneOf(STATUSES))
    since = Instant(metadata={"description": "created at this instant or later"})


class MessageAnswer(Schema):
    """A message: what became of it, without contact data."""

    id = fields.String(required=True)
    booking = fields.String(required=True)
    sequence = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(MESSAGE_KINDS))
    channel = fields.String(required=True, validate=validate.OneOf(CHANNELS))
    language = fields.String(required=True, validate=validate.OneOf(LANGUAGES))
    status = fields.String(required=True, validate=validate.OneOf(STATUSES))
    attempts = fields.Integer(required=True)
    sent_at = fields.DateTime(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)
    created_at = fields.DateTime(required=True)
    due_at = fields.DateTime(required=True)
    centre = fields.String(required=True)


class MessagesAnswer(Schema):
    """A page of messages, newest first."""

    items = fields.List(fields.Nested(MessageAnswer), required=True)
    next = fields.String(required=True, allow_none=True)


class ClockBody(RequestSchema):
    """How far to move the simulated clock."""

    advance_s = fields.Integer(
        required=True, strict=True, validate=validate.Range(0, ADVANCE_MOST_S)
    )


class ClockAnswer(Schema):
    now = fields.DateTime(required=True)
