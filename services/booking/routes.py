"""Booking's HTTP calls: each parses, calls one use case, and dumps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from marshmallow import ValidationError

from services.booking import schemas, views
from services.booking.domain.actor import Actor
from services.booking.domain.reference import normalise
from services.booking.metrics import BOOKINGS, HOLDS, refusals_in
from services.booking.ports import Person
from services.booking.use_cases import bookings, desk, holds, search, visits
from shared import clock
from shared.errors import Refusal
from shared.web import lists
from shared.web import openapi as documents
from shared.web.answers import Answer
from shared.web.auth import Caller, keyed_hash
from shared.web.fields import ListQuery, parse_day
from shared.web.operation import Call, Routes, ops, staff

routes = Routes("/booking")
MOST_DAYS = 31
_TARGET = ("unknown_centre", "unknown_service", "service_not_offered", "in_past", "too_soon",
           "beyond_horizon", "outside_hours", "off_grid", "centre_not_open")  # fmt: skip


def actor_of(caller: Caller) -> Actor:
    return Actor(caller.role, caller.actor, caller.centres)


# Searching


@routes.add("GET", "/services", query=ListQuery, answers={200: schemas.ServicesOut})
def list_services(call: Call, deps: Any) -> Answer:
    """The services that any centre offers, with their online alternatives."""
    services = list(search.list_services(store=deps.store).values())
    page = lists.page(services, key=lambda s: s.code, limit=call.query["limit"],
                      cursor=call.query["cursor"])  # fmt: skip
    to_ops = call.caller.role == "ops"
    page["items"] = [views.service(s, call.language, to_ops=to_ops) for s in page["items"]]
    return Answer(200, page)


@routes.add("GET", "/slots", query=schemas.SlotsQuery, answers={200: schemas.SlotsOut},
            refusals=("not_found", "range_too_long"))  # fmt: skip
def find_slots(call: Call, deps: Any) -> Answer:
    """Free places by start: only starts that can be booked right now."""
    query = call.query
    first, last = query.get("from_"), query.get("to")
    if first and last and last - first > timedelta(days=MOST_DAYS - 1):
        raise Refusal("range_too_long")
    region = query.get("region")
    if region is not None and deps.regions.get(region) is None:
        raise Refusal("not_found", errors={"region": ["There is no such region."]})
    where = search.Where(
        centre=query.get("centre"), near=query.get("near"), within_km=query["within_km"],
        limit=query["limit"], region=region,
    )  # fmt: skip
    found = search.find_slots(
        store=deps.store, policy=deps.policy, service_code=query["service"], where=where,
        first=first, last=last, actor=actor_of(call.caller),
    )  # fmt: skip
    return Answer(200, views.slots(found, call.language, to_ops=call.caller.role == "ops"))


# Holds


def _created_hold(result: Any, _call: Call, _deps: Any) -> Answer:
    return Answer(201, result)


@routes.add("POST", "/holds", body=schemas.HoldIn, answers={201: schemas.HoldOut},
            present=_created_hold, refusals=(*_TARGET, "slot_full", "too_many_requests", "busy"))  # fmt: skip
@refusals_in(HOLDS)
def place_hold(call: Call, deps: Any) -> dict[str, Any]:
    """Keeps a place for a few minutes while the form is filled in."""
    actor = actor_of(call.caller)
    return holds.place_hold(
        store=deps.store, policy=deps.policy, centre_id=call.body["centre"],
        service_code=call.body["service"], start=call.body["start"], actor=actor,
        client_digest=keyed_hash(deps.settings.token_key, call.address),
        one_per_client=deps.settings.rate_limits and not actor.is_staff, idem=call.idem,
    )  # fmt: skip


@routes.add("POST", "/holds/<hold>/renew", answers={200: schemas.HoldOut}, body=schemas.NothingIn,
            body_optional=True, refusals=("hold_expired", "already_renewed"))  # fmt: skip
@refusals_in(HOLDS)
def renew_hold(call: Call, deps: Any) -> dict[str, Any]:
    """Gives a hold its whole time again, once."""
    return holds.renew_hold(
        store=deps.store, policy=deps.policy, hold_id=call.args["hold"], idem=call.idem
    )


@routes.add("DELETE", "/holds/<hold>", answers={204: None})
def release_hold(call: Call, deps: Any) -> Answer:
    """Lets a hold go; also when it is gone."""
    holds.release_hold(store=deps.store, hold_id=call.args["hold"])
    return Answer(204)


# Bookings


def holder(caller: Caller, args: Mapping[str, str], deps: Any) -> None:
    """The manage token, a desk, ops: for any other bearer the booking does not exist. Whether it
    exists, and is of the desk's centre, the use case finds: a replay is answered whatever became
    of the booking."""
    if not caller.bearer:
        raise Refusal("unauthorised")
    reference = normalise(args["reference"])
    if reference is None:
        raise Refusal("not_found")
    if caller.role == "public" and not deps.manage_tokens.fits(caller.bearer, reference):
        raise Refusal("not_found")


def staff_of_booking(caller: Caller, args: Mapping[str, str], deps: Any) -> None:
    """A desk of the booking's centre, or ops; its manage token may not."""
    holder(caller, args, deps)
    if caller.role == "public":
        raise Refusal("forbidden")


