"""Events of topic `centres`: the whole document of a centre, each time something about it changes.

The one thing to know: a centre is described by `periods`, each holding from its day (`from`, null for
"always so far") until the next one begins. The effective document of a day is the last period whose
`from` is not after it; so a reader needs no rules of its own, and no timer. Apply an event if and only
if its `version` is greater than the one you have.
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

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
STATUSES = ("decided", "planned", "open", "suspended", "closed")
KINDS = ("general", "specialised")
ONLINE = ("none", "partial", "full", "only")


def _fields(**declared: fields.Field[Any]) -> dict[str, fields.Field[Any]]:
    """For field names that are Python keywords: `from_` becomes `from`."""
    return {name.rstrip("_"): field for name, field in declared.items()}


Break = EventSchema.from_dict(
    _fields(from_=TimeOfDay(required=True), to=TimeOfDay(required=True)), name="Break"
)
HoursRule = EventSchema.from_dict(
    _fields(
        days=fields.List(fields.String(validate=validate.OneOf(WEEKDAYS)), required=True),
        from_=TimeOfDay(required=True),
        to=TimeOfDay(required=True),
        breaks=fields.List(fields.Nested(Break)),
    ),
    name="HoursRule",
)
DateException = EventSchema.from_dict(
    _fields(
        date=Day(required=True),
        closed=fields.Boolean(),
        from_=TimeOfDay(),
        to=TimeOfDay(),
        breaks=fields.List(fields.Nested(Break)),
    ),
    name="DateException",
)
Period = EventSchema.from_dict(
    _fields(
        from_=Day(required=True, allow_none=True),
        status=fields.String(required=True, validate=validate.OneOf(STATUSES)),
        addresses=fields.Nested(Localised, required=True),
        location=fields.Nested(Location, required=True, allow_none=True),
        hours=fields.List(fields.Nested(HoursRule), required=True),
        exceptions=fields.List(fields.Nested(DateException), required=True),
        observes_holidays=fields.Boolean(required=True),
        resources=fields.Dict(keys=fields.String(), values=fields.Integer(), required=True),
        walk_in=fields.Dict(keys=fields.String(), values=fields.Integer(), required=True),
        services=fields.List(fields.String(), required=True),
    ),
    name="Period",
)
DatedChange = EventSchema.from_dict(
    _fields(
        action=fields.String(required=True),
        from_=Day(required=True, allow_none=True),
        until=Day(allow_none=True),
        reason=fields.String(required=True, allow_none=True),
        actor=fields.String(required=True),
    ),
    name="DatedChange",
)


class Holiday(EventSchema):
    """A national day that is not as its weekday: closed, or worked `like` another weekday."""

    date = Day(required=True)
    names = fields.Nested(Localised, required=True)
    like = fields.String(
        validate=validate.OneOf(WEEKDAYS),
        allow_none=True,
        metadata={
            "description": "a moved working day: ordinary hours of this weekday; else closed"
        },
    )


class ServiceDefinition(EventSchema):
    """A service as centres define it: `minutes` of a visit and the resources it occupies at once."""

    code = fields.String(required=True)
    version = fields.Integer(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    names = fields.Nested(Localised, required=True)
    minutes = fields.Integer(required=True)
    start_every = fields.Integer(required=True, metadata={"description": "minutes between starts"})
    resources = fields.List(fields.String(), required=True)
    online = fields.String(required=True, validate=validate.OneOf(ONLINE))
    online_note = fields.String(required=True, allow_none=True)


class CentreDocument(EventSchema):
    """Everything about a centre. `schedule_version` grows only when what can be booked changes."""

    id = fields.String(required=True)
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    version = fields.Integer(required=True)
    schedule_version = fields.Integer(required=True)
    names = fields.Nested(Localised, required=True)
    region = fields.String(required=True)
    region_path = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "the region and those that contain it, nearest first"},
    )
    time_zone = fields.String(required=True)
    planned_opening = Day(required=True, allow_none=True)
    desk_epoch = fields.Integer(
        required=True, metadata={"description": "desk tokens of an earlier epoch are revoked"}
    )
    updated_at = Instant(required=True)
    changes = fields.List(fields.Nested(DatedChange), required=True)
    periods = fields.List(fields.Nested(Period), required=True, validate=validate.Length(min=1))
    holidays = fields.List(fields.Nested(Holiday), required=True)
    definitions = fields.List(fields.Nested(ServiceDefinition), required=True)


class CentreEvent(EventSchema):
    """Who did what to a centre, and the centre as it is since."""

    actor = fields.String(required=True)
    reason = fields.String(required=True, allow_none=True)
    changed = fields.List(fields.String(), required=True)
    centre = fields.Nested(CentreDocument, required=True)
    kept = fields.Dict(
        metadata={"description": "what the centres app keeps of it, for its own recovery only"}
    )


_NAMES = {
    "kk": "Алматы №6 мамандандырылған ХҚО",
    "ru": "СпецЦОН №6 Алматы",
    "en": "Specialised PSC No.6, Almaty",
}
_ADDRESSES = {"kk": "Алматы", "ru": "Алматы", "en": "Almaty"}
EXAMPLE_CENTRE: dict[str, Any] = {
    "id": "almaty-spec-6",
    "kind": "specialised",
    "version": 2,
    "schedule_version": 2,
    "names": _NAMES,
    "region": "almaty-city",
    "region_path": ["almaty-city"],
    "time_zone": "Asia/Almaty",
    "planned_opening": None,
    "desk_epoch": 0,
    "updated_at": "2026-11-23T10:00:00+05:00",
    "changes": [],
    "periods": [
        {
            "from": None,
            "status": "open",
            "addresses": _ADDRESSES,
            "location": {"lat": 43.2389, "lon": 76.8897},
            "hours": [
                {
                    "days": ["mon", "tue", "wed", "thu", "fri"],
                    "from": "09:00",
                    "to": "18:00",
                    "breaks": [{"from": "13:00", "to": "14:00"}],
                }
            ],
            "exceptions": [{"date": "2026-12-19", "from": "09:00", "to": "13:00"}],
            "observes_holidays": True,
            "resources": {"counter": 6, "inspection-bay": 2, "pick-up-window": 4},
            "walk_in": {"counter": 1},
            "services": ["plates", "veh-rereg"],
        }
    ],
    "holidays": [
        {
            "date": "2026-12-16",
            "names": {
                "kk": "Тәуелсіздік күні",
                "ru": "День Независимости",
                "en": "Independence Day",
            },
            "like": None,
        }
    ],
    "definitions": [
        {
            "code": "plates",
            "version": 1,
            "kind": "specialised",
            "names": {
                "kk": "Нөмірлік белгі беру",
                "ru": "Выдача госномера",
                "en": "Number plate issue",
            },
            "minutes": 15,
            "start_every": 15,
            "resources": ["pick-up-window"],
            "online": "partial",
            "online_note": "free choice of letters and digits",
        }
    ],
}


def _event(name: str, description: str, reason: str | None, changed: list[str]) -> EventType:
    example = {"actor": "ops", "reason": reason, "changed": changed, "centre": EXAMPLE_CENTRE}
    return EventType(f"centre.{name}", 1, "centres", CentreEvent, description, example)


REGISTERED = _event("registered", "A centre became known, planned or decided.", None, ["id"])
OPENED = _event("opened", "A centre opens, or will from a day.", "ready", ["status"])
CHANGED = _event(
    "changed", "Something about a centre changed that is no lifecycle step.", None, ["hours"]
)
SUSPENDED = _event("suspended", "A centre is, or will be, suspended.", "renovation", ["status"])
RESUMED = _event("resumed", "A suspended centre works again, or will.", "repaired", ["status"])
RELOCATED = _event(
    "relocated", "A centre moves to another building from a day.", "bigger", ["addresses"]
)
CLOSED = _event("closed", "A centre closes for good, or will.", "merged", ["status"])
EVENTS = (REGISTERED, OPENED, CHANGED, SUSPENDED, RESUMED, RELOCATED, CLOSED)
