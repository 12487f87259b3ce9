"""Booking a visit, from a hold or at once."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from services.booking.domain.actor import Actor
from services.booking.domain.occupation import Occupation
from services.booking.domain.policy import Policy
from services.booking.domain.reference import new_reference
from services.booking.ports import (
    Contacts,
    Outcome,
    Person,
    PersonTaking,
    Store,
    Tokens,
)
from services.booking.use_cases import documents, hints
from services.booking.use_cases.holds import live_hold
from services.booking.use_cases.target import (
    Target,
    check_open,
    check_still_fits,
    check_time,
    resolve,
    retrying,
)
from shared import clock
from shared.contracts import bookings as events
from shared.errors import Refusal
from shared.idempotency import Idempotency

DAY_MS = 24 * 3600 * 1000


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What somebody wants to book: `hold`, or `centre`, `service` and `start`; and for whom."""

    hold: str | None = None
    centre: str = ""
    service: str = ""
    start: datetime | None = None
    person: Person
    language: str


def book(
    *, store: Store, policy: Policy, contacts: Contacts, tokens: Tokens, wish: Wish, actor: Actor,
    idem: Idempotency, traceparent: str | None,
) -> dict[str, Any]:  # fmt: skip
    """One new booking; the result is its facts. Atomic; idempotent with a key.

    Refuses `hold_expired`, what `resolve`, `check_time` and `check_open` refuse, `forbidden` for a
    desk of another centre, `already_booked`, `too_many_bookings` (with `allowed_from`), `slot_full`.
    """
    for _ in retrying():
        look = store.look(occupation=wish.hold)
        if wish.hold is not None:
            hold = live_hold(store, look.values[0], look.now_ms)
            target = _held_target(store, hold, look.now_ms, actor)
        else:
            hold = None
            target = _wished_target(store, wish, policy, look.now_ms, actor)
        document = _document(target, wish, actor, look.now_ms, hold, contacts, tokens)
        outcome = _take(
            store, policy, target, document, hold, actor, look.now_ms, idem, traceparent
        )
        if outcome.status == "ok":
            return documents.facts(document)
        _refuse(outcome, store, policy, target, actor)
    raise Refusal("busy")


def _wished_target(store: Store, wish: Wish, policy: Policy, now_ms: int, actor: Actor) -> Target:
    assert wish.start is not None  # noqa: S101 - the schema gives a hold or a start
    target = resolve(
        network=store.network, centre_id=wish.centre, service_code=wish.service, start=wish.start,
        now_ms=now_ms, actor=actor,
    )  # fmt: skip
    _check_desk(actor, target)
    check_time(target, policy, now_ms, actor)
    check_open(target)
    return target


def _held_target(store: Store, hold: Occupation, now_ms: int, actor: Actor) -> Target:
    """The target of a live hold: its time is not judged again, what the centre changed is."""
    centre = store.network.centres.get(hold.span.centre)
    if centre is None or hold.service not in centre.definitions:
        raise Refusal("hold_expired")
    span = hold.span
    day = date.fromisoformat(span.day)
    start = clock.from_ms(clock.wall_ms(day, span.minute, centre.time_zone))
    target = Target(
        centre, centre.definitions[hold.service], centre.plan(day),
        start.astimezone(clock.zone(centre.time_zone)),
    )  # fmt: skip
    _check_desk(actor, target)
    check_still_fits(target)
    if target.span != span:
        raise Refusal("hold_expired")
    return target


def _check_desk(actor: Actor, target: Target) -> None:
    if actor.role == "desk" and not actor.serves(target.centre.id):
        raise Refusal("forbidden")


def _document(
    target: Target, wish: Wish, actor: Actor, now_ms: int, hold: Occupation | None,
    contacts: Contacts, tokens: Tokens,
) -> dict[str, Any]:  # fmt: skip
    reference = new_reference()
    person = wish.person
    sealed = contacts.seal(
        {
            "name": person.name,
            "phone": person.phone,
            "email": person.email,
            "manage_token": tokens.issue(reference),
        }
    )
    created_at = clock.iso(now_ms, target.centre.time_zone)
    return {
        **documents.place_of(target),
        "reference": reference,
        "status": "confirmed",
        "sequence": 0,
        "service": documents.service_of(target),
        "kind": target.centre.kind,
        "occupied": {
            "resources": list(target.service.resources),
            "occupation": hold.id if hold else secrets.token_urlsafe(16),
        },
        "language": wish.language,
        "person": person.hash or None,
        "contact": sealed,
        "booked_by": actor.booked_by,
        "created_at": created_at,
        "updated_at": created_at,
        "steps": [],
        "offer": None,
    }


def _take(
    store: Store, policy: Policy, target: Target, document: Mapping[str, Any],
    hold: Occupation | None, actor: Actor, now_ms: int, idem: Idempotency, traceparent: str | None,
) -> Outcome:  # fmt: skip
    """The one script: places (or the hold's), claim, mark, document, event, answer."""
    common: dict[str, Any] = {
        "schedule_version": target.centre.schedule_version,
        "person": PersonTaking(
            person=document["person"] or "",
            service=target.service.code,
            kind=target.centre.kind,
            window_ms=0 if actor.is_staff else policy.new_booking_days * DAY_MS,
            created_ms=now_ms // 1000 * 1000,
        ),
        "document": document,
        "listed": target.day_entry,
        "event": documents.event(
            events.CONFIRMED, document, actor=actor, now_ms=now_ms, traceparent=traceparent
        ),
        "idem": idem,
        "result": documents.facts(document),
    }
    if hold is not None:
        return store.book_hold(hold=hold, capacity=target.limits(with_walk_in=True), **common)
    return store.book(
        occupation=documents.occupation_of(document),
        limits=target.limits(with_walk_in=actor.is_staff),
        **common,
    )


def _refuse(outcome: Outcome, store: Store, policy: Policy, target: Target, actor: Actor) -> None:
    """Raises what the outcome means; returns for those that are worth another try."""
    if outcome.status == "too_many_bookings":
        allowed_from = clock.iso(outcome.detail_ms + 999, target.centre.time_zone)
        raise Refusal("too_many_bookings", allowed_from=allowed_from)
    if outcome.status == "slot_full":
        raise hints.slot_full(store=store, policy=policy, target=target, actor=actor)
    if outcome.status in ("already_booked", "hold_expired"):
        raise Refusal(outcome.status)
