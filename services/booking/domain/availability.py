"""Free starts: a pure function of a day plan and of what is taken.

Owns the computation that both reading and the "next free" hints use. The one thing to know: it is
remembered by plan, service and the packed counts themselves, so that a day on which nothing changed
costs nothing, and nothing can be stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from services.booking.domain.centre import DayPlan, Service
from services.booking.domain.grid import clock_label, run_of, unpack

Free = Mapping[str, int]
"""`{"09:00": 4, ...}`: free places by start, in order, only where there are any."""


@lru_cache(maxsize=16384)
def free_starts(plan: DayPlan, service: Service, packed: tuple[bytes | None, ...]) -> Free:
    """Free places of the public by start; `packed` in the order of the service's resources."""
    if plan.why_not_bookable(service.code):
        return {}
    limits = [plan.limit(resource, with_walk_in=False) for resource in service.resources]
    untouched = min(limits, default=0)
    if not any(packed):
        return {clock_label(m): untouched for m in plan.starts(service)} if untouched else {}
    counts = [unpack(p) for p in packed]
    free: dict[str, int] = {}
    for minute in plan.starts(service):
        first, count = run_of(minute, service.minutes)
        left = min(
            limit - max(taken[first : first + count])
            for limit, taken in zip(limits, counts, strict=True)
        )
        if left > 0:
            free[clock_label(minute)] = left
    return free


def not_before(free: Free, earliest: str) -> Free:
    """Only the starts at `earliest` or later."""
    return {label: places for label, places in free.items() if label >= earliest}