def _visitor(caller: Caller) -> Actor:
    """Who has passed `holder` without a staff token has shown the manage token."""
    return Actor("holder", "citizen") if caller.role == "public" else actor_of(caller)


def _reference(call: Call) -> str:
    reference = normalise(call.args["reference"])
    if reference is None:
        raise Refusal("not_found")
    return reference


def _shown(result: Any, call: Call, _deps: Any) -> Answer:
    return Answer(200, views.booking(result, call.language, to_ops=call.caller.role == "ops"))


def _booked(result: Any, call: Call, deps: Any) -> Answer:
    shown = views.booking(result, call.language, to_ops=call.caller.role == "ops")
    shown["manage_token"] = deps.manage_tokens.issue(result["reference"])
    return Answer(201, shown, {"Location": f"/booking/bookings/{result['reference']}"})


@routes.add("POST", "/bookings", body=schemas.BookingIn, answers={201: schemas.BookingCreated},
            present=_booked, refusals=(*_TARGET, "hold_expired", "already_booked", "slot_full",
                                       "too_many_bookings", "forbidden", "busy"))  # fmt: skip
@refusals_in(BOOKINGS)
def book(call: Call, deps: Any) -> dict[str, Any]:
    """Books a held time, or a free one at once."""
    actor, body = actor_of(call.caller), call.body
    wish = bookings.Wish(
        hold=body.get("hold"), centre=body.get("centre", ""), service=body.get("service", ""),
        start=body.get("start"), person=_person(body["person"], actor, deps),
        language=body.get("language", call.language),
    )  # fmt: skip
    return bookings.book(
        store=deps.store, policy=deps.policy, contacts=deps.contacts, tokens=deps.manage_tokens,
        wish=wish, actor=actor, idem=call.idem, traceparent=call.traceparent,
    )  # fmt: skip


def _person(given: Mapping[str, str], actor: Actor, deps: Any) -> Person:
    """The public gives name, IIN and a way to be told; a desk the name at least."""
    errors: dict[str, list[str]] = {}
    if not actor.is_staff:
        if "iin" not in given:
            errors["person.iin"] = ["This field is required."]
        if "phone" not in given and "email" not in given:
            errors["person.phone"] = ["Give a phone number or an e-mail address."]
    if errors:
        raise Refusal("validation_failed", errors=errors)
    iin = given.get("iin")
    hashed = keyed_hash(deps.settings.iin_key, iin) if iin else ""
    return Person(given["name"], hashed, given.get("phone"), given.get("email"))


@routes.add("GET", "/bookings/<reference>", guard=holder, answers={200: schemas.BookingOut})
def read_booking(call: Call, deps: Any) -> Answer:
    """One booking."""
    actor = _visitor(call.caller)
    result = visits.read(store=deps.store, reference=_reference(call), actor=actor)
    return _shown(result, call, deps)


@routes.add("POST", "/bookings/<reference>/move", guard=holder, body=schemas.MoveIn, present=_shown,
            answers={200: schemas.BookingOut},
            refusals=(*_TARGET, "wrong_state", "slot_full", "busy"))  # fmt: skip
