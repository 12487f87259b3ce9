"""Moving and cancelling: one step, and a place given up cools off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from services.booking.store import keys
from services.booking.use_cases import housekeeping
from tests.booking.conftest import World, bearer, direct
from tests.booking.events import events_of, told
from tests.booking.refusing import START, book, change, code_of, small_world
from tests.booking.test_holds import free, taken

LATER = "2026-11-25T09:00:00+05:00"


@pytest.fixture
def cooling(make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch) -> World:
    """A world of one place, where what is given up cools off for ten minutes."""
    made = make_world(cool_off_max_s=1800)
    made.centre()
    small_world(made)
    monkeypatch.setattr(
        "services.booking.use_cases.visits._RANDOM.randint", lambda least, most: 600_000
    )
    return made


def test_a_move_within_a_centre_is_one_event(world: World) -> None:
    made = book(world)
    moved = world.post(
        f"/bookings/{made['reference']}/move", {"start": LATER}, bearer(made["manage_token"])
    ).json
    assert (moved["reference"], moved["start"], moved["sequence"]) == (made["reference"], LATER, 1)
    assert told(world) == [("almaty-spec-6", "confirmed", 0), ("almaty-spec-6", "moved", 1)]
    assert events_of(world)[1][2].data["previous"]["start"] == START


def test_a_move_across_centres_is_moved_and_left_of_one_sequence(world: World) -> None:
    world.centre("talgar")
    made = book(world)
    token = bearer(made["manage_token"])
    path = f"/bookings/{made['reference']}"
    moved = world.post(f"{path}/move", {"start": LATER, "centre": "talgar"}, token).json
    assert moved["centre"]["id"] == "talgar"
    assert told(world)[1:] == [("talgar", "moved", 1), ("almaty-spec-6", "left", 1)]
    for _, _, event in events_of(world)[1:]:
        assert event.data["booking"]["centre"]["id"] == "talgar"
        assert event.data["previous"]["centre"]["id"] == "almaty-spec-6"
    assert world.get(path, token).json == moved
    assert code_of(world.get(path, world.desk())) == (404, "not_found")
    assert world.get(path, world.desk("talgar")).status_code == 200


def test_a_move_to_another_centre_at_the_same_time_is_a_move(world: World) -> None:
    world.centre("talgar")
    made = book(world)
    body = {"start": START, "centre": "talgar"}
    moved = world.post(f"/bookings/{made['reference']}/move", body, bearer(made["manage_token"]))
    assert (moved.status_code, moved.json["sequence"]) == (200, 1)


def test_a_move_to_the_same_place_changes_nothing(world: World) -> None:
    made = book(world)
    before = world.state()
    for body in ({"start": START}, {"start": "2026-11-24T04:00:00Z", "centre": "almaty-spec-6"}):
        answer = world.post(
            f"/bookings/{made['reference']}/move", body, bearer(made["manage_token"])
        )
        assert (answer.status_code, answer.json["sequence"]) == (200, 0)
    assert world.state() == before


def test_moving_is_no_new_booking_and_keeps_the_claim(world: World) -> None:
    made = book(world)
    token = bearer(made["manage_token"])
    world.now("2026-11-24T08:00:00+05:00")
    assert (
        world.post(f"/bookings/{made['reference']}/move", {"start": LATER}, token).status_code
        == 200
    )
    assert code_of(world.post("/bookings", direct(start=LATER)))[1] == "already_booked"
    answer = world.post("/bookings", direct(service="veh-rereg", start=LATER))
    assert answer.json["allowed_from"].startswith("2026-12-03T10:00"), "counted from the booking"


def test_without_a_cool_off_a_place_comes_back_at_once(world: World) -> None:
    small_world(world)
    made = book(world)
    token = bearer(made["manage_token"])
    world.post(f"/bookings/{made['reference']}/move", {"start": LATER}, token)
    book(world, number=1)
    world.post(f"/bookings/{made['reference']}/cancel", None, token)
    book(world, number=2, start=LATER)


@pytest.mark.parametrize("step", ["move", "cancel"])
def test_a_place_given_up_is_taken_until_it_has_cooled_off(cooling: World, step: str) -> None:
    made = book(cooling)
    body = {"start": LATER} if step == "move" else None
    token = bearer(made["manage_token"])
    assert cooling.post(f"/bookings/{made['reference']}/{step}", body, token).status_code == 200
    until = events_of(cooling)[-1][2].data["freed_until"]
    assert until.startswith("2026-11-23T10:10:0")
    cooling.now("2026-11-23T10:09:55+05:00")
    housekeeping.sweep(store=cooling.deps.store)
    assert (taken(cooling), free(cooling)) == (1, 0)
    cooling.now("2026-11-23T10:10:05+05:00")
    housekeeping.sweep(store=cooling.deps.store)
    assert (taken(cooling), free(cooling)) == (0, 1)
    book(cooling, number=1)


def test_a_move_back_to_a_place_that_cools_off_is_refused(cooling: World) -> None:
    made = book(cooling)
    path, token = f"/bookings/{made['reference']}/move", bearer(made["manage_token"])
    assert cooling.post(path, {"start": LATER}, token).status_code == 200
    assert code_of(cooling.post(path, {"start": START}, token)) == (409, "slot_full")


def test_the_cool_off_is_random_within_its_range(make_world: Callable[..., World]) -> None:
    world = make_world(cool_off_max_s=1800)
    world.centre()
    change(world, resources={"pick-up-window": 30})
    waits = set()
    for number in range(12):
        made = book(world, number=number)
        world.post(f"/bookings/{made['reference']}/cancel", None, bearer(made["manage_token"]))
        data = events_of(world)[-1][2].data
        freed = datetime.fromisoformat(data["freed_until"])
        waits.add((freed - datetime.fromisoformat(data["booking"]["updated_at"])).total_seconds())
    assert all(-1 <= wait <= 1801 for wait in waits)
    assert len(waits) > 3, "not random"


def test_a_cancelled_booking_is_forgotten_with_its_day(world: World) -> None:
    made = book(world)
    world.post(f"/bookings/{made['reference']}/cancel", None, bearer(made["manage_token"]))
    world.now("2026-11-25T00:00:01+05:00")
    deps = world.deps
    housekeeping.settle_days(store=deps.store, policy=deps.policy, retention_days=30)
    world.now("2026-12-25T00:00:05+05:00")
    housekeeping.forget_days(store=deps.store)
    assert deps.client.get(keys.booking(made["reference"])) is None
    assert told(world)[-1][1] == "cancelled"


def test_a_day_that_is_over_leaves_no_counts_behind_not_even_of_holds(world: World) -> None:
    held = world.post("/holds", {"centre": "almaty-spec-6", "service": "plates", "start": START})
    world.http.delete(f"/booking/holds/{held.json['hold']}")
    book(world, start=LATER)
    world.now("2026-11-26T00:00:01+05:00")
    deps = world.deps
    housekeeping.settle_days(store=deps.store, policy=deps.policy, retention_days=30)
    left = [k for k in world.state() if b":taken:" in k or b":occupation:" in k or b":held:" in k]
    assert left == []
    assert deps.client.zcard(keys.DAYS) == 0


def test_two_moves_that_swap_full_places_one_after_the_other_change_nothing(world: World) -> None:
    small_world(world)
    one, two = book(world), book(world, number=1, start=LATER)
    for made, start in ((one, LATER), (two, START)):
        answer = world.post(
            f"/bookings/{made['reference']}/move", {"start": start}, bearer(made["manage_token"])
        )
        assert code_of(answer) == (409, "slot_full")
    assert told(world) == [("almaty-spec-6", "confirmed", 0)] * 2
