"""Holds: a place kept for a client while the form is filled in."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from services.booking.domain.actor import Actor
from services.booking.domain.occupation import Occupation
from services.booking.domain.policy import Policy
from services.booking.ports import Store
from services.booking.use_cases import hints
from services.booking.use_cases.target import check_open, check_time, resolve, retrying
from shared import clock
from shared.errors import Refusal
from shared.idempotency import Idempotency


def place_hold(
    *, store: Store, policy: Policy, centre_id: str, service_code: str, start: datetime,
    actor: Actor, client_digest: str, one_per_client: bool, idem: Idempotency,
) -> dict[str, Any]:  # fmt: skip
    """Takes the places of one start for `hold_ttl_s`. Atomic; idempotent with a key.

    Refuses what `resolve`, `check_time` and `check_open` refuse, `too_many_requests` (one live hold
    per client) and `slot_full` (with `next_free`), also where holds have their share of the start.
    """
    for _ in retrying():
        now_ms = store.look().now_ms
        target = resolve(
            network=store.network, centre_id=centre_id, service_code=service_code, start=start,
            now_ms=now_ms, actor=actor,
        )  # fmt: skip
        check_time(target, policy, now_ms, actor)
        check_open(target)
        limits = target.limits(with_walk_in=actor.is_staff)
        until_ms = now_ms + policy.hold_ttl_s * 1000
        hold = Occupation(
            secrets.token_urlsafe(16), "hold", target.span, service_code, until_ms=until_ms
        )
        result = _hold_result(hold, target.centre.time_zone)
        outcome = store.place_hold(
            hold=hold, schedule_version=target.centre.schedule_version, limits=limits,
            most_holds=policy.most_holds(min(limits, default=0)), client_digest=client_digest,
            client_ttl_ms=2 * policy.hold_ttl_s * 1000 if one_per_client else 0,
            listed=target.day_entry, idem=idem, result=result,
        )  # fmt: skip
        if outcome.status == "ok":
            return result
        if outcome.status == "too_many_requests":
            raise Refusal("too_many_requests", retry_after_s=-(-outcome.detail_ms // 1000))
        if outcome.status == "slot_full":
            raise hints.slot_full(store=store, policy=policy, target=target, actor=actor)
    raise Refusal("busy")


def renew_hold(*, store: Store, policy: Policy, hold_id: str, idem: Idempotency) -> dict[str, Any]:
    """Gives a live hold its whole time again, once. Refuses `hold_expired`, `already_renewed`."""
    for _ in retrying():
        look = store.look(occupation=hold_id)
        hold = live_hold(store, look.values[0], look.now_ms)
        if hold.renewed:
            raise Refusal("already_renewed")
        until_ms = look.now_ms + policy.hold_ttl_s * 1000
        renewed = replace(hold, until_ms=until_ms, renewed=True)
        result = _hold_result(renewed, _zone_of(store, hold))
        outcome = store.renew_hold(before=hold, after=renewed, idem=idem, result=result)
        if outcome.status == "ok":
            return result
    raise Refusal("busy")


def release_hold(*, store: Store, hold_id: str) -> None:
    """Lets a hold go; its places come back at once. Nothing happens if it is gone already."""
    for _ in retrying():
        hold = store.hold(store.look(occupation=hold_id).values[0])
        if hold is None or store.release(occupation=hold, only_if_due=False).status == "ok":
            return
    raise Refusal("busy")


def live_hold(store: Store, value: bytes | None, now_ms: int) -> Occupation:
    """The hold behind a value read at `now_ms`; refuses `hold_expired` for one unknown, used or over."""
    hold = store.hold(value)
    if hold is None or hold.until_ms is None or now_ms >= hold.until_ms:
        raise Refusal("hold_expired")
    return hold


def _zone_of(store: Store, hold: Occupation) -> str:
    centre = store.network.centres.get(hold.span.centre)
    return centre.time_zone if centre else "UTC"


def _hold_result(hold: Occupation, zone_name: str) -> dict[str, Any]:
    span = hold.span
    day = date.fromisoformat(span.day)
    return {
        "hold": hold.id,
        "centre": span.centre,
        "service": hold.service,
        "start": clock.iso(clock.wall_ms(day, span.minute, zone_name), zone_name),
        "end": clock.iso(clock.wall_ms(day, span.minute + span.minutes, zone_name), zone_name),
        "expires_at": clock.iso(hold.until_ms or 0, zone_name),
    }
