"""One centre's free days: a pure function of its document, the policy's window and what is taken.

Owns which days are read and what is made of their counts. The one thing to know: both functions are
remembered by their arguments (a centre's document never changes once read), so a search for which
nothing has changed since the last one costs little more than reading the counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from services.booking.domain.availability import Free, free_starts, not_before
from services.booking.domain.centre import Centre, Service
from services.booking.domain.grid import clock_label
from services.booking.domain.policy import Policy
from shared import clock


@dataclass(frozen=True, eq=False)
class Horizon:
    """The days of one centre that may be booked, those of them with hours (`read`), and the names
    (centre, day, resource) of their counts, in the order of `read` and of the service's resources."""

    centre: Centre
    service: Service | None
    days: Sequence[date]
    read: Sequence[date]
    names: Sequence[tuple[str, str, str]]

    def still_right(self, now_ms: int, policy: Policy) -> bool:
        """Whether the guess of today by which it was made was good enough."""
        local_now = clock.local(now_ms, self.centre.time_zone)
        return self.days[0] <= local_now.date() and policy.last_day(local_now) <= self.days[-1]


@dataclass(frozen=True, eq=False)
class FreeDays:
    """One centre's free starts: `days` within the asked range, `next_free` over the whole horizon."""

    centre: Centre
    days: Sequence[tuple[date, Free]]
    next_free: str | None
    reason: str | None


class Window(NamedTuple):
    """Which starts count: from `earliest` (day, time), up to `last_day`; shown from-to."""

    earliest: tuple[date, str]
    last_day: date
    from_day: date
    to_day: date


@lru_cache(maxsize=1024)
def horizon(centre: Centre, service_code: str, today: date, count: int) -> Horizon:
    days = [today + timedelta(days=n) for n in range(count)]
    service = centre.definitions.get(service_code)
    read = [
        day for day in days
        if service and (p := centre.plan(day)).intervals and not p.why_not_bookable(service_code)
    ]  # fmt: skip
    resources = service.resources if service else ()
    names = [(centre.id, day.isoformat(), r) for day in read for r in resources]
    return Horizon(centre, service, days, read, names)


def window(policy: Policy, local_now: datetime, asked: tuple[date | None, date | None]) -> Window:
    """The policy's window now, for an asked range of days (days before today count as today)."""
    earliest = _minute_up(policy.earliest(local_now, lead=True))
    last_day = policy.last_day(local_now)
    return Window(
        (earliest.date(), clock_label(earliest.hour * 60 + earliest.minute)),
        last_day,
        max(asked[0] or local_now.date(), local_now.date()),
        min(asked[1] or last_day, last_day),
    )


@lru_cache(maxsize=1024)
def free_days(days: Horizon, packed: tuple[bytes | None, ...], within: Window) -> FreeDays:
    """`packed` as the store has them, in the order of `days.names`."""
    chosen: list[tuple[date, Free]] = []
    next_free = None
    for number, day in enumerate(days.read):
        free = _free_day(days, number, packed, within)
        if not free:
            continue
        if next_free is None:
            offset = offset_of(day, days.centre.time_zone)
            next_free = f"{day.isoformat()}T{next(iter(free))}:00{offset}"
        if within.from_day <= day <= within.to_day:
            chosen.append((day, free))
    return FreeDays(days.centre, chosen, next_free, _reason(days, within))


def _free_day(days: Horizon, number: int, packed: tuple[bytes | None, ...], within: Window) -> Free:
    day, service = days.read[number], days.service
    if service is None or not within.earliest[0] <= day <= within.last_day:
        return {}
    wide = len(service.resources)
    of_day = packed[number * wide : (number + 1) * wide]
    free = free_starts(days.centre.plan(day), service, of_day)
    return not_before(free, within.earliest[1]) if day == within.earliest[0] else free


def _reason(days: Horizon, within: Window) -> str | None:
    """Why nothing can be booked: the state of the first asked day, if no asked day is bookable."""
    code = days.service.code if days.service else ""
    asked = [d for d in days.days if within.from_day <= d <= within.to_day] or days.days
    reasons = [days.centre.plan(day).why_not_bookable(code) for day in asked]
    return reasons[0] if all(reasons) else None


def _minute_up(instant: datetime) -> datetime:
    whole = instant.replace(second=0, microsecond=0)
    return whole if whole == instant else whole + timedelta(minutes=1)


@lru_cache(maxsize=1024)
def offset_of(day: date, zone_name: str) -> str:
    """The zone's offset on that day, as `+05:00`."""
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=clock.zone(zone_name))
    return noon.isoformat()[-6:]
