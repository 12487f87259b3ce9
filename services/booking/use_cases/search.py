"""Searching for free times.

Owns which centres a search looks at, which days, and the shape of the answer. The one thing to know:
the days to read are chosen by a guess of the store's time, so that one round trip is enough; if the
guess or the known network was out of date, the search is made again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from services.booking.domain.actor import Actor
from services.booking.domain.centre import Centre, Service
from services.booking.domain.geo import distance_km
from services.booking.domain.policy import Policy
from services.booking.ports import Network, Store
from services.booking.use_cases.free_days import FreeDays, Horizon, free_days, horizon, window
from services.booking.use_cases.target import find_centre, retrying
from shared import clock
from shared.errors import Refusal


@dataclass(frozen=True, kw_only=True)
class Where:
    """Exactly one of `centre`, `near` and `region` is given."""

    centre: str | None = None
    near: tuple[float, float] | None = None
    within_km: float = 50
    limit: int = 10
    region: str | None = None


class Found(NamedTuple):
    """`centres` with their distances in km (None where no place was asked for)."""

    service: Service
    centres: list[tuple[FreeDays, float | None]]


def find_slots(
    *, store: Store, policy: Policy, service_code: str, where: Where, first: date | None,
    last: date | None, actor: Actor,
) -> Found:  # fmt: skip
    """Free times of a service. Refuses `not_found` for an unknown centre or service."""
    network: Network = store.network
    now_ms = store.about_now_ms()
    for _ in retrying():
        sequence = network.sequence
        chosen = _choose(network, service_code, where, policy, now_ms, actor)
        asked = [_horizon(centre, policy, now_ms, service_code) for centre, _ in chosen]
        names = [name for days in asked for name in days.names]
        look = store.look(taken=names, may_be_late=True)
        if look.sequence == sequence and all(d.still_right(look.now_ms, policy) for d in asked):
            break
        now_ms = look.now_ms
    _refuse_unknown(network, service_code, where, chosen)
    found: list[tuple[FreeDays, float | None]] = []
    at = 0
    for (centre, km), days in zip(chosen, asked, strict=True):
        packed = tuple(look.values[at : at + len(days.names)])
        at += len(days.names)
        local_now = clock.local(look.now_ms, centre.time_zone)
        found.append((free_days(days, packed, window(policy, local_now, (first, last))), km))
    if where.region is not None:
        found.sort(key=lambda f: (f[0].next_free is None, f[0].next_free or "", f[0].centre.id))
    return Found(network.services[service_code], found)


def _refuse_unknown(
    network: Network, service_code: str, where: Where, chosen: Sequence[Any]
) -> None:
    """Only after a look: what this process did not know may have been opened a moment ago."""
    if where.centre is not None and not chosen:
        raise Refusal("not_found", errors={"centre": ["There is no such centre."]})
    if service_code not in network.services:
        raise Refusal("not_found", errors={"service": ["There is no such service."]})


def _choose(
    network: Network, service_code: str, where: Where, policy: Policy, now_ms: int, actor: Actor
) -> list[tuple[Centre, float | None]]:
    """The centres to look at: the one asked for as it is, else those that are open for the service."""
    if where.centre is not None:
        one = find_centre(network, where.centre, now_ms, actor)
        return [(one, None)] if one else []
    candidates: list[tuple[Centre, float | None]] = []
    for centre in network.centres.values():
        if where.region is not None and where.region not in centre.region_path:
            continue
        if not centre.offers(service_code) or not find_centre(network, centre.id, now_ms, actor):
            continue
        if not _horizon(centre, policy, now_ms, service_code).read:
            continue
        km = None
        if where.near is not None:
            today = clock.local(now_ms, centre.time_zone).date()
            at = centre.plan(today).location
            km = distance_km(where.near, (at["lat"], at["lon"])) if at else None
            if km is None or km > where.within_km:
                continue
        candidates.append((centre, km))
    if where.near is not None:
        candidates.sort(key=lambda c: (c[1], c[0].id))
        return candidates[: where.limit]
    return candidates


def _horizon(centre: Centre, policy: Policy, now_ms: int, service_code: str) -> Horizon:
    today = clock.local(now_ms, centre.time_zone).date()
    return horizon(centre, service_code, today, policy.horizon_days + 1)


def list_services(*, store: Store) -> Mapping[str, Service]:
    """Every service that any centre's document defines."""
    store.look()
    services: Mapping[str, Service] = store.network.services
    return services
