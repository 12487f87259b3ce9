"""What booking's routes have in common: the table they join, who may see a booking, how it is shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.booking import views
from services.booking.domain.actor import Actor
from services.booking.domain.reference import normalise
from shared.errors import Refusal
from shared.web.answers import Answer
from shared.web.auth import Caller
from shared.web.operation import Call, Routes

routes = Routes("/booking")
TARGET_REFUSALS = ("unknown_centre", "unknown_service", "service_not_offered", "in_past", "too_soon",
                   "beyond_horizon", "outside_hours", "off_grid", "centre_not_open")  # fmt: skip


def actor_of(caller: Caller) -> Actor:
    return Actor(caller.role, caller.actor, caller.centres)


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


def visitor(caller: Caller) -> Actor:
    """Who has passed `holder` without a staff token has shown the manage token."""
    return Actor("holder", "citizen") if caller.role == "public" else actor_of(caller)


def reference_of(call: Call) -> str:
    reference = normalise(call.args["reference"])
    if reference is None:
        raise Refusal("not_found")
    return reference


def shown(result: Any, call: Call, _deps: Any) -> Answer:
    return Answer(200, views.booking(result, call.language, to_ops=call.caller.role == "ops"))