@refusals_in(BOOKINGS)
def move_booking(call: Call, deps: Any) -> dict[str, Any]:
    """Another start, or another centre, for the same booking, in one step."""
    return visits.move(
        store=deps.store, policy=deps.policy, reference=_reference(call), start=call.body["start"],
        centre_id=call.body.get("centre"), actor=_visitor(call.caller), idem=call.idem,
        traceparent=call.traceparent,
    )  # fmt: skip


@routes.add("POST", "/bookings/<reference>/cancel", guard=holder, body=schemas.NothingIn,
            body_optional=True, present=_shown, answers={200: schemas.BookingOut},
            refusals=("wrong_state", "busy"))  # fmt: skip
@refusals_in(BOOKINGS)
def cancel_booking(call: Call, deps: Any) -> dict[str, Any]:
    """Gives a booking up; again: the same."""
    return visits.cancel(
        store=deps.store, policy=deps.policy, reference=_reference(call),
        actor=_visitor(call.caller), idem=call.idem, traceparent=call.traceparent,
    )  # fmt: skip


@routes.add("POST", "/bookings/<reference>/accept", guard=holder, body=schemas.NothingIn,
            body_optional=True, present=_shown, answers={200: schemas.BookingOut},
            refusals=("wrong_state",))  # fmt: skip
@refusals_in(BOOKINGS)
def accept_offer(call: Call, deps: Any) -> dict[str, Any]:
    """Takes the place that a displaced booking was offered."""
    return visits.accept(
        store=deps.store, policy=deps.policy, reference=_reference(call),
        actor=_visitor(call.caller),
    )  # fmt: skip


# The desk


@routes.add("GET", "/centres/<centre>/days/<day>", guard=staff, answers={200: schemas.DayOut},
            refusals=("not_found",))  # fmt: skip
def day_of_centre(call: Call, deps: Any) -> Answer:
    """The visits of a centre's day, by start, with names; cancelled ones left out."""
    actor, centre = actor_of(call.caller), call.args["centre"]
    if not actor.serves(centre):
        raise Refusal("forbidden")
    try:
        day = parse_day(call.args["day"]).isoformat()
    except ValidationError:
        raise Refusal("not_found") from None
    found = desk.day_of_centre(
        store=deps.store, contacts=deps.contacts, centre_id=centre, day=day, actor=actor
    )
    to_ops = actor.role == "ops"
    shown = [views.booking(v, call.language, to_ops=to_ops) | {"name": v["name"]} for v in found]
    return Answer(200, {"centre": centre, "day": day, "visits": shown})


def _step(step: str) -> Callable[[Call, Any], dict[str, Any]]:
    def take(call: Call, deps: Any) -> dict[str, Any]:
        return desk.take_step(
            store=deps.store, policy=deps.policy, reference=_reference(call), step=step,
            actor=actor_of(call.caller), idem=call.idem, traceparent=call.traceparent,
        )  # fmt: skip

    take.__name__ = step.replace("-", "_")
    take.__doc__ = _STEPS[step]
    return take


_STEPS = {
    "check-in": "The person has come; on the day of the visit.",
    "serve": "The visit is done; from checked_in.",
    "no-show": "The person did not come; after the start and the tolerance.",
    "undo": "Takes back the desk's last step of the day.",
}
for _name in _STEPS:
    routes.add("POST", f"/bookings/<reference>/{_name}", guard=staff_of_booking,
               body=schemas.NothingIn, body_optional=True, present=_shown,
               answers={200: schemas.BookingOut},
               refusals=("wrong_state", "already_booked", "busy"))(
                   refusals_in(BOOKINGS)(_step(_name)))  # fmt: skip


@routes.add("POST", "/clock", guard=ops, body=schemas.ClockIn, answers={200: schemas.ClockOut},
            refusals=("not_found",))  # fmt: skip
def advance_clock(call: Call, deps: Any) -> dict[str, Any]:
    """Moves the simulated clock forward, where there is one."""
    if not deps.settings.simulated_clock:
        raise Refusal("not_found")
    now_ms = deps.store.clock.advance(call.body["advance_s"] * 1000)
    return {"now": clock.iso(now_ms, "Asia/Almaty")}


def openapi() -> dict[str, Any]:
    """Booking's OpenAPI document."""
    return documents.document(
        routes, "Kezek booking", "Free times, holds, bookings, the desk's day."
    )
