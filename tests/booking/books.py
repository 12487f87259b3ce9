"""The store's books, read raw and audited: what is taken, held, claimed and told must agree."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from services.booking.domain.grid import unpack
from services.booking.domain.lifecycle import ACTIVE
from services.booking.domain.occupation import Occupation
from services.booking.store import keys
from tests.booking.conftest import World
from tests.booking.events import events_of

Cell = tuple[str, str, str, int]
"""Centre, day, resource, cell of the day."""


def _all(world: World, kind: str) -> Iterator[tuple[str, bytes]]:
    """(rest of the key, value) of every string key of that kind."""
    client, prefix = world.deps.client, f"{keys.PREFIX}:{kind}:"
    for key in client.scan_iter(f"{prefix}*"):
        value = client.get(key)
        assert value is not None
        yield key.decode().removeprefix(prefix), value


def taken_cells(world: World) -> Counter[Cell]:
    """What the packed counts say, cells of zero left out."""
    counts: Counter[Cell] = Counter()
    for rest, packed in _all(world, "taken"):
        centre, day, resource = rest.split(":")
        for cell, taken in enumerate(unpack(packed)):
            if taken:
                counts[centre, day, resource, cell] = taken
    return counts


def occupations(world: World) -> list[Occupation]:
    return [Occupation.from_json(value) for _, value in _all(world, "occupation")]


def bookings(world: World) -> dict[str, dict[str, Any]]:
    return {reference: json.loads(value) for reference, value in _all(world, "booking")}


def closed_days(world: World) -> set[tuple[str, str]]:
    """Days whose counts were dropped because they are settled."""
    names = world.deps.client.zrange(keys.PAST, 0, -1)
    return {(centre, day) for centre, _, day in (n.decode().partition("|") for n in names)}


def audit(world: World) -> Counter[Cell]:
    """Asserts all that must hold between two transitions; returns what is taken."""
    closed = closed_days(world)
    live = [o for o in occupations(world) if (o.span.centre, o.span.day) not in closed]
    taken = taken_cells(world)
    _audit_places(live, taken)
    _audit_held_and_due(world, live)
    _audit_bookings(world, live, closed)
    _audit_events(world)
    return taken


def _audit_places(live: list[Occupation], taken: Counter[Cell]) -> None:
    covered: Counter[Cell] = Counter()
    for one in live:
        first, count = one.span.run
        for resource in one.span.resources:
            for cell in range(first, first + count):
                covered[one.span.centre, one.span.day, resource, cell] += 1
    assert taken == covered, "taken is not the sum of the live occupations"


def _audit_held_and_due(world: World, live: list[Occupation]) -> None:
    client = world.deps.client
    expected = Counter((o.span.centre, o.span.day, o.start_key) for o in live if o.kind == "hold")
    held: Counter[tuple[str, str, str]] = Counter()
    prefix = f"{keys.PREFIX}:held:"
    for key in client.scan_iter(f"{prefix}*"):
        centre, day = key.decode().removeprefix(prefix).split(":")
        for start, count in client.hgetall(key).items():
            held[centre, day, start.decode()] = int(count)
    assert held == expected, "the counters of holds are not the live holds"
    due = {i.decode(): int(at) for i, at in client.zrange(keys.DUE, 0, -1, withscores=True)}
    ending = {o.id: o.until_ms for o in live if o.until_ms is not None}
    assert {i: at for i, at in due.items() if i in ending} == ending


def _audit_bookings(world: World, live: list[Occupation], closed: set[tuple[str, str]]) -> None:
    known = bookings(world)
    active = {r: b for r, b in known.items() if b["status"] in ACTIVE}
    claims = {key: value.decode() for key, value in _all(world, "claim")}
    assert claims == {
        f"{b['person']}:{b['service']['code']}": r for r, b in active.items() if b["person"]
    }, "claims are not the active bookings of known persons"
    owners = Counter(o.owner for o in live if o.kind == "booking")
    for reference, booking in known.items():
        day = (booking["centre"]["id"], booking["day"])
        listed = world.deps.client.zscore(keys.day(*day), reference)
        assert listed is not None, "a booking is missing from its day"
        if day not in closed:
            kept = booking["status"] != "cancelled"
            assert owners.pop(reference, 0) == kept, "a booking has none or two places"
    assert not owners, "a place is kept for a booking that is gone"


def _audit_events(world: World) -> None:
    """Every event is readable; each booking's are its changes, one sequence after the other."""
    last: dict[str, Any] = {}
    for key, name, event in events_of(world):
        booking = event.data["booking"]
        reference, sequence = booking["reference"], booking["sequence"]
        if name == "left":
            assert sequence == last[reference]["sequence"]
            assert key == event.data["previous"]["centre"]["id"] != booking["centre"]["id"]
            continue
        assert key == booking["centre"]["id"]
        assert sequence == (last[reference]["sequence"] + 1 if reference in last else 0)
        last[reference] = booking
    for reference, booking in bookings(world).items():
        assert last[reference] == booking, "the last event is not the state"
