"""What a caller points at: a service at a centre at a start, and why it may not be booked.

Owns the checks before capacity, in the order of the HTTP contract: unknown things, time, the centre's
state. Reading (`search`) and writing (`holds`, `bookings`, `moves`) go through the same domain rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from services.booking.domain.actor import Actor
from services.booking.domain.centre import Centre, DayPlan, Service
from services.booking.domain.occupation import Span
from services.booking.domain.policy import Policy
from services.booking.ports import DayEntry, Network
from shared import clock
from shared.errors import Refusal


@dataclass(frozen=True)
class Target:
    """A start at a centre, on its clocks."""

    centre: Centre
    service: Service
    plan: DayPlan
    start: datetime

    @property
    def day(self) -> date:
        return self.start.date()

    @property
    def minute(self) -> int:
        return self.start.hour * 60 + self.start.minute

    @property
    def end(self) -> datetime:
        return self.start + timedelta(minutes=self.service.minutes)

    @property
    def span(self) -> Span:
        return Span(
            self.centre.id, self.day.isoformat(), self.minute, self.service.minutes,
            self.service.resources,
        )  # fmt: skip

    @property
    def day_entry(self) -> DayEntry:
        midnight = self.start.replace(hour=0, minute=0, second=0, microsecond=0)
        return DayEntry(
            centre=self.centre.id, day=self.day.isoformat(), minute=self.minute,
            end_ms=clock.to_ms(midnight + timedelta(days=1)),
        )  # fmt: skip

    def limits(self, *, with_walk_in: bool) -> list[int]:
        return [self.plan.limit(r, with_walk_in=with_walk_in) for r in self.service.resources]


def find_centre(network: Network, centre_id: str, today_ms: int, actor: Actor) -> Centre | None:
    """The centre, unless it is only decided and the caller is not ops."""
    centre = network.centres.get(centre_id)
    if centre is None or actor.role == "ops":
        return centre
    today = clock.local(today_ms, centre.time_zone).date()
    return None if centre.plan(today).status == "decided" else centre


def resolve(
    *,
    network: Network,
    centre_id: str,
    service_code: str,
    start: datetime,
    now_ms: int,
    actor: Actor,
) -> Target:
    """The target; refuses `unknown_centre`, `unknown_service`, `service_not_offered`."""
    centre = find_centre(network, centre_id, now_ms, actor)
    if centre is None:
        raise Refusal("unknown_centre", errors={"centre": ["There is no such centre."]})
    if service_code not in network.services:
        raise Refusal("unknown_service", errors={"service": ["There is no such service."]})
    local = start.astimezone(clock.zone(centre.time_zone))
    plan = centre.plan(local.date())
    if service_code not in plan.services:
        raise Refusal("service_not_offered")
    return Target(centre, centre.definitions[service_code], plan, local)


def check_time(target: Target, policy: Policy, now_ms: int, actor: Actor) -> None:
    """Refuses `in_past`, `too_soon`, `beyond_horizon`, `outside_hours`, `off_grid`."""
    local_now = clock.local(now_ms, target.centre.time_zone)
    refused = policy.why_not_then(target.start, local_now, lead=not actor.is_staff)
    if refused is None:
        refused = target.plan.why_not_start(target.service, target.minute)
        if refused is None and (target.start.second or target.start.microsecond):
            refused = "off_grid"
    if refused:
        raise Refusal(refused)


def check_open(target: Target) -> None:
    """Refuses `centre_not_open` where the centre does not take bookings for that day."""
    if target.plan.status != "open":
        raise Refusal("centre_not_open")


def check_still_fits(target: Target) -> None:
    """For a live hold, whose time is not judged again: what the centre changed meanwhile is."""
    if target.service.code not in target.plan.services:
        raise Refusal("service_not_offered")
    if target.plan.why_not_start(target.service, target.minute) == "outside_hours":
        raise Refusal("outside_hours")
    check_open(target)


def retrying(tries: int = 3) -> Sequence[int]:
    """Attempts of a transition whose inputs may be stale; after them the answer is `busy`."""
    return range(tries)
