"""Whatever happens in whatever order: never over capacity, nothing lost, nothing twice.

A stateful Hypothesis model over every transition of booking; after each step the store's books are
audited (`tests.booking.books.audit`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from services.booking.use_cases import housekeeping
from tests.booking.books import Cell, audit, bookings
from tests.booking.conftest import OPS, World, bearer, person

CENTRES = st.sampled_from(["almaty-spec-6", "talgar"])
SERVICES = st.sampled_from(["plates", "veh-rereg"])
TIMES = st.tuples(st.sampled_from([0, 1]), st.sampled_from(["09:00", "09:00", "09:30", "15:30"]))
PERSONS = st.sampled_from([0, 1, 2, 3, None])
BEGIN = "2026-11-23T06:00:00+05:00"
PICK = st.sampled_from([0, 0, 0, 1, 1, 2, 5])
"""How many before the last one; what is long over answers only refusals."""
HOURS = [
    {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "09:00", "to": "18:00"},
    {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "09:00", "to": "09:30"},
]
OPEN = {"observes_holidays": False, "exceptions": []}


class Booking(RuleBasedStateMachine):
    """Two small centres, four persons, two days at a time, and everything that can happen to them."""

    def __init__(self, world: World) -> None:
        super().__init__()
        self.world = world
        world.deps.client.flushdb()
        self.local_now = datetime.fromisoformat(BEGIN)
        world.now(BEGIN)
        self.holds: list[str] = []
        self.made: list[str] = []
        self.versions = {"almaty-spec-6": 2, "talgar": 2}
        self.capacity: dict[str, dict[str, int]] = {}
        self.before: Counter[Cell] = Counter()
        for centre in self.versions:
            self.change(centre, 2, 2, 0, "open")

    def call(self, path: str, body: Any = None, *, staff: bool = False) -> Any:
        answer = self.world.post(path, body, bearer(OPS) if staff else None)
        assert answer.status_code in (200, 201, 404, 409, 410, 422), answer.json
        return answer

    def note(self, answer: Any) -> None:
        if answer.status_code == 201:
            self.made.append(answer.json["reference"])

    def start(self, when: tuple[int, str]) -> str:
        return f"{(self.local_now + timedelta(days=when[0])).date()}T{when[1]}:00+05:00"

    def pick(self, number: int) -> str | None:
        """One of the bookings made, the last one first."""
        return self.made[-1 - number % len(self.made)] if self.made else None

    @rule(centre=CENTRES, places=st.integers(0, 3), bays=st.integers(0, 2), hours=st.integers(0, 1),
          status=st.sampled_from(["open", "open", "open", "suspended"]))  # fmt: skip
    def change(self, centre: str, places: int, bays: int, hours: int, status: str) -> None:
        self.versions[centre] += 1
        resources = {"pick-up-window": places, "counter": places, "inspection-bay": bays}
        self.capacity[centre] = resources
        period = {**OPEN, "status": status, "hours": [HOURS[hours]], "resources": resources,
                  "walk_in": {"counter": min(1, places)}}  # fmt: skip
        version = self.versions[centre]
        self.world.centre(centre, version=version, schedule_version=version, period=period)

    @rule(centre=CENTRES, service=SERVICES, when=TIMES)
    def hold(self, centre: str, service: str, when: tuple[int, str]) -> None:
        wish = {"centre": centre, "service": service, "start": self.start(when)}
        answer = self.call("/holds", wish)
        if answer.status_code == 201:
            self.holds.append(answer.json["hold"])

    @rule(number=PICK)
    def renew(self, number: int) -> None:
        if self.holds:
            self.call(f"/holds/{self.holds[-1 - number % len(self.holds)]}/renew")

    @rule(number=PICK)
    def release(self, number: int) -> None:
        if self.holds:
            held = self.holds[-1 - number % len(self.holds)]
            assert self.world.http.delete(f"/booking/holds/{held}").status_code == 204

    @rule(number=PICK, who=st.integers(0, 3))
    def book_hold(self, number: int, who: int) -> None:
        if self.holds:
            wish = {"hold": self.holds[-1 - number % len(self.holds)], "person": person(who)}
            self.note(self.call("/bookings", wish))

    @rule(centre=CENTRES, service=SERVICES, when=TIMES, who=PERSONS)
    def book(self, centre: str, service: str, when: tuple[int, str], who: int | None) -> None:
        wish = {"centre": centre, "service": service, "start": self.start(when),
                "person": {"name": "Айгүл"} if who is None else person(who)}  # fmt: skip
        self.note(self.call("/bookings", wish, staff=who is None))

    @rule(number=PICK, centre=CENTRES, when=TIMES)
    def move(self, number: int, centre: str, when: tuple[int, str]) -> None:
        if reference := self.pick(number):
            wish = {"start": self.start(when), "centre": centre}
            self.call(f"/bookings/{reference}/move", wish, staff=True)

    @rule(number=PICK)
    def cancel(self, number: int) -> None:
        if reference := self.pick(number):
            self.call(f"/bookings/{reference}/cancel", staff=True)

    @rule(number=PICK, step=st.sampled_from(["check-in", "serve", "no-show", "undo"]))
    def desk_step(self, number: int, step: str) -> None:
        if reference := self.pick(number):
            self.call(f"/bookings/{reference}/{step}", staff=True)

    @rule(minutes=st.sampled_from([2, 4, 6, 6, 45]))
    def time_passes(self, minutes: int) -> None:
        self.local_now += timedelta(minutes=minutes)
        self.world.now(self.local_now.isoformat())

    @rule(number=PICK)
    def the_time_of_a_visit_comes(self, number: int) -> None:
        booking = bookings(self.world).get(self.pick(number) or "")
        if booking:
            start = datetime.fromisoformat(booking["start"])
            self.local_now = max(self.local_now, start + timedelta(minutes=20))
            self.world.now(self.local_now.isoformat())

    @rule()
    def the_next_morning_comes(self) -> None:
        tomorrow = (self.local_now + timedelta(days=1)).date()
        self.local_now = datetime.fromisoformat(f"{tomorrow}T06:00:00+05:00")
        self.world.now(self.local_now.isoformat())

    @rule()
    def sweep(self) -> None:
        housekeeping.sweep(store=self.world.deps.store)

    @rule()
    def keep_house(self) -> None:
        deps = self.world.deps
        housekeeping.sweep(store=deps.store)
        housekeeping.settle_days(store=deps.store, policy=deps.policy, retention_days=2)
        housekeeping.forget_days(store=deps.store)

    @invariant()
    def the_books_agree(self) -> None:
        taken = audit(self.world)
        for cell in taken:
            if taken[cell] > self.before[cell]:
                centre, _, resource, _ = cell
                assert taken[cell] <= self.capacity[centre][resource], "raised above capacity"
        self.before = taken


@pytest.mark.slow
def test_the_books_agree_after_every_step(make_world: Callable[..., World]) -> None:
    world = make_world(cool_off_max_s=600, new_booking_days=1)
    run_state_machine_as_test(
        lambda: Booking(world),
        settings=settings(
            max_examples=30,
            stateful_step_count=50,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
