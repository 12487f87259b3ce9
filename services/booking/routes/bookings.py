"""Bookings: made, read, moved, cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.booking import schemas, views
from services.booking.domain.actor import Actor
from services.booking.metrics import BOOKINGS, refusals_in
from services.booking.ports import Person
from services.booking.routes.common import (
    TARGET_REFUSALS,
    actor_of,
    holder,
    reference_of,
    routes,
    shown,
    visitor,
)
from services.booking.use_cases import bookings, visits
from shared.errors import Refusal
from shared.web.answers import Answer
from shared.web.auth import keyed_hash
from shared.web.operation import Call


def _booked(result: Any, call: Call, deps: Any) -> Answer:
    body = views.booking(result, call.language, to_ops=call.caller.role == "ops")
    body["manage_token"] = deps.manage_tokens.issue(result["reference"])
    return Answer(201, body, {"Location": f"/booking/bookings/{result['reference']}"})


@routes.add("POST", "/bookings", body=schemas.BookingIn, answers={201: schemas.BookingCreated},
            present=_booked, refusals=(*TARGET_REFUSALS, "hold_expired", "already_booked", "slot_full",
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
    actor = visitor(call.caller)
    result = visits.read(store=deps.store, reference=reference_of(call), actor=actor)
    return shown(result, call, deps)


@routes.add("POST", "/bookings/<reference>/move", guard=holder, body=schemas.MoveIn, present=shown,
            answers={200: schemas.BookingOut},
            refusals=(*TARGET_REFUSALS, "wrong_state", "slot_full", "busy"))  # fmt: skip
@refusals_in(BOOKINGS)
def move_booking(call: Call, deps: Any) -> dict[str, Any]:
    """Another start, or another centre, for the same booking, in one step."""
    return visits.move(
        store=deps.store, policy=deps.policy, reference=reference_of(call), start=call.body["start"],
        centre_id=call.body.get("centre"), actor=visitor(call.caller), idem=call.idem,
        traceparent=call.traceparent,
    )  # fmt: skip


@routes.add("POST", "/bookings/<reference>/cancel", guard=holder, body=schemas.NothingIn,
            body_optional=True, present=shown, answers={200: schemas.BookingOut},
            refusals=("wrong_state", "busy"))  # fmt: skip
@refusals_in(BOOKINGS)
def cancel_booking(call: Call, deps: Any) -> dict[str, Any]:
    """Gives a booking up; again: the same."""
    return visits.cancel(
        store=deps.store, policy=deps.policy, reference=reference_of(call),
        actor=visitor(call.caller), idem=call.idem, traceparent=call.traceparent,
    )  # fmt: skip


@routes.add("POST", "/bookings/<reference>/accept", guard=holder, body=schemas.NothingIn,
            body_optional=True, present=shown, answers={200: schemas.BookingOut},
            refusals=("wrong_state",))  # fmt: skip
@refusals_in(BOOKINGS)
def accept_offer(call: Call, deps: Any) -> dict[str, Any]:
    """Takes the place that a displaced booking was offered."""
    return visits.accept(
        store=deps.store, policy=deps.policy, reference=reference_of(call),
        actor=visitor(call.caller),
    )  # fmt: skip
