"""What desks and ops ask of messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from services.notify.domain.messages import QUEUED, Message, normal_id, normal_reference
from services.notify.ports import Idempotency, MessageBook
from shared.clock import iso, to_ms
from shared.errors import Refusal


def list_messages(
    *,
    book: MessageBook,
    centres: frozenset[str] | None,
    booking: str | None,
    status: str | None,
    since: datetime | None,
    limit: int,
    after: str,
) -> tuple[list[dict[str, Any]], str | None]:
    """Newest first, and where to go on. A desk (`centres`) gets those of its centres only, so that
    a booking of another centre looks like none."""
    found, position = book.messages(
        centres=centres,
        booking=None if booking is None else normal_reference(booking),
        status=status,
        since_ms=to_ms(since) if since else None,
        limit=limit,
        after=after,
    )
    return [facts_of(message) for message in found], position


def resend_message(message_id: str, *, book: MessageBook, idem: Idempotency) -> Mapping[str, Any]:
    """Queues a message that was sent or failed once more; one that is queued already is left as it
    is. Raises `not_found`."""
    known = normal_id(message_id)
    message = book.message(known) if known else None
    if message is None:
        raise Refusal("not_found")
    if message.status == QUEUED:
        return facts_of(message)
    now_ms = book.now_ms()
    again = replace(message, status=QUEUED, due_ms=now_ms, resends=message.resends + 1)
    outcome = book.resend(message, now_ms, idem, facts_of(again))
    if outcome == "gone":
        raise Refusal("not_found")
    return facts_of(again)


def advance_clock(advance_s: int, *, book: MessageBook, simulated: bool) -> Mapping[str, Any]:
    """Moves notify's clock; `not_found` unless the clock is simulated."""
    if not simulated:
        raise Refusal("not_found")
    return {"now": iso(book.advance_clock(1000 * advance_s))}


def facts_of(message: Message) -> dict[str, Any]:
    """A message as it is answered: no contact data, no text."""
    notice, zone = message.notice, message.notice.place.zone
    return {
        "id": message.id,
        "booking": notice.reference,
        "sequence": notice.sequence,
        "kind": message.kind,
        "channel": message.channel,
        "language": notice.language,
        "status": message.status,
        "attempts": message.attempts,
        "sent_at": iso(message.sent_ms, zone) if message.sent_ms else None,
        "error": message.error,
        "created_at": iso(message.created_ms, zone),
        "due_at": iso(message.due_ms, zone),
        "centre": notice.place.centre_id,
    }
