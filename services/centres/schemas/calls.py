"""The bodies of the steps and of the other calls, and queries."""

from __future__ import annotations

from typing import Any

from marshmallow import ValidationError, fields, post_load, validate

from services.centres.schemas.forms import (
    NEEDS_NEAR,
    POSITIVE,
    TEN_YEARS,
    DayText,
    Whole,
    capacity,
    centre_id,
    choice,
    request,
    service_codes,
    unique,
)
from shared.contracts.centres import KINDS, STATUSES
from shared.web.fields import LangQuery, ListQuery, Localised, Location, Near, RequestSchema, Text

_reason = {"required": True, "most": 500}
StepBody = request("CentreStep", reason=Text(**_reason), from_=DayText(allow_none=True))
SuspendBody = request(
    "CentreSuspension",
    reason=Text(**_reason),
    from_=DayText(allow_none=True),
    until=DayText(allow_none=True),
)
RelocateBody = request(
    "CentreRelocation",
    reason=Text(**_reason),
    from_=DayText(required=True),
    addresses=fields.Nested(Localised, required=True),
    location=fields.Nested(Location, required=True),
    resources=capacity(),
    services=service_codes(),
)
MoveServiceBody = request(
    "CentreServiceMove",
    reason=Text(**_reason),
    service=fields.String(required=True),
    to=fields.String(required=True),
    from_=DayText(required=True),
)


class Nothing(RequestSchema):
    """A body without fields."""


class DeskTokenBody(RequestSchema):
    centres = fields.List(
        fields.String(validate=centre_id), required=True, validate=[validate.Length(1, 500), unique]
    )


class ClockBody(RequestSchema):
    advance_s = Whole(required=True, validate=validate.Range(0, 10 * 366 * 86400, error=TEN_YEARS))


class DryRunQuery(LangQuery):
    dry_run = fields.Boolean(
        load_default=False, metadata={"description": "answer as it would be, change nothing"}
    )


class FindQuery(ListQuery):
    region = fields.String()
    kind = fields.String(validate=choice(KINDS))
    service = fields.String()
    status = fields.String(validate=choice(STATUSES))
    near = Near()
    within_km = fields.Float(allow_nan=False, validate=validate.Range(0, 20000, error=POSITIVE))

    @post_load
    def _near_what(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "within_km" in data and "near" not in data:
            raise ValidationError({"near": [NEEDS_NEAR]})
        return data
