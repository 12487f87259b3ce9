"""A booking after it was made: read, moved, cancelled.

Owns who may see one: its manage token, a desk of its centre, ops; for anybody else it does not exist.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from services.booking.domain import lifecycle
from services.booking.domain.actor import Actor
from services.booking.domain.occupation import Occupation
from services.booking.domain.policy import Policy
from services.booking.ports import BookingKept, Store
from services.booking.use_cases import documents, hints
from services.booking.use_cases.target import Target, check_open, check_time, resolve, retrying
from shared import clock
from shared.contracts import bookings as events
from shared.contracts.codec import OutboxEntry
from shared.errors import Refusal
from shared.idempotency import Idempotency

_RANDOM = random.SystemRandom()


def find(*, store: Store, reference: str, actor: Actor) -> tuple[BookingKept, int]:
    """The kept booking and now. Refuses `not_found` for one that is not there or not the actor's.

    An actor of role "holder" has shown the manage token already.
    """
    look = store.look(booking=reference)
    kept = store.booking(look.values[0])
    if kept is None:
        raise Refusal("not_found")
    if actor.role != "holder" and not actor.serves(kept.document["centre"]["id"]):
        raise Refusal("not_found")
    return kept, look.now_ms


def read(*, store: Store, reference: str, actor: Actor) -> dict[str, Any]:
    """What callers are told of a booking. Refuses `not_found`."""
    return documents.facts(find(store=store, reference=reference, actor=actor)[0].document)


def moment_of(document: lifecycle.Document, now_ms: int, policy: Policy) -> lifecycle.Moment:
    zone = document["centre"]["time_zone"]
    return lifecycle.Moment(
        clock.local(now_ms, zone), timedelta(seconds=policy.arrival_tolerance_s)
    )


def require_step(step: str, document: lifecycle.Document, now_ms: int, policy: Policy) -> None:
    """Refuses `wrong_state` with the steps that are possible."""
    possible = lifecycle.possible_steps(document, moment_of(document, now_ms, policy))
    if step not in possible:
        raise Refusal("wrong_state", possible=possible)


def cancel(
    *, store: Store, policy: Policy, reference: str, actor: Actor, idem: Idempotency,
    traceparent: str | None,
) -> dict[str, Any]:  # fmt: skip
    """Gives a booking up; its place cools off. Cancelled again: the same. Refuses `wrong_state`."""
    for _ in retrying():
        kept, now_ms = find(store=store, reference=reference, actor=actor)
        before: dict[str, Any] = kept.document
        if before["status"] == "cancelled":
            return documents.facts(before)
        require_step("cancel", before, now_ms, policy)
        after = lifecycle.after_cancel(before, documents.now_at(before, now_ms))
        occupation = documents.occupation_of(before)
        cooling = _cooling(occupation, policy, now_ms)
        outcome = store.cancel(
            raw=kept.raw, document=after, occupation=occupation, cooling=cooling,
            event=documents.event(
                events.CANCELLED, after, actor=_as_citizen(actor), now_ms=now_ms,
                traceparent=traceparent, freed_until_ms=cooling.until_ms if cooling else now_ms,
                cooling=cooling,
            ),
            idem=idem, result=documents.facts(after),
        )  # fmt: skip
        if outcome.status == "ok":
            return documents.facts(after)
    raise Refusal("busy")


def move(
    *, store: Store, policy: Policy, reference: str, start: datetime, centre_id: str | None,
    actor: Actor, idem: Idempotency, traceparent: str | None,
) -> dict[str, Any]:  # fmt: skip
    """Another place for the same booking, in one step: the old one is kept unless the new one is had.

    To the same place: unchanged. Refuses what booking refuses of the new place, `wrong_state`,
    `slot_full` (with `next_free`); never concerns the person's claim or mark.
    """
    for _ in retrying():
        kept, now_ms = find(store=store, reference=reference, actor=actor)
        before: dict[str, Any] = kept.document
        target = resolve(
            network=store.network, centre_id=centre_id or before["centre"]["id"],
            service_code=before["service"]["code"], start=start, now_ms=now_ms, actor=_plain(actor),
        )  # fmt: skip
        require_step("move", before, now_ms, policy)
        if _is_there(before, target):
            return documents.facts(before)
        check_time(target, policy, now_ms, _plain(actor))
        check_open(target)
        transition = _moved(before, target, policy, actor, now_ms, traceparent)
        outcome = store.move(
            raw=kept.raw, schedule_version=target.centre.schedule_version,
            limits=target.limits(with_walk_in=actor.serves(target.centre.id)),
            listed=target.day_entry, idem=idem,
            result=documents.facts(transition["document"]), **transition,
        )  # fmt: skip
        if outcome.status == "ok":
            return documents.facts(transition["document"])
        if outcome.status == "slot_full":
            raise hints.slot_full(store=store, policy=policy, target=target, actor=_plain(actor))
    raise Refusal("busy")


def _moved(
    before: dict[str, Any], target: Target, policy: Policy, actor: Actor, now_ms: int,
    traceparent: str | None,
) -> dict[str, Any]:  # fmt: skip
    old = documents.occupation_of(before)
    cooling = _cooling(old, policy, now_ms)
    occupied = {
        "resources": list(target.service.resources),
        "occupation": secrets.token_urlsafe(16),
    }
    after = lifecycle.next_version(
        before, clock.iso(now_ms, target.centre.time_zone), **documents.place_of(target),
        service=documents.service_of(target), kind=target.centre.kind, occupied=occupied,
        status="confirmed", offer=None, steps=[],
    )  # fmt: skip
    return {
        "document": after,
        "old": old,
        "cooling": cooling,
        "new": documents.occupation_of(after),
        "events": _move_events(before, after, actor, now_ms, traceparent, cooling),
    }


def _move_events(
    before: dict[str, Any], after: dict[str, Any], actor: Actor, now_ms: int,
    traceparent: str | None, cooling: Occupation | None,
) -> Sequence[OutboxEntry]:  # fmt: skip
    """`booking.moved` for the new centre; `booking.left` too where the old one is another."""
    common: dict[str, Any] = {
        "actor": _as_citizen(actor), "now_ms": now_ms, "traceparent": traceparent,
        "previous": documents.place_in(before),
        "freed_until_ms": cooling.until_ms if cooling else now_ms, "cooling": cooling,
    }  # fmt: skip
    moved = documents.event(events.MOVED, after, **common)
    old_centre = before["centre"]["id"]
    if old_centre == after["centre"]["id"]:
        return [moved]
    return [moved, documents.event(events.LEFT, after, key=old_centre, **common)]


def _is_there(document: lifecycle.Document, target: Target) -> bool:
    return bool(
        document["status"] == "confirmed"
        and document["centre"]["id"] == target.centre.id
        and datetime.fromisoformat(document["start"]) == target.start
    )


def _cooling(occupation: Occupation, policy: Policy, now_ms: int) -> Occupation | None:
    """The place given up comes back after a random while, so that places cannot be traded.

    In whole seconds, as events tell instants: what is replayed from the log is then the same.
    """
    wait_ms = _RANDOM.randint(0, policy.cool_off_max_s * 1000)
    until_ms = (now_ms + wait_ms) // 1000 * 1000
    if until_ms <= now_ms:
        return None
    return occupation.relabelled("cooling", owner="", until_ms=until_ms)


def _as_citizen(actor: Actor) -> Actor:
    return actor if actor.is_staff else Actor("public", "citizen")


def _plain(actor: Actor) -> Actor:
    """For rules of time and visibility, a token holder is the public."""
    return actor if actor.is_staff else Actor("public", "citizen")


def accept(*, store: Store, policy: Policy, reference: str, actor: Actor) -> dict[str, Any]:
    """Takes the offered place of a displaced booking. Refuses `wrong_state` without an offer."""
    kept, now_ms = find(store=store, reference=reference, actor=actor)
    require_step("accept", kept.document, now_ms, policy)
    raise Refusal("wrong_state", possible=[])
