"""notify's calls over HTTP."""

from __future__ import annotations

from typing import Any

from services.notify import schemas
from services.notify.use_cases.messages import advance_clock, list_messages, resend_message
from shared.web import openapi as documents
from shared.web.answers import Answer
from shared.web.lists import decode_cursor, encode_cursor
from shared.web.operation import Call, Routes, ops, staff

routes = Routes("/notify")


@routes.add(
    "GET",
    "/messages",
    guard=staff,
    query=schemas.MessagesQuery,
    answers={200: schemas.MessagesAnswer},
)
def messages(call: Call, deps: Any) -> dict[str, Any]:
    """Messages, newest first.

    A desk gets those of its own centres only; a booking of another centre is an empty list for it.
    """
    query = call.query
    found, position = list_messages(
        book=deps.book,
        centres=None if call.caller.role == "ops" else call.caller.centres,
        booking=query.get("booking"),
        status=query.get("status"),
        since=query.get("since"),
        limit=query["limit"],
        after=decode_cursor(query["cursor"]) if query["cursor"] else "",
    )
    return {"items": found, "next": encode_cursor(position) if position else None}


def _accepted(result: Any, _call: Call, _deps: Any) -> Answer:
    return Answer(202, result)


@routes.add(
    "POST",
    "/messages/<message_id>/resend",
    guard=ops,
    present=_accepted,
    answers={202: schemas.MessageAnswer},
    refusals=("not_found",),
)
def resend(call: Call, deps: Any) -> Any:
    """Sends a message once more that was sent or given up; one that is queued is left as it is."""
    result = resend_message(call.args["message_id"], book=deps.book, idem=call.idem)
    deps.bell.ring()
    return result


@routes.add(
    "POST",
    "/clock",
    guard=ops,
    body=schemas.ClockBody,
    answers={200: schemas.ClockAnswer},
    refusals=("not_found",),
)
def clock(call: Call, deps: Any) -> Any:
    """Moves the simulated clock, where there is one."""
    result = advance_clock(
        call.body["advance_s"], book=deps.book, simulated=deps.settings.simulated_clock
    )
    deps.bell.ring()
    return result


def openapi() -> dict[str, Any]:
    return documents.document(
        routes, "Kezek: notify", "What people were told of their visits, and what could not be."
    )
