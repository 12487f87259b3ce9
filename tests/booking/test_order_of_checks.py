"""Of two things wrong at once, the one that the contract puts first is answered.

The order: token; media type, size, JSON; idempotency key; schema; unknown things; the hold's or the
booking's state; time; the centre's state; the person; capacity.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.booking.conftest import World, bearer, direct, person
from tests.booking.refusing import HOLD, KEY, START, book, change, code_of, hold, small_world

JSON = {"Content-Type": "application/json"}
PAST = "2026-11-23T09:00:00+05:00"
SOON = "2026-11-23T10:15:00+05:00"
LUNCH = "2026-11-24T13:00:00+05:00"
LATER = "2026-11-25T09:00:00+05:00"
BEYOND = "2026-12-20T03:07:00+05:00"


def post(world: World, path: str, data: bytes, **headers: str) -> tuple[int, str]:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    return code_of(world.http.post(f"/booking{path}", data=data, headers=given))


def test_the_token_comes_before_everything_in_the_body(world: World) -> None:
    path = f"/bookings/{book(world)['reference']}/move"
    assert post(world, path, b"{", Content_Type="text/plain")[0] == 401
    assert post(world, path, b"x" * 70_000, Authorization="Bearer wrong")[0] == 404
    assert post(world, "/clock", b"{", Authorization="Bearer wrong")[0] == 401


def test_media_type_then_size_then_encoding_then_json(world: World) -> None:
    big = b"\xff" * 70_000
    assert post(world, "/holds", big, Content_Type="text/plain") == (415, "unsupported_media_type")
    assert post(world, "/holds", big, **JSON) == (413, "body_too_large")
    assert post(world, "/holds", b"\xff{", **JSON) == (400, "invalid_encoding")


def test_json_comes_before_the_key_and_the_key_before_the_schema(world: World) -> None:
    short = {"Idempotency_Key": "short"}
    assert post(world, "/holds", b"{", **JSON, **short) == (400, "malformed_json")
    assert post(world, "/holds", b"{}", **JSON, **short) == (422, "idempotency_key_malformed")
    assert world.post("/holds", HOLD, {"Idempotency-Key": KEY}).status_code == 201
    reused = post(world, "/holds", b"{}", **JSON, Idempotency_Key=KEY)
    assert reused == (422, "idempotency_key_reused")


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"centre": "nowhere", "colour": 1}, "validation_failed"),
        ({"centre": "nowhere", "service": "wedding"}, "unknown_centre"),
        ({"service": "wedding", "start": PAST}, "unknown_service"),
        ({"centre": "plates-only", "service": "veh-rereg", "start": PAST}, "service_not_offered"),
        ({"centre": "suspended", "start": PAST}, "in_past"),
        ({"centre": "suspended", "start": SOON}, "too_soon"),
        ({"centre": "suspended", "start": BEYOND}, "beyond_horizon"),
        ({"centre": "suspended", "start": LUNCH}, "outside_hours"),
        ({"centre": "suspended", "start": "2026-11-24T09:01:00+05:00"}, "off_grid"),
        ({"centre": "suspended"}, "centre_not_open"),
        ({"start": "2026-11-23T09:01:07+05:00"}, "in_past"),
        ({"start": "2026-11-23T10:01:07+05:00"}, "too_soon"),
    ],
)
def test_unknown_things_then_time_then_the_centres_state(
    world: World, wish: dict[str, Any], code: str
) -> None:
    world.centre("plates-only", period={"services": ["plates"], "status": "closed"})
    world.centre("suspended", period={"status": "suspended"})
    for path, body in (("/holds", HOLD), ("/bookings", direct())):
        assert code_of(world.post(path, body | wish))[1] == code


def test_the_persons_form_comes_before_unknown_things(world: World) -> None:
    wish = direct(centre="nowhere", person=person(iin=None))
    assert code_of(world.post("/bookings", wish)) == (422, "validation_failed")
    wish = {"hold": "gone", "person": person(phone=None)}
    assert code_of(world.post("/bookings", wish)) == (422, "validation_failed")


def test_the_centres_state_comes_before_the_person_and_the_person_before_capacity(
    world: World,
) -> None:
    small_world(world)
    book(world)
    assert code_of(world.post("/bookings", direct()))[1] == "already_booked"
    other = direct(service="veh-rereg", start=LATER)
    assert code_of(world.post("/bookings", direct(number=1)))[1] == "slot_full"
    book(world, number=2, service="veh-rereg", start=LATER)
    assert code_of(world.post("/bookings", other))[1] == "too_many_bookings"
    change(world, 4, status="suspended")
    assert code_of(world.post("/bookings", direct()))[1] == "centre_not_open"


def test_already_booked_comes_before_too_many_bookings(world: World) -> None:
    book(world)
    assert code_of(world.post("/bookings", direct(start=LATER)))[1] == "already_booked"


@pytest.mark.parametrize("spoil", ["reference", "state", "time"])
def test_a_move_looks_at_the_place_then_at_the_booking_then_at_time(
    world: World, spoil: str
) -> None:
    made = book(world)
    token, path = bearer(made["manage_token"]), f"/bookings/{made['reference']}"
    if spoil != "time":
        assert world.post(f"{path}/cancel", None, token).status_code == 200
    unknown = world.post(f"{path}/move", {"start": PAST, "centre": "nowhere"}, token)
    assert code_of(unknown) == (422, "unknown_centre")
    expected = {"reference": (409, "wrong_state"), "state": (409, "wrong_state")}
    past = world.post(f"{path}/move", {"start": PAST}, token)
    assert code_of(past) == expected.get(spoil, (422, "in_past"))


def suspended(world: World) -> None:
    change(world, status="suspended")


def closed_that_day(world: World) -> None:
    change(world, exceptions=[{"date": "2026-11-24", "closed": True}])


def not_offered(world: World) -> None:
    change(world, services=["veh-rereg"])


def nothing(_world: World) -> None:
    pass


@pytest.mark.parametrize(
    ("meanwhile", "code"),
    [
        (suspended, "centre_not_open"),
        (closed_that_day, "outside_hours"),
        (not_offered, "service_not_offered"),
        (nothing, "already_booked"),
    ],
)
def test_a_dead_hold_comes_first_and_the_person_last(
    world: World, meanwhile: Callable[[World], None], code: str
) -> None:
    book(world)
    held = {"hold": hold(world)["hold"], "person": person()}
    meanwhile(world)
    assert code_of(world.post("/bookings", held))[1] == code
    world.now("2026-11-23T10:05:01+05:00")
    assert code_of(world.post("/bookings", held)) == (410, "hold_expired")


def test_a_live_hold_is_not_checked_for_time_again(make_world: Callable[..., World]) -> None:
    world = make_world(hold_ttl_s=3600)
    world.centre()
    held = hold(world, "2026-11-23T10:45:00+05:00")["hold"]
    world.now("2026-11-23T10:40:00+05:00")
    assert world.post("/bookings", {"hold": held, "person": person()}).status_code == 201


def test_to_the_same_place_comes_before_time_and_the_centres_state(world: World) -> None:
    made = book(world)
    world.now("2026-11-24T08:50:00+05:00")
    change(world, status="suspended")
    same = world.post(
        f"/bookings/{made['reference']}/move", {"start": START}, bearer(made["manage_token"])
    )
    assert (same.status_code, same.json["sequence"]) == (200, 0)
