"""The centres app's HTTP calls: parse, one use case, dump.

Owns paths, guards and what a call answers with. Leaves the order of checks to
`shared.web.operation` and the use cases.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from services.centres import schemas
from services.centres.ports import By
from services.centres.use_cases import (
    amend,
    desk_tokens,
    directory,
    importing,
    move_service,
    register,
    steps,
)
from services.centres.use_cases.precondition import IfMatch
from shared.clock import iso
from shared.errors import Refusal
from shared.i18n import choose
from shared.web import openapi as described
from shared.web.answers import Answer
from shared.web.lists import page
from shared.web.operation import JSON, Call, Routes, ops

routes = Routes("/centres")
MERGE_PATCH = "application/merge-patch+json"
IMPORT_LIMIT = 5 * 1024 * 1024
STEP_REFUSALS = ("not_found", "wrong_state", "version_conflict", "busy")
ZONE = "Asia/Almaty"


def openapi() -> dict[str, Any]:
    """The app's OpenAPI document."""
    return described.document(
        routes,
        "Kezek centres",
        "The network of public service centres, their services and calendar.",
    )


def _by(call: Call) -> By:
    return By(call.caller.actor, call.idem, call.traceparent, call.query.get("dry_run", False))


def _answer(
    result: Mapping[str, Any],
    call: Call,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A centre: in all languages for ops; with `name` and `address` in the asked one for others."""
    body = dict(result)
    if call.caller.role != "ops":
        body["name"] = choose(body["names"], call.language)
        body["address"] = choose(body["addresses"], call.language)
    return Answer(status, body, {"ETag": f'"{body["version"]}"', **(headers or {})})


def _changed(result: Any, call: Call, _deps: Any) -> Answer:
    return _answer(result, call)


def _registered(result: Any, call: Call, _deps: Any) -> Answer:
    return _answer(result, call, 201, {"Location": f"/centres/{result['id']}"})


def _unless_dry(result: Any, call: Call) -> Any:
    """A dry run is answered as it is, and kept by no idempotency key."""
    return _answer(result, call) if call.query["dry_run"] else result


@routes.add(
    "POST", "", guard=ops, body=schemas.PostedCentre, query=schemas.DryRunQuery,
    present=_registered, answers={201: schemas.Centre, 200: schemas.Centre},
    refusals=("centre_exists", "busy"),
)  # fmt: skip
def register_centre(call: Call, deps: Any) -> Any:
    """Register a centre, planned or decided."""
    result = register.register_centre(call.body, store=deps.store, facts=deps.facts, by=_by(call))
    return _unless_dry(result, call)


@routes.add(
    "GET", "", query=schemas.FindQuery, answers={200: schemas.CentreList}, refusals=("not_found",)
)
def find_centres(call: Call, deps: Any) -> Answer:
    """Find centres; with `near`, nearest first."""
    is_ops = call.caller.role == "ops"
    found = directory.find_centres(call.query, ops=is_ops, store=deps.store, facts=deps.facts)

    def position(document: Mapping[str, Any]) -> str:
        distance = document.get("distance_km")
        return document["id"] if distance is None else f"{distance:012.6f} {document['id']}"

    listed = page(found, key=position, limit=call.query["limit"], cursor=call.query["cursor"])
    listed["items"] = [_item(document, call) for document in listed["items"]]
    return Answer(200, listed, {"Vary": "Accept-Language, Authorization"})


def _item(document: dict[str, Any], call: Call) -> Any:
    if "distance_km" in document:
        document = {**document, "distance_km": round(document["distance_km"], 1)}
    return _answer(document, call).body


@routes.add("GET", "/<centre>", answers={200: schemas.Centre, 304: None}, refusals=("not_found",))
def see_centre(call: Call, deps: Any) -> Answer:
    """A centre as it is today, with the changes to come."""
    is_ops = call.caller.role == "ops"
    document, same = directory.see_centre(call.args["centre"], ops=is_ops, store=deps.store)
    headers = {"Vary": "Accept-Language, Authorization", "Cache-Control": "no-cache"}
    seen = _if_match(call.headers.get("If-None-Match"))
    if seen and same and (seen.any or document["version"] in seen.versions):
        return Answer(304, None, {"ETag": f'"{document["version"]}"', **headers})
    return _answer(document, call, headers=headers)


@routes.add(
    "PATCH", "/<centre>", guard=ops, body=schemas.CentrePatch, query=schemas.DryRunQuery,
    body_type=(MERGE_PATCH, JSON), answers={200: schemas.Centre},
    refusals=(*STEP_REFUSALS, "if_match_required"),
)  # fmt: skip
def amend_centre(call: Call, deps: Any) -> Answer:
    """Change a centre by JSON merge patch; null resets a field to its default."""
    if_match = _if_match(call.headers.get("If-Match"))
    if if_match is None:
        raise Refusal("if_match_required")
    result = amend.amend_centre(
        call.args["centre"], call.body, if_match, store=deps.store, facts=deps.facts, by=_by(call)
    )
    return _answer(result, call)


def _if_match(header: str | None) -> IfMatch | None:
    """None without the header; what is no list of entity tags matches nothing."""
    if header is None:
        return None
    if header.strip() == "*":
        return IfMatch(True, frozenset())
    tags = [
        re.fullmatch(r'(?:W/)?"(\d{1,18})"', tag.strip(), re.ASCII) for tag in header.split(",")
    ]
    return IfMatch(False, frozenset(int(tag[1]) for tag in tags if tag))


def _step(call: Call, deps: Any, action: str) -> Any:
    result = steps.take_step(
        call.args["centre"], action, call.body, _if_match(call.headers.get("If-Match")),
        store=deps.store, facts=deps.facts, by=_by(call),
    )  # fmt: skip
    return _unless_dry(result, call)


def _step_route(action: str, body: Any, *refusals: str) -> Any:
    return routes.add(
        "POST", f"/<centre>/{action}", guard=ops, body=body, query=schemas.DryRunQuery,
        present=_changed, answers={200: schemas.Centre}, refusals=(*STEP_REFUSALS, *refusals),
    )  # fmt: skip


@_step_route("open", schemas.StepBody)
def open_centre(call: Call, deps: Any) -> Any:
    """Open a centre, at once or from a day."""
    return _step(call, deps, "open")


@_step_route("suspend", schemas.SuspendBody)
def suspend_centre(call: Call, deps: Any) -> Any:
    """Suspend a centre, for a time or until it is resumed."""
    return _step(call, deps, "suspend")


@_step_route("resume", schemas.StepBody)
def resume_centre(call: Call, deps: Any) -> Any:
    """Resume a suspended centre."""
    return _step(call, deps, "resume")


@_step_route("relocate", schemas.RelocateBody)
def relocate_centre(call: Call, deps: Any) -> Any:
    """Move a centre to another building from a day."""
    return _step(call, deps, "relocate")


@_step_route("close", schemas.StepBody)
def close_centre(call: Call, deps: Any) -> Any:
    """Close a centre for good; later changes to come are dropped."""
    return _step(call, deps, "close")


@_step_route(
    "move-service", schemas.MoveServiceBody,
    "unknown_centre", "unknown_service", "service_not_offered",
)  # fmt: skip
def move_a_service(call: Call, deps: Any) -> Any:
    """Move a service to another centre from a day."""
    result = move_service.move_service(
        call.args["centre"], call.body, _if_match(call.headers.get("If-Match")),
        store=deps.store, facts=deps.facts, by=_by(call),
    )  # fmt: skip
    return _unless_dry(result, call)


def _token(result: Any, _call: Call, deps: Any) -> Answer:
    token = deps.desk_tokens.issue(result["token_id"], result["epochs"])
    return Answer(201, {"token": token, "centres": list(result["epochs"])})


@routes.add(
    "POST", "/desk-tokens", guard=ops, body=schemas.DeskTokenBody, present=_token,
    answers={201: schemas.DeskToken}, refusals=("unknown_centre",),
)  # fmt: skip
def grant_desk_token(call: Call, deps: Any) -> Any:
    """A token for several centres, as for a call centre."""
    return desk_tokens.grant_desk_token(call.body["centres"], store=deps.store)


@routes.add(
    "POST", "/<centre>/desk-tokens", guard=ops, body=schemas.Nothing, body_optional=True,
    present=_token, answers={201: schemas.DeskToken}, refusals=("not_found",),
)  # fmt: skip
def grant_token_of_centre(call: Call, deps: Any) -> Any:
    """A token for a centre's desk."""
    return desk_tokens.grant_token_of(call.args["centre"], store=deps.store)


@routes.add(
    "DELETE", "/<centre>/desk-tokens", guard=ops, answers={204: None},
    refusals=("not_found", "busy"),
)  # fmt: skip
def revoke_desk_tokens(call: Call, deps: Any) -> Answer:
    """Revoke all tokens of a centre's desk."""
    desk_tokens.revoke_desk_tokens(
        call.args["centre"], store=deps.store, facts=deps.facts, by=_by(call)
    )
    return Answer(204)


@routes.add(
    "POST", "/import", guard=ops, body_type="text/csv", body_limit=IMPORT_LIMIT,
    query=schemas.DryRunQuery, answers={200: schemas.ImportAnswer}, refusals=("busy",),
)  # fmt: skip
def import_centres(call: Call, deps: Any) -> Any:
    """Add or change many centres from a CSV table, all or none.

    Columns: id, kind, status, name_kk, name_ru, name_en, address_kk, address_ru, address_en,
    region, lat, lon, hours, resources, services; errors come as `rows`, the header being row 1.
    """
    result = importing.import_table(call.body, store=deps.store, facts=deps.facts, by=_by(call))
    return Answer(200, result) if call.query["dry_run"] else result


@routes.add(
    "POST", "/clock", guard=ops, body=schemas.ClockBody, answers={200: schemas.ClockAnswer},
    refusals=("not_found",),
)  # fmt: skip
def advance_clock(call: Call, deps: Any) -> Any:
    """Move the simulated clock forward; only where it is switched on."""
    if not deps.simulated_clock:
        raise Refusal("not_found")
    return {"now": iso(deps.clock.advance(call.body["advance_s"] * 1000), ZONE)}
