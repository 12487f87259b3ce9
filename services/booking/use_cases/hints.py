"""The next free times, for somebody whose choice was just taken."""

from __future__ import annotations

from typing import Any

from services.booking.domain.actor import Actor
from services.booking.domain.policy import Policy
from services.booking.ports import Store
from services.booking.use_cases.free_days import FreeDays, offset_of
from services.booking.use_cases.search import Where, find_slots
from services.booking.use_cases.target import Target
from shared.errors import Refusal

MOST = 5
ELSEWHERE = 2


def slot_full(*, store: Store, policy: Policy, target: Target, actor: Actor) -> Refusal:
    """`slot_full` with up to five `next_free`: the same centre first, then the nearest others."""
    here = _starts(_search(store, policy, target, actor, Where(centre=target.centre.id)), target)
    there: list[dict[str, str]] = []
    if target.plan.location is not None:
        place = (target.plan.location["lat"], target.plan.location["lon"])
        nearest = Where(near=place, limit=ELSEWHERE + 1)
        for found in _search(store, policy, target, actor, nearest):
            if found.centre.id != target.centre.id and found.next_free:
                there.append({"centre": found.centre.id, "start": found.next_free})
    there = there[:ELSEWHERE]
    hints = [*here[: MOST - len(there)], *there]
    return Refusal("slot_full", next_free=hints)


def _search(
    store: Store, policy: Policy, target: Target, actor: Actor, where: Where
) -> list[FreeDays]:
    found = find_slots(
        store=store, policy=policy, service_code=target.service.code, where=where, first=None,
        last=None, actor=actor,
    )  # fmt: skip
    return [one for one, _ in found.centres]


def _starts(found: list[FreeDays], target: Target) -> list[dict[str, Any]]:
    """Starts of the same centre, those after the wanted one first."""
    centre = target.centre
    starts = [
        f"{day.isoformat()}T{label}:00{offset_of(day, centre.time_zone)}"
        for one in found
        for day, free in one.days
        for label in free
    ]
    wanted = target.start.isoformat()
    later = [s for s in starts if s > wanted]
    earlier = [s for s in starts if s < wanted]
    return [{"centre": centre.id, "start": s} for s in [*later, *reversed(earlier)]]
