"""The front desk's day and steps, and the simulated clock of those who test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from marshmallow import ValidationError

from services.booking import schemas, views
from services.booking.metrics import BOOKINGS, refusals_in
from services.booking.routes.common import actor_of, reference_of, routes, shown, staff_of_booking
from services.booking.use_cases import desk
from shared import clock
from shared.errors import Refusal
from shared.web.answers import Answer
from shared.web.fields import parse_day
from shared.web.operation import Call, ops, staff


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
    visits_ = [views.booking(v, call.language, to_ops=to_ops) | {"name": v["name"]} for v in found]
    return Answer(200, {"centre": centre, "day": day, "visits": visits_})


def _step(step: str) -> Callable[[Call, Any], dict[str, Any]]:
    def take(call: Call, deps: Any) -> dict[str, Any]:
        return desk.take_step(
            store=deps.store, policy=deps.policy, reference=reference_of(call), step=step,
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
               body=schemas.NothingIn, body_optional=True, present=shown,
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
