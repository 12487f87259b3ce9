"""A centre as ops post and patch it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import RAISE, ValidationError, fields, post_load, pre_load, validate

from services.centres.domain.document import ANSWERED_FIELDS
from services.centres.schemas.forms import (
    NULL,
    UNKNOWN,
    DatedHours,
    DayText,
    WeeklyHours,
    capacity,
    centre_id,
    choice,
    ordinary,
    service_codes,
    yes_or_no,
)
from shared.contracts.centres import KINDS, STATUSES
from shared.errors import Refusal
from shared.web.fields import Localised, Location, RequestSchema, flatten

OWN = ("version", "pending")
"""Answered fields that are the server's own: ignored when sent, so that an answer can be sent
back."""
OPTIONAL = (
    "exceptions", "walk_in", "planned_opening", "time_zone", "observes_holidays", "hours", "status",
)  # fmt: skip


class PostedCentre(RequestSchema):
    """A centre as ops post it; loading fills in the defaults."""

    id = fields.String(validate=centre_id)
    kind = fields.String(required=True, validate=choice(KINDS))
    status = fields.String(load_default="planned", validate=choice(STATUSES))
    names = fields.Nested(Localised, required=True)
    addresses = fields.Nested(Localised, required=True)
    region = fields.String(required=True, validate=validate.Length(max=100))
    location = fields.Nested(Location, required=True)
    time_zone = fields.String(load_default="Asia/Almaty", validate=validate.Length(min=1, max=64))
    hours = fields.List(fields.Nested(WeeklyHours), load_default=ordinary)
    exceptions = fields.List(fields.Nested(DatedHours), load_default=list)
    observes_holidays = yes_or_no(load_default=True)
    resources = capacity(required=True)
    walk_in = capacity(load_default=dict)
    services = service_codes(required=True)
    planned_opening = DayText(load_default=None, allow_none=True)

    @pre_load
    def _drop_own(self, data: Any, **_: Any) -> Any:
        return (
            {k: v for k, v in data.items() if k not in OWN} if isinstance(data, Mapping) else data
        )

    @post_load
    def _finish(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Exceptions in one form: closed, or hours. No walk-in places is no entry."""
        for exception in data.get("exceptions", ()):
            if exception.get("closed") is False:
                del exception["closed"]
        if "walk_in" in data:
            data["walk_in"] = {name: n for name, n in data["walk_in"].items() if n}
        return data


class CentrePatch(PostedCentre):
    """A JSON merge patch of a centre (RFC 7396): what is there is checked, and handed on as it
    came."""

    class Meta:
        unknown = RAISE
        exclude = ("id",)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**kwargs, "partial": True})

    @pre_load
    def _without_nulls(self, data: Any, **_: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        wrong = {}
        for name, value in data.items():
            if value is None and name not in (*OPTIONAL, *OWN):
                wrong[name] = [NULL if name in self.fields else UNKNOWN]
        if wrong:
            raise ValidationError(wrong)
        return _stripped(data)

    @post_load(pass_original=True)
    def _finish(self, _data: dict[str, Any], original: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {k: v for k, v in original.items() if k not in OWN}


def _stripped(value: Any) -> Any:
    """Without the nulls of objects, which remove; those inside lists are values."""
    if not isinstance(value, Mapping):
        return value
    return {k: _stripped(v) for k, v in value.items() if v is not None}


def shape(document: Mapping[str, Any]) -> dict[str, Any]:
    """See `ports.Shape`."""
    try:
        loaded: dict[str, Any] = _POSTED.load(document)
    except ValidationError as error:
        messages = flatten(error.normalized_messages())
        raise Refusal("validation_failed", errors=messages) from None
    return loaded


_POSTED = PostedCentre()

assert set(PostedCentre._declared_fields) >= set(ANSWERED_FIELDS)  # noqa: S101
