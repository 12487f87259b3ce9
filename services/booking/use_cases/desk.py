"""The front desk: its day, and the steps of a visit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.booking.domain import lifecycle
from services.booking.domain.actor import Actor
from services.booking.domain.policy import Policy
from services.booking.ports import Contacts, Store
from services.booking.use_cases import documents
from services.booking.use_cases.target import retrying
from services.booking.use_cases.visits import find, require_step
from shared.contact import ContactUnreadable
from shared.contracts import bookings as events
from shared.contracts.base import EventType
from shared.errors import Refusal
from shared.idempotency import Idempotency

STEP_EVENTS: Mapping[str, EventType] = {
    "check-in": events.CHECKED_IN,
    "serve": events.SERVED,
    "no-show": events.NO_SHOW,
    "undo": events.REVERTED,
}


def take_step(
    *, store: Store, policy: Policy, reference: str, step: str, actor: Actor, idem: Idempotency,
    traceparent: str | None,
) -> dict[str, Any]:  # fmt: skip
    """check-in, serve, no-show or undo. Atomic; idempotent with a key.

    Refuses `wrong_state` (with `possible`), and `already_booked` for an undo after which the person
    would have two active bookings for the service.
    """
    for _ in retrying():
        kept, now_ms = find(store=store, reference=reference, actor=actor)
        before: dict[str, Any] = kept.document
        require_step(step, before, now_ms, policy)
        after = lifecycle.after_step(before, step, documents.now_at(before, now_ms))
        outcome = store.desk_step(
            raw=kept.raw, document=after, claim=_claim(before, after),
            event=documents.event(
                STEP_EVENTS[step], after, actor=actor, now_ms=now_ms, traceparent=traceparent
            ),
            idem=idem, result=documents.facts(after),
        )  # fmt: skip
        if outcome.status == "ok":
            return documents.facts(after)
        if outcome.status == "already_booked":
            raise Refusal("already_booked")
    raise Refusal("busy")


def _claim(before: lifecycle.Document, after: lifecycle.Document) -> str:
    """What happens to the person's claim: it is held while the booking is active."""
    was, is_ = before["status"] in lifecycle.ACTIVE, after["status"] in lifecycle.ACTIVE
    if not after["person"] or was == is_:
        return "keep"
    return "take" if is_ else "release"


def day_of_centre(
    *, store: Store, contacts: Contacts, centre_id: str, day: str, actor: Actor
) -> list[dict[str, Any]]:
    """The visits of a day by start, each with the person's name; cancelled ones are left out.

    Refuses `forbidden` for a desk of another centre, `not_found` for an unknown one.
    """
    if not actor.serves(centre_id):
        raise Refusal("forbidden")
    store.look()
    if centre_id not in store.network.centres:
        raise Refusal("not_found")
    visits = store.bookings_of(store.references_of_day(centre_id, day))
    found = [
        {**documents.facts(d), "name": _name(contacts, d["contact"])}
        for d in visits
        if d["status"] != "cancelled" and d["centre"]["id"] == centre_id and d["day"] == day
    ]
    return sorted(found, key=lambda v: (v["start"], v["reference"]))


def _name(contacts: Contacts, sealed: str | None) -> str:
    """ "" where no key that is configured opens it: the rest of the day must still be seen."""
    try:
        return str(contacts.open(sealed)["name"]) if sealed else ""
    except ContactUnreadable:
        return ""


def settle(*, store: Store, policy: Policy, reference: str, actor: Actor) -> None:
    """Marks a visit that nobody marked, after its day: served if checked in, else no-show."""
    for _ in retrying():
        look = store.look(booking=reference)
        kept = store.booking(look.values[0])
        status = lifecycle.settled_status(kept.document["status"]) if kept else None
        if kept is None or status is None:
            return
        before = kept.document
        at = documents.now_at(before, look.now_ms)
        after = lifecycle.next_version(before, at, status=status, steps=[])
        event_type = events.SERVED if status == "served" else events.NO_SHOW
        outcome = store.desk_step(
            raw=kept.raw, document=after, claim=_claim(before, after),
            event=documents.event(
                event_type, after, actor=actor, now_ms=look.now_ms, traceparent=None
            ),
            idem=None, result=None,
        )  # fmt: skip
        if outcome.status == "ok":
            return
    raise Refusal("busy")
