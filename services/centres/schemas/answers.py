"""What is answered."""

from __future__ import annotations

from marshmallow import EXCLUDE, Schema, fields

from services.centres.schemas.centre import PostedCentre
from services.centres.schemas.forms import DayText


class Answered(Schema):
    """Answers are open: more fields may come."""

    class Meta:
        unknown = EXCLUDE


class PendingChange(Answered.from_dict({"from": DayText(required=True)})):  # type: ignore[misc]
    action = fields.String(required=True)
    until = DayText(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)


class Centre(PostedCentre):
    """A centre as answered. `name` and `address`, in the asked language, are for the public."""

    version = fields.Integer(required=True)
    pending = fields.List(fields.Nested(PendingChange), required=True)
    name = fields.String()
    address = fields.String()
    distance_km = fields.Float(metadata={"description": "with `near`"})


class CentreList(Answered):
    items = fields.List(fields.Nested(Centre), required=True)
    next = fields.String(required=True, allow_none=True)


class DeskToken(Answered):
    token = fields.String(required=True)
    centres = fields.List(fields.String(), required=True)


class ImportAnswer(Answered):
    added = fields.Integer(required=True)
    changed = fields.Integer(required=True)
    unchanged = fields.Integer(required=True)


class ClockAnswer(Answered):
    now = fields.String(required=True)
