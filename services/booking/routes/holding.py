"""Holds: placed, renewed, let go."""

from __future__ import annotations

from typing import Any

from services.booking import schemas
from services.booking.metrics import HOLDS, refusals_in
from services.booking.routes.common import TARGET_REFUSALS, actor_of, routes
from services.booking.use_cases import holds
from shared.web.answers import Answer
from shared.web.auth import keyed_hash
from shared.web.operation import Call


def _created_hold(result: Any, _call: Call, _deps: Any) -> Answer:
    return Answer(201, result)


@routes.add("POST", "/holds", body=schemas.HoldIn, answers={201: schemas.HoldOut},
            present=_created_hold,
            refusals=(*TARGET_REFUSALS, "slot_full", "too_many_requests", "busy"))  # fmt: skip
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
