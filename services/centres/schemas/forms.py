"""The fields of centres: hours, capacities, codes, and their messages."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from services.centres.domain import hours
from services.centres.domain.rules import ID
from shared.contracts.centres import WEEKDAYS
from shared.web.fields import Day, RequestSchema, require

NOT_ALLOWED = "Not one of the allowed values."
NOT_A_TIME = "Not a time: use HH:MM."
NOT_AN_ID = "Use 3 to 40 of a-z, 0-9 and hyphen."
NOT_WHOLE = "Not a whole number."
PLACES = "Must be between 0 and 1000."
TWICE = "Something is named twice."
NULL = "Field may not be null."
UNKNOWN = "Unknown field."
NEEDS_NEAR = "Say near which place."
TEN_YEARS = "Must be between 0 and 316224000."
POSITIVE = "Must be between 0 and 20000."


class DayText(Day):
    """A day that stays text."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, **kwargs).isoformat()


class Time(fields.String):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            validate=validate.Regexp(rf"^({hours.TIME})\Z", error=NOT_A_TIME), **kwargs
        )


class Whole(fields.Integer):
    """A whole JSON number: neither text nor true."""

    def _validated(self, value: Any) -> Any:
        if type(value) is not int:
            raise ValidationError(NOT_WHOLE)
        return value


def places() -> Whole:
    return Whole(validate=validate.Range(0, 1000, error=PLACES))


def choice(values: tuple[str, ...]) -> validate.OneOf:
    return validate.OneOf(values, error=NOT_ALLOWED)


centre_id = validate.Regexp(rf"^({ID.pattern})\Z", error=NOT_AN_ID)
plain_name = validate.Regexp(r"^[a-z0-9-]{1,60}\Z", error=NOT_ALLOWED)
unique = require(lambda items: len(set(items)) == len(items), TWICE)


def yes_or_no(**kwargs: Any) -> fields.Boolean:
    return fields.Boolean(truthy={True}, falsy={False}, **kwargs)


def request(name: str, **declared: fields.Field[Any]) -> type[Schema]:
    """A request schema with fields whose names are Python keywords: `from_` becomes `from`."""
    named: dict[str, Any] = {key.rstrip("_"): field for key, field in declared.items()}
    return RequestSchema.from_dict(named, name=name)


Pause = request("CentreBreak", from_=Time(required=True), to=Time(required=True))
WeeklyHours = request(
    "CentreHours",
    days=fields.List(
        fields.String(validate=choice(WEEKDAYS)), required=True, validate=validate.Length(min=1)
    ),
    from_=Time(required=True),
    to=Time(required=True),
    breaks=fields.List(fields.Nested(Pause), load_default=list),
)
DatedHours = request(
    "CentreException",
    date=DayText(required=True),
    closed=yes_or_no(),
    from_=Time(),
    to=Time(),
    breaks=fields.List(fields.Nested(Pause)),
)


def capacity(**kwargs: Any) -> fields.Dict:
    return fields.Dict(keys=fields.String(validate=plain_name), values=places(), **kwargs)


def service_codes(**kwargs: Any) -> fields.List:
    return fields.List(fields.String(validate=plain_name), validate=unique, **kwargs)


def ordinary() -> list[dict[str, Any]]:
    return hours.parse("")
