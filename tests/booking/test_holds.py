"""Holds: places kept for a while, and given back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.booking.domain.grid import unpack
from services.booking.store import keys
from services.booking.use_cases import housekeeping
from tests.booking.conftest import World, direct, person
from tests.booking.refusing import (
    HOLD,
    KEY,
    START,
    assert_refused,
    book,
    change,
    code_of,
    hold,
    small_world,
)

EXPIRED = "2026-11-23T10:05:01+05:00"


def taken(world: World, resource: str = "pick-up-window", cell: int = 108) -> int:
    """What is taken of the resource at 09:00 on the day after."""
    key = keys.taken("almaty-spec-6", "2026-11-24", resource)
    return unpack(world.deps.client.get(key))[cell]


def free(world: World, start: str = "09:00") -> int:
    days = world.get("/slots?service=plates&centre=almaty-spec-6").json["centres"][0]["days"]
    found: int = next(d for d in days if d["day"] == "2026-11-24")["times"].get(start, 0)
    return found


def test_a_hold_takes_a_place_and_no_event_tells_of_it(world: World) -> None:
    held = hold(world)
    assert free(world) == 3
    assert world.outbox() == []
    assert held["expires_at"].startswith("2026-11-23T10:05:0")


def test_an_expired_hold_is_refused_though_nobody_swept(world: World) -> None:
    held = hold(world)["hold"]
    world.now(EXPIRED)
    assert taken(world) == 1
    body = {"hold": held, "person": person()}
    assert code_of(world.post("/bookings", body)) == (410, "hold_expired")


def test_the_sweeper_gives_back_what_is_over_and_nothing_else(world: World) -> None:
    hold(world)
    world.now("2026-11-23T10:03:00+05:00")
    hold(world)
    world.now(EXPIRED)
    assert housekeeping.sweep(store=world.deps.store) == 1
    assert (taken(world), free(world)) == (1, 3)
    assert housekeeping.sweep(store=world.deps.store) == 0


def test_a_swept_store_is_as_before_the_hold(world: World) -> None:
    hold(world)
    world.now(EXPIRED)
    housekeeping.sweep(store=world.deps.store)
    left = {key for key in world.state() if b"occupation" in key or b"held" in key}
    assert left == set()
    assert world.deps.client.zcard(keys.DUE) == 0


def test_a_renewed_hold_lives_its_whole_time_again(world: World) -> None:
    held = hold(world)["hold"]
    world.now("2026-11-23T10:04:00+05:00")
    assert world.post(f"/holds/{held}/renew").status_code == 200
    world.now("2026-11-23T10:08:55+05:00")
    assert housekeeping.sweep(store=world.deps.store) == 0
    assert world.post("/bookings", {"hold": held, "person": person()}).status_code == 201


def test_a_hold_is_let_go_at_once_and_again(world: World) -> None:
    held = hold(world)["hold"]
    for path in (held, held, "never-was", "%00", "%FF%FE"):
        assert world.http.delete(f"/booking/holds/{path}").status_code == 204
        assert free(world) == 4


def test_letting_go_of_a_hold_that_was_booked_leaves_the_booking_alone(world: World) -> None:
    held = hold(world)["hold"]
    made = world.post("/bookings", {"hold": held, "person": person()})
    assert made.status_code == 201
    assert world.http.delete(f"/booking/holds/{held}").status_code == 204
    assert (taken(world), free(world)) == (1, 3)


def test_a_hold_becomes_a_booking_without_taking_a_second_place(world: World) -> None:
    small_world(world)
    held = hold(world)["hold"]
    assert world.post("/bookings", {"hold": held, "person": person()}).status_code == 201
    assert taken(world) == 1
    world.now(EXPIRED)
    housekeeping.sweep(store=world.deps.store)
    assert taken(world) == 1, "a booking has no end of its own"


def test_a_hold_of_a_visit_takes_every_resource_for_its_whole_time(world: World) -> None:
    hold(world, service="veh-rereg")
    for resource in ("counter", "inspection-bay"):
        assert [taken(world, resource, cell) for cell in (107, 108, 113, 114)] == [0, 1, 1, 0]


def test_holds_take_at_most_five_places_of_a_small_start(world: World) -> None:
    change(world, resources={"pick-up-window": 10})
    for _ in range(5):
        hold(world)
    assert_refused(world, "POST", "/holds", "slot_full", extras=["next_free"], json=HOLD)
    for number in range(5):
        book(world, number=number)
    assert taken(world) == 10


def test_holds_take_at_most_a_fifth_of_a_large_start(world: World) -> None:
    change(world, resources={"pick-up-window": 40})
    for _ in range(8):
        hold(world)
    assert_refused(world, "POST", "/holds", "slot_full", extras=["next_free"], json=HOLD)
    hold(world, "2026-11-24T09:15:00+05:00")


@pytest.mark.parametrize("freed", ["booked", "let go", "swept"])
def test_a_hold_that_ends_makes_room_for_another(world: World, freed: str) -> None:
    change(world, resources={"pick-up-window": 10})
    held = [hold(world)["hold"] for _ in range(5)]
    if freed == "booked":
        world.post("/bookings", {"hold": held[0], "person": person()})
    elif freed == "let go":
        world.http.delete(f"/booking/holds/{held[0]}")
    else:
        world.now(EXPIRED)
        housekeeping.sweep(store=world.deps.store)
    hold(world)


@pytest.fixture
def strict(make_world: Callable[..., World]) -> World:
    made = make_world(rate_limits=True)
    made.centre()
    return made


@pytest.mark.parametrize("ended", ["let go", "expired", "booked"])
def test_a_client_may_hold_anew_once_its_hold_has_ended(strict: World, ended: str) -> None:
    held = hold(strict)["hold"]
    assert code_of(strict.post("/holds", HOLD)) == (429, "too_many_requests")
    if ended == "let go":
        strict.http.delete(f"/booking/holds/{held}")
    elif ended == "expired":
        strict.now(EXPIRED)
    else:
        strict.post("/bookings", {"hold": held, "person": person()})
    hold(strict)


def test_a_renewed_hold_is_still_the_clients_one(strict: World) -> None:
    held = hold(strict)["hold"]
    strict.now("2026-11-23T10:04:00+05:00")
    strict.post(f"/holds/{held}/renew")
    strict.now("2026-11-23T10:08:00+05:00")
    assert code_of(strict.post("/holds", HOLD)) == (429, "too_many_requests")


def test_another_address_and_a_desk_are_other_clients(strict: World) -> None:
    hold(strict)
    assert strict.post("/holds", HOLD, {"X-Forwarded-For": "10.0.0.2"}).status_code == 201
    assert strict.post("/holds", HOLD, strict.desk()).status_code == 201
    faked = {"X-Forwarded-For": "1.2.3.4, 127.0.0.1"}
    assert code_of(strict.post("/holds", HOLD, faked)) == (429, "too_many_requests")


def test_a_replayed_hold_is_no_second_one(strict: World) -> None:
    headers = {"Idempotency-Key": KEY}
    first = strict.post("/holds", HOLD, headers)
    assert strict.post("/holds", HOLD, headers).json == first.json


@pytest.mark.parametrize(
    ("period", "status", "code"),
    [
        ({"status": "suspended"}, 409, "centre_not_open"),
        ({"status": "closed"}, 409, "centre_not_open"),
        ({"exceptions": [{"date": "2026-11-24", "closed": True}]}, 422, "outside_hours"),
        ({"exceptions": [{"date": "2026-11-24", "from": "10:00", "to": "12:00"}]}, 422, "outside_hours"),
        ({"services": []}, 422, "service_not_offered"),
        ({"resources": {"counter": 6}}, 409, "slot_full"),
    ],
)  # fmt: skip
def test_a_centre_that_changed_while_held_confirms_no_visit_to_a_closed_door(
    world: World, period: dict[str, object], status: int, code: str
) -> None:
    held = hold(world)["hold"]
    change(world, **period)
    answer = world.post("/bookings", {"hold": held, "person": person()})
    assert code_of(answer) == (status, code)
    assert world.outbox() == []


def test_a_service_that_takes_longer_than_when_it_was_held_is_no_longer_held(world: World) -> None:
    held = hold(world)["hold"]
    document = world.document(version=3, schedule_version=3)
    document["definitions"][0] |= {"minutes": 30, "version": 2}
    world.deps.store.apply_centre(document)
    answer = world.post("/bookings", {"hold": held, "person": person()})
    assert code_of(answer) == (410, "hold_expired")


def test_capacity_that_shrank_serves_as_many_holds_as_it_still_has(world: World) -> None:
    held = [hold(world)["hold"] for _ in range(2)]
    change(world, resources={"pick-up-window": 1})
    wish = {"hold": held[0], "person": person(0)}
    assert code_of(world.post("/bookings", wish)) == (409, "slot_full")
    world.http.delete(f"/booking/holds/{held[1]}")
    assert world.post("/bookings", wish).status_code == 201


def test_a_desk_takes_the_places_kept_for_walk_ins(world: World) -> None:
    change(world, resources={"pick-up-window": 2}, walk_in={"pick-up-window": 1})
    assert free(world) == 1
    book(world)
    public = direct(number=1)
    assert code_of(world.post("/bookings", public)) == (409, "slot_full")
    assert code_of(world.post("/holds", HOLD)) == (409, "slot_full")
    held = world.post("/holds", HOLD, world.desk())
    assert held.status_code == 201
    body = {"hold": held.json["hold"], "person": person(1)}
    assert world.post("/bookings", body, world.desk()).status_code == 201
    third = world.post("/bookings", direct(number=2), world.desk())
    assert code_of(third) == (409, "slot_full")


def test_a_start_is_held_by_any_offset_of_the_same_instant(world: World) -> None:
    small_world(world)
    hold(world, START)
    again = world.post("/holds", HOLD | {"start": "2026-11-24T04:00:00Z"})
    assert code_of(again) == (409, "slot_full")
