"""What booking counts of its own, beside what every app counts.

Owns the names. The one thing to know: what happened is counted where it is stored
(`store.told`), so that a replay counts nothing; what was refused is counted where it was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from prometheus_client import Counter, Histogram

from shared.errors import Refusal

BOOKINGS = Counter(
    "kezek_bookings_total",
    "Transitions of bookings (booked, moved, cancelled ...), and refusals of them by their code.",
    ["outcome"],
)
HOLDS = Counter(
    "kezek_holds_total",
    "Holds placed, renewed, booked, released and expired, and refusals of them by their code.",
    ["outcome"],
)
OPENED_TO_BOOKABLE = Histogram(
    "kezek_opened_to_bookable_seconds",
    "From the opening of a centre, by its event, until its times can be booked here.",
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300),
)

Run = Callable[[Any, Any], Any]


def refusals_in(counter: Counter) -> Callable[[Run], Run]:
    """Decorates a route: what its use case refuses is counted by its code."""

    def decorate(run: Run) -> Run:
        @wraps(run)
        def counted(call: Any, deps: Any) -> Any:
            try:
                return run(call, deps)
            except Refusal as refusal:
                counter.labels(refusal.code).inc()
                raise

        return counted

    return decorate
