"""What follows from what the bus tells: bookings and centres.

Owns the version rule: a booking is applied if and only if its sequence is greater than the stored
one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.notify.domain.messages import (
    EMAIL,
    SMS,
    Message,
    Notice,
    Place,
    in_language,
    place_of,
)
from services.notify.domain.owed import KINDS, Visit, keeps_reminders, notice_due, reminders
from services.notify.domain.quiet import QuietHours
from services.notify.ports import Addressees, Incoming, Known
from shared.clock import to_ms
from shared.contact import ContactUnreadable
from shared.errors import Retryable

DAY_MS = 24 * 3600 * 1000
TRIES = 5


class Contended(Retryable):
    """Other workers changed the same booking each time: the event will be applied when repeated."""


@dataclass(frozen=True)
class Rules:
    """The settings that decide what is owed and when."""

    quiet: QuietHours
    reminders_s: tuple[int, ...]
    retention_days: int


def apply_centre(data: Mapping[str, Any], *, store: Incoming) -> bool:
    """Keeps a centre's desk epoch; False for a version that is known already."""
    centre = data["centre"]
    return store.apply_centre(centre["id"], centre["version"], centre["desk_epoch"])


def apply_booking(
    event: str,
    data: Mapping[str, Any],
    *,
    store: Incoming,
    addressees: Addressees,
    rules: Rules,
    traceparent: str | None = None,
) -> bool:
    """Keeps the booking and queues what is owed for it; False for a sequence known already, or a
    booking that is forgotten by now. Raises `Retryable`."""
    document = data["booking"]
    forget_ms = _ms(document["end"]) + rules.retention_days * DAY_MS
    for _ in range(TRIES):
        known, now_ms = store.known(document["reference"]), store.now_ms()
        if known is not None and known.sequence >= document["sequence"]:
            return False
        if forget_ms <= now_ms:
            return False
        add, drop = _owed(event, data, known, now_ms, addressees, rules, traceparent)
        expected = None if known is None else known.sequence
        if store.apply_booking(
            document, expected=expected, forget_ms=forget_ms, add=add, drop=drop
        ):
            return True
    raise Contended(f"booking {document['reference']} is being changed")


def _owed(
    event: str,
    data: Mapping[str, Any],
    known: Known | None,
    now_ms: int,
    addressees: Addressees,
    rules: Rules,
    traceparent: str | None,
) -> tuple[list[Message], list[Message]]:
    """The messages to add, and the reminders to drop."""
    document = data["booking"]
    visit = Visit(document["status"], document["centre"]["id"], _ms(document["start"]))
    keep = keeps_reminders(known.visit if known else None, visit)
    drop = [] if keep or known is None else list(known.reminders)
    channel = first_channel(document["contact"], addressees)
    if channel is None:
        return [], drop
    notice = notice_of(data, traceparent)
    add = []
    kind = KINDS.get(event)
    if kind is not None:
        due = notice_due(notice, channel, now_ms=now_ms, quiet=rules.quiet)
        add.append(
            Message(
                name=kind,
                channel=channel,
                notice=notice,
                created_ms=now_ms,
                since_ms=now_ms,
                due_ms=due,
            )
        )
    if visit.status == "confirmed" and not keep:
        add += reminders(notice, channel, now_ms=now_ms, before_s=rules.reminders_s)
    return add, drop


def first_channel(sealed: str | None, addressees: Addressees) -> str | None:
    """E-mail if there is an address, else SMS; None for who left neither.

    A contact that cannot be opened counts as e-mail: the message then fails where ops can see it
    and send it again once the key is back, instead of not being owed at all.
    """
    if sealed is None:
        return None
    try:
        contact = addressees.open(sealed)
    except ContactUnreadable:
        return EMAIL
    if contact["email"]:
        return EMAIL
    return SMS if contact["phone"] else None


def notice_of(data: Mapping[str, Any], traceparent: str | None = None) -> Notice:
    """The facts of an event, in the person's language."""
    document = data["booking"]
    language = document["language"]
    offer = document["offer"]
    return Notice(
        reference=document["reference"],
        sequence=document["sequence"],
        language=language,
        service=in_language(document["service"]["names"], language),
        place=_place(document, language),
        previous=_place(data["previous"], language) if data["previous"] else None,
        offer=_place(offer, language) if offer else None,
        offer_until_ms=_ms(offer["expires_at"]) if offer else None,
        updated_ms=_ms(document["updated_at"]),
        contact=document["contact"],
        traceparent=traceparent,
    )


def _place(place: Mapping[str, Any], language: str) -> Place:
    return place_of(place, language, (_ms(place["start"]), _ms(place["end"])))


def _ms(instant: str) -> int:
    return to_ms(datetime.fromisoformat(instant))
