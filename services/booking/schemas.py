"""What callers of booking send, and what they are answered."""

from __future__ import annotations

from typing import Any

import phonenumbers
from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from services.booking.domain.person import clean_name, is_iin, is_name
from shared.web.fields import Day, Instant, LangQuery, Language, Near, RequestSchema

SLUG = fields.String(validate=validate.Length(1, 64))


class Name(fields.String):
    """A person's name in Kazakh, Russian or Latin letters."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        name = clean_name(super()._deserialize(value, attr, data, **kwargs))
        if not is_name(name):
            raise ValidationError(
                "Not a name: use Kazakh, Russian or Latin letters, hyphen, apostrophe and space."
            )
        return name


class Iin(fields.String):
    """An individual identification number with a right check digit."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        iin: str = super()._deserialize(value, attr, data, **kwargs)
        if not is_iin(iin):
            raise ValidationError("Not a valid IIN: 12 digits, the last one is a check digit.")
        return iin


class Phone(fields.String):
    """A phone number of Kazakhstan, to E.164. Source of the plan: the `phonenumbers` metadata."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        try:
            number = phonenumbers.parse(text[:40], "KZ")
        except phonenumbers.NumberParseException:
            number = None
        if number is None or phonenumbers.region_code_for_number(number) != "KZ":
            raise ValidationError("Not a phone number of Kazakhstan.")
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


class PersonIn(RequestSchema):
    name = Name(required=True)
    iin = Iin()
    phone = Phone()
    email = fields.Email(validate=validate.Length(max=254))


class HoldIn(RequestSchema):
    """A start of a service at a centre."""

    centre = fields.String(required=True)
    service = fields.String(required=True)
    start = Instant(required=True)


class BookingIn(RequestSchema):
    """A live hold, or a start of a service at a centre; never both."""

    hold = fields.String()
    centre = fields.String()
    service = fields.String()
    start = Instant()
    person = fields.Nested(PersonIn, required=True)
    language = Language()

    @validates_schema
    def _one_way(self, data: dict[str, Any], **_: Any) -> None:
        named = [n for n in ("centre", "service", "start") if n in data]
        if "hold" in data and named:
            raise ValidationError({n: ["Not together with a hold."] for n in named})
        if "hold" not in data:
            missing = [n for n in ("centre", "service", "start") if n not in data]
            if missing:
                raise ValidationError({n: ["This field is required."] for n in missing})


class MoveIn(RequestSchema):
    start = Instant(required=True)
    centre = fields.String()


class ClockIn(RequestSchema):
    """Seconds to move the simulated clock forward."""

    advance_s = fields.Integer(required=True, strict=True, validate=validate.Range(0, 400 * 86400))


class NothingIn(RequestSchema):
    """A call without fields."""


class SlotsQuery(LangQuery):
    """Exactly one of centre, near, region."""

    service = fields.String(required=True)
    centre = fields.String()
    near = Near()
    region = fields.String()
    within_km = fields.Float(load_default=50.0, allow_nan=False, validate=validate.Range(0, 3000))
    limit = fields.Integer(load_default=10, validate=validate.Range(1, 50))
    from_ = Day(data_key="from")
    to = Day()

    @validates_schema
    def _one_place(self, data: dict[str, Any], **_: Any) -> None:
        if sum(name in data for name in ("centre", "near", "region")) != 1:
            raise ValidationError({"centre": ["Give exactly one of centre, near and region."]})
        if "from_" in data and "to" in data and data["to"] < data["from_"]:
            raise ValidationError({"to": ["Must not be before from."]})


class DayTimes(Schema):
    day = fields.String(required=True)
    offset = fields.String(required=True)
    free = fields.Integer(required=True)
    times = fields.Dict(keys=fields.String(), values=fields.Integer(), required=True)


class CentreSlots(Schema):
    id = fields.String(required=True)
    version = fields.Integer(required=True)
    name = fields.String(required=True)
    time_zone = fields.String(required=True)
    distance_km = fields.Float(required=True, allow_none=True)
    next_free = fields.String(required=True, allow_none=True)
    reason = fields.String(required=True, allow_none=True)
    days = fields.List(fields.Nested(DayTimes), required=True)


class ServiceBrief(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    minutes = fields.Integer(required=True)
    online = fields.String(required=True)
    online_note = fields.String(required=True, allow_none=True)


class ServiceOut(ServiceBrief):
    resources = fields.List(fields.String(), required=True)


class ServicesOut(Schema):
    items = fields.List(fields.Nested(ServiceOut), required=True)
    next = fields.String(required=True, allow_none=True)


class SlotsOut(Schema):
    service = fields.Nested(ServiceBrief, required=True)
    centres = fields.List(fields.Nested(CentreSlots), required=True)


class HoldOut(Schema):
    hold = fields.String(required=True)
    centre = fields.String(required=True)
    service = fields.String(required=True)
    start = fields.String(required=True)
    end = fields.String(required=True)
    expires_at = fields.String(required=True)


class CentreBrief(Schema):
    id = fields.String(required=True)
    name = fields.String(required=True)
    address = fields.String(required=True)


class ServiceName(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)


class OfferOut(Schema):
    centre = fields.String(required=True)
    start = fields.String(required=True)
    expires_at = fields.String(required=True)


class BookingOut(Schema):
    reference = fields.String(required=True)
    status = fields.String(required=True)
    centre = fields.Nested(CentreBrief, required=True)
    service = fields.Nested(ServiceName, required=True)
    start = fields.String(required=True)
    end = fields.String(required=True)
    sequence = fields.Integer(required=True)
    language = fields.String(required=True)
    created_at = fields.String(required=True)
    offer = fields.Nested(OfferOut, allow_none=True)


class BookingCreated(BookingOut):
    manage_token = fields.String(required=True)


class Visit(BookingOut):
    name = fields.String(required=True)


class DayOut(Schema):
    centre = fields.String(required=True)
    day = fields.String(required=True)
    visits = fields.List(fields.Nested(Visit), required=True)


class ClockOut(Schema):
    now = fields.String(required=True)
