"""Events of topic `bookings`: the whole state of a booking, each time it changes.

The one thing to know: apply an event if and only if its booking's `sequence` is greater than the one
you have. A move between two centres is two records of one sequence: `booking.moved` keyed by the new
centre, and `booking.left` keyed by the old one, for readers of one centre alone; everybody else skips
`booking.left`. Contact details travel sealed; nobody but booking and notify can open them.
"""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from shared.contracts.base import (
    Day,
    EventSchema,
    EventType,
    Instant,
    Localised,
    Location,
    TimeOfDay,
)

BOOKING_STATUSES = ("confirmed", "displaced", "checked_in", "served", "no_show", "cancelled")


class CentreSnapshot(EventSchema):
    """What a notice needs of the centre, so that one about a centre that is gone can be written."""

    id = fields.String(required=True)
    names = fields.Nested(Localised, required=True)
    addresses = fields.Nested(Localised, required=True)
    location = fields.Nested(Location, required=True, allow_none=True)
    time_zone = fields.String(required=True)


class ServiceSnapshot(EventSchema):
    code = fields.String(required=True)
    names = fields.Nested(Localised, required=True)
    minutes = fields.Integer(required=True)


class Place(EventSchema):
    """Where and when: the truth is local day, time and zone; `start` and `end` are derived."""

    centre = fields.Nested(CentreSnapshot, required=True)
    day = Day(required=True)
    time = TimeOfDay(required=True)
    start = Instant(required=True)
    end = Instant(required=True)


class Occupied(EventSchema):
    """The places a visit takes: `minutes` from `time` of each resource."""

    resources = fields.List(fields.String(), required=True)
    occupation = fields.String(required=True)


Step = EventSchema.from_dict(
    {"from": fields.String(required=True), "at": Instant(required=True)}, name="Step"
)


class Offer(Place):
    expires_at = Instant(required=True)


class BookingDocument(Place):
    """A booking. `person` is a keyed hash, null where a desk booked without IIN."""

    reference = fields.String(required=True)
    status = fields.String(required=True, validate=validate.OneOf(BOOKING_STATUSES))
    sequence = fields.Integer(required=True)
    service = fields.Nested(ServiceSnapshot, required=True)
    kind = fields.String(required=True, metadata={"description": "kind of the centre booked"})
    occupied = fields.Nested(Occupied, required=True)
    language = fields.String(required=True, validate=validate.OneOf(("kk", "ru", "en")))
    person = fields.String(required=True, allow_none=True)
    contact = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "sealed: name, phone, email, manage token"},
    )
    booked_by = fields.String(required=True, validate=validate.OneOf(("citizen", "desk", "ops")))
    created_at = Instant(required=True)
    updated_at = Instant(required=True)
    steps = fields.List(
        fields.Nested(Step),
        required=True,
        metadata={"description": "the desk's steps that can be taken back, last one last"},
    )
    offer = fields.Nested(Offer, required=True, allow_none=True)


class Freed(Occupied):
    """The places a booking gave up, where they cool off: until then nobody can have them."""

    centre = fields.String(required=True)
    day = Day(required=True)
    time = TimeOfDay(required=True)
    minutes = fields.Integer(required=True)
    service = fields.String(required=True)
    until = Instant(required=True)


class BookingEvent(EventSchema):
    """Who did what, and the booking as it is since. `previous` is the place a move left;
    `freed_until` says until when a place given up cools off, `freed` which places that are."""

    actor = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    booking = fields.Nested(BookingDocument, required=True)
    previous = fields.Nested(Place, required=True, allow_none=True)
    freed_until = Instant(required=True, allow_none=True)
    freed = fields.Nested(
        Freed,
        allow_none=True,
        metadata={"description": "for booking's own recovery from the log; null: back at once"},
    )


_CENTRE = {
    "id": "almaty-spec-6",
    "names": {
        "kk": "Алматы №6 мамандандырылған ХҚО",
        "ru": "СпецЦОН №6 Алматы",
        "en": "Specialised PSC No.6, Almaty",
    },
    "addresses": {"kk": "Алматы", "ru": "Алматы", "en": "Almaty"},
    "location": {"lat": 43.2389, "lon": 76.8897},
    "time_zone": "Asia/Almaty",
}
_PLACE: dict[str, Any] = {
    "centre": _CENTRE,
    "day": "2026-11-24",
    "time": "09:00",
    "start": "2026-11-24T09:00:00+05:00",
    "end": "2026-11-24T09:15:00+05:00",
}
EXAMPLE_BOOKING: dict[str, Any] = {
    **_PLACE,
    "reference": "K7M2-9QRTX",
    "status": "confirmed",
    "sequence": 0,
    "service": {
        "code": "plates",
        "names": {
            "kk": "Нөмірлік белгі беру",
            "ru": "Выдача госномера",
            "en": "Number plate issue",
        },
        "minutes": 15,
    },
    "kind": "specialised",
    "occupied": {"resources": ["pick-up-window"], "occupation": "0f3c9a"},
    "language": "kk",
    "person": "3f9a",
    "contact": "gAAAA...",
    "booked_by": "citizen",
    "created_at": "2026-11-23T10:00:00+05:00",
    "updated_at": "2026-11-23T10:00:00+05:00",
    "steps": [],
    "offer": None,
}


def _event(name: str, description: str, **differs: Any) -> EventType:
    status = differs.pop("status", "confirmed")
    sequence = 0 if name == "confirmed" else 1
    example = {
        "actor": differs.pop("actor", "citizen"),
        "reason": None,
        "booking": {**EXAMPLE_BOOKING, "status": status, "sequence": sequence},
        "previous": None,
        "freed_until": None,
        **differs,
    }
    return EventType(f"booking.{name}", 1, "bookings", BookingEvent, description, example)


_EARLIER = {
    **_PLACE,
    "time": "10:00",
    "start": "2026-11-24T10:00:00+05:00",
    "end": "2026-11-24T10:15:00+05:00",
}
_DESK = "desk:almaty-spec-6"
CONFIRMED = _event("confirmed", "A visit is booked.")
MOVED = _event("moved", "A booking has another place; keyed by the new centre.", previous=_EARLIER)
LEFT = _event("left", "A booking moved to another centre; keyed by the old one.", previous=_EARLIER)
CANCELLED = _event("cancelled", "A booking was given up.", status="cancelled")
DISPLACED = _event(
    "displaced", "A change of the centre took a booking's place.", status="displaced"
)
OFFERED = _event("offered", "A displaced booking was offered another place.", status="displaced")
CHECKED_IN = _event("checked-in", "The person has come.", status="checked_in", actor=_DESK)
SERVED = _event("served", "The visit is done.", status="served", actor=_DESK)
NO_SHOW = _event("no-show", "The person did not come.", status="no_show", actor=_DESK)
REVERTED = _event("reverted", "The desk took back its last step.", actor=_DESK)
EVENTS = (
    CONFIRMED, MOVED, LEFT, CANCELLED, DISPLACED, OFFERED, CHECKED_IN, SERVED, NO_SHOW, REVERTED,
)  # fmt: skip
