"""What is due: occupations whose time is over, days that are over, bookings to be forgotten.

Owns one step of each; the worker repeats them. Every step is harmless when repeated, and when two
workers do it at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from services.booking.domain.actor import SYSTEM
from services.booking.domain.policy import Policy
from services.booking.ports import Store
from services.booking.use_cases import desk, documents

BATCH = 200
DAY_MS = 24 * 3600 * 1000


def sweep(*, store: Store) -> int:
    """Releases occupations that are due (holds, cool-offs); how many it looked at."""
    due = store.due_occupations(store.look().now_ms, BATCH)
    for occupation in due:
        store.release(occupation=occupation, only_if_due=True)
    return len(due)


def settle_days(*, store: Store, policy: Policy, retention_days: int) -> int:
    """Settles the visits of days that are over, then drops those days' counts and occupations."""
    now_ms = store.look().now_ms
    over = store.days_to_settle(now_ms, BATCH)
    for centre, day in over:
        visits = store.bookings_of(store.references_of_day(centre, day))
        for visit in visits:
            desk.settle(store=store, policy=policy, reference=visit["reference"], actor=SYSTEM)
        _close(store, centre, day, visits, now_ms + retention_days * DAY_MS)
    return len(over)


def _close(
    store: Store, centre: str, day: str, visits: Sequence[Mapping[str, Any]], forget_at_ms: int
) -> None:
    resources = {r for visit in visits for r in visit["occupied"]["resources"]}
    known = store.network.centres.get(centre)
    if known is not None:
        resources |= known.plan(date.fromisoformat(day)).capacity.keys()
        resources |= known.plan(date.fromisoformat(day) + timedelta(days=1)).capacity.keys()
    store.close_day(
        centre=centre, day=day, resources=sorted(resources), forget_at_ms=forget_at_ms,
        occupations=[documents.occupation_of(visit).id for visit in visits],
    )  # fmt: skip


def forget_days(*, store: Store) -> int:
    """Removes the bookings of days that have been over for the retention period."""
    over = store.days_to_forget(store.look().now_ms, BATCH)
    for centre, day in over:
        references = store.references_of_day(centre, day)
        store.forget_day(centre=centre, day=day, references=references)
    return len(over)
