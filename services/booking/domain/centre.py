"""A centre as booking sees it: what holds on each day.

Owns the reading of a centre's document (periods, holidays, exceptions, definitions) into day plans.
Leaves what is taken to `availability`. The one thing to know: a document never changes once read; a
new version is a new `Centre`, so day plans are kept for as long as the object lives.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from services.booking.domain.grid import CELL_MINUTES, MOST_COUNT, minute_of

MOST_PLANS = 200
"""Anybody may ask for any day: what is remembered of them is bounded."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, eq=False)
class Service:
    """A service as this centre's document defines it; durations in minutes."""

    code: str
    names: Mapping[str, str]
    minutes: int
    start_every: int
    resources: tuple[str, ...]
    online: str
    online_note: str | None


@dataclass(frozen=True, eq=False)
class DayPlan:
    """What holds at one centre on one day: open intervals in minutes of the day, capacities, services."""

    status: str
    intervals: tuple[tuple[int, int], ...]
    capacity: Mapping[str, int]
    walk_in: Mapping[str, int]
    services: frozenset[str]
    addresses: Mapping[str, str]
    location: Mapping[str, float] | None

    def limit(self, resource: str, *, with_walk_in: bool) -> int:
        """How many places of the resource may be taken: a desk may use those kept for walk-ins."""
        kept = 0 if with_walk_in else self.walk_in.get(resource, 0)
        return min(max(0, self.capacity.get(resource, 0) - kept), MOST_COUNT)

    def starts(self, service: Service) -> tuple[int, ...]:
        """Minutes at which a visit may start: from the beginning of each open interval, every
        `start_every` minutes, as long as the whole visit ends within it."""
        return _starts(self.intervals, service.minutes, service.start_every)

    def why_not_start(self, service: Service, minute: int) -> str | None:
        """`outside_hours`, `off_grid`, or None where a visit may start then."""
        if not any(o <= minute and minute + service.minutes <= c for o, c in self.intervals):
            return "outside_hours"
        return None if minute in self.starts(service) else "off_grid"

    def why_not_bookable(self, code: str) -> str | None:
        """Why nothing can be booked that day, as the slots' answer names it; None where it can."""
        if code not in self.services:
            return "service_not_offered"
        return None if self.status == "open" else self.status


@dataclass(frozen=True, eq=False)
class Centre:
    """One version of one centre's document."""

    id: str
    kind: str
    version: int
    schedule_version: int
    names: Mapping[str, str]
    region_path: tuple[str, ...]
    time_zone: str
    desk_epoch: int
    definitions: Mapping[str, Service]
    _periods: tuple[Mapping[str, Any], ...] = field(repr=False)
    _holidays: Mapping[str, str | None] = field(repr=False)
    _plans: dict[date, DayPlan] = field(default_factory=dict, repr=False)

    def plan(self, day: date) -> DayPlan:
        """The effective document of that day."""
        found = self._plans.get(day)
        if found is None:
            if len(self._plans) > MOST_PLANS:
                self._plans.clear()
            found = self._plans[day] = self._make_plan(day)
        return found

    def offers(self, code: str) -> bool:
        """Whether any period, past or to come, offers the service."""
        return any(code in period["services"] for period in self._periods)

    def _make_plan(self, day: date) -> DayPlan:
        period = effective_period(self._periods, day)
        intervals = _intervals(period, day, self._holidays)
        return DayPlan(
            status=period["status"],
            intervals=intervals,
            capacity=period["resources"],
            walk_in=period["walk_in"],
            services=frozenset(period["services"]) & self.definitions.keys(),
            addresses=period["addresses"],
            location=period["location"],
        )


def effective_period(periods: Sequence[Mapping[str, Any]], day: date) -> Mapping[str, Any]:
    """The last period that began on that day or before (ISO days compare as text)."""
    chosen = periods[0]
    for period in periods[1:]:
        if period["from"] <= day.isoformat():
            chosen = period
    return chosen


@lru_cache(maxsize=4096)
def _starts(
    intervals: tuple[tuple[int, int], ...], minutes: int, start_every: int
) -> tuple[int, ...]:
    step = -(-start_every // CELL_MINUTES) * CELL_MINUTES
    return tuple(
        minute for opens, closes in intervals for minute in range(opens, closes - minutes + 1, step)
    )


def _intervals(
    period: Mapping[str, Any], day: date, holidays: Mapping[str, str | None]
) -> tuple[tuple[int, int], ...]:
    """Exceptions by date come before national holidays, and those before the week's hours."""
    text = day.isoformat()
    for exception in period["exceptions"]:
        if exception["date"] == text:
            return () if exception.get("closed") else _open([exception])
    weekday = WEEKDAYS[day.weekday()]
    if period["observes_holidays"] and text in holidays:
        like = holidays[text]
        if like is None:
            return ()
        weekday = like
    return _open([rule for rule in period["hours"] if weekday in rule["days"]])


def _open(rules: Sequence[Mapping[str, Any]]) -> tuple[tuple[int, int], ...]:
    """Hours less breaks, as disjoint intervals in order."""
    intervals: list[tuple[int, int]] = []
    for rule in rules:
        opens, closes = minute_of(rule["from"]), minute_of(rule["to"])
        for pause in sorted(rule.get("breaks") or (), key=lambda b: minute_of(b["from"])):
            begins, ends = minute_of(pause["from"]), minute_of(pause["to"])
            if begins > opens:
                intervals.append((opens, min(begins, closes)))
            opens = max(opens, ends)
        if opens < closes:
            intervals.append((opens, closes))
    return tuple(sorted(intervals))


def read_centre(document: Mapping[str, Any]) -> Centre:
    """From the document of a centre's event (`shared.contracts.centres.CentreDocument`)."""
    return Centre(
        id=document["id"],
        kind=document["kind"],
        version=document["version"],
        schedule_version=document["schedule_version"],
        names=document["names"],
        region_path=tuple(document["region_path"]),
        time_zone=document["time_zone"],
        desk_epoch=document["desk_epoch"],
        definitions={d["code"]: read_service(d) for d in document["definitions"]},
        _periods=tuple(document["periods"]),
        _holidays={h["date"]: h.get("like") for h in document["holidays"]},
    )


def read_service(definition: Mapping[str, Any]) -> Service:
    return Service(
        code=definition["code"],
        names=definition["names"],
        minutes=definition["minutes"],
        start_every=definition["start_every"],
        resources=tuple(definition["resources"]),
        online=definition["online"],
        online_note=definition["online_note"],
    )
