"""What is refused of holds, bookings and persons."""

from __future__ import annotations

import pytest

from tests.booking.conftest import World, bearer, direct, person
from tests.booking.refusing import HOLD, START, assert_refused, book, hold, small_world

LATER = "2026-11-25T09:00:00+05:00"


@pytest.mark.parametrize("kind", ["unknown", "used", "expired", "let go"])
def test_a_hold_that_is_no_more_is_410(world: World, kind: str) -> None:
    held = hold(world)["hold"]
    if kind == "unknown":
        held = "no-such-hold"
    elif kind == "used":
        assert world.post("/bookings", {"hold": held, "person": person(1)}).status_code == 201
    elif kind == "expired":
        world.now("2026-11-23T10:06:00+05:00")
    else:
        assert world.http.delete(f"/booking/holds/{held}").status_code == 204
    assert_refused(
        world, "POST", "/bookings", "hold_expired", json={"hold": held, "person": person()}
    )
    assert_refused(world, "POST", f"/holds/{held}/renew", "hold_expired")


@pytest.mark.parametrize("name", ["", "a" * 60_000, "\u0000", "booking:K7M2-9QRTX", "ә"])
def test_a_hold_by_any_name_that_was_never_given_is_410(world: World, name: str) -> None:
    assert_refused(
        world, "POST", "/bookings", "hold_expired", json={"hold": name, "person": person()}
    )


def test_a_hold_is_renewed_once(world: World) -> None:
    held = hold(world)["hold"]
    world.now("2026-11-23T10:03:00+05:00")
    renewed = world.post(f"/holds/{held}/renew")
    assert renewed.status_code == 200
    assert renewed.json["expires_at"].startswith("2026-11-23T10:08:0")
    assert renewed.json["hold"] == held
    assert_refused(world, "POST", f"/holds/{held}/renew", "already_renewed")


def test_a_client_has_one_live_hold(make_world: object) -> None:
    world = make_world(rate_limits=True)  # type: ignore[operator]
    world.centre()
    hold(world)
    answer = assert_refused(world, "POST", "/holds", "too_many_requests", json=HOLD)
    assert 1 <= int(answer.headers["Retry-After"]) <= 300


def test_a_person_has_one_active_booking_for_a_service(world: World) -> None:
    book(world)
    assert_refused(world, "POST", "/bookings", "already_booked", json=direct(start=LATER))
    held = {"hold": hold(world, LATER)["hold"], "person": person()}
    assert_refused(world, "POST", "/bookings", "already_booked", json=held)
    assert_refused(
        world, "POST", "/bookings", "already_booked", json=direct(start=LATER), headers=world.desk()
    )


def test_a_person_books_anew_ten_days_after_the_last_one(world: World) -> None:
    book(world)
    other = direct(service="veh-rereg", start="2026-11-26T09:00:00+05:00")
    answer = assert_refused(
        world, "POST", "/bookings", "too_many_bookings", extras=["allowed_from"], json=other
    )
    allowed_from = answer.json["allowed_from"]
    assert allowed_from.startswith("2026-12-03T10:00:0")
    world.now(allowed_from)
    book(world, service="veh-rereg", start="2026-12-04T09:00:00+05:00")


@pytest.mark.parametrize("step", ["check-in", "serve", "no-show", "undo"])
def test_a_step_of_the_desk_out_of_turn_names_those_that_are_possible(
    world: World, step: str
) -> None:
    made = book(world)
    path = f"/bookings/{made['reference']}/{step}"
    answer = assert_refused(
        world, "POST", path, "wrong_state", extras=["possible"], headers=world.desk()
    )
    assert answer.json["possible"] == ["move", "cancel"]


@pytest.mark.parametrize("step", ["move", "cancel", "accept"])
def test_after_the_start_nothing_is_moved_cancelled_or_accepted(world: World, step: str) -> None:
    made = book(world)
    world.now("2026-11-24T09:00:00+05:00")
    answer = assert_refused(
        world, "POST", f"/bookings/{made['reference']}/{step}", "wrong_state", extras=["possible"],
        json={"start": LATER} if step == "move" else {}, headers=bearer(made["manage_token"]),
    )  # fmt: skip
    assert answer.json["possible"] == ["check-in"]


def test_nothing_is_possible_with_a_cancelled_booking(world: World) -> None:
    made = book(world)
    token = bearer(made["manage_token"])
    path = f"/bookings/{made['reference']}"
    assert world.post(f"{path}/cancel", None, token).status_code == 200
    answer = assert_refused(
        world, "POST", f"{path}/move", "wrong_state", extras=["possible"],
        json={"start": LATER}, headers=token,
    )  # fmt: skip
    assert answer.json["possible"] == []


def test_an_undo_is_refused_where_the_person_booked_anew_meanwhile(world: World) -> None:
    desk = world.desk()
    made = book(world)
    world.now("2026-11-24T09:20:00+05:00")
    path = f"/bookings/{made['reference']}"
    assert world.post(f"{path}/no-show", None, desk).status_code == 200
    book(world, start=LATER, headers=desk)
    assert_refused(world, "POST", f"{path}/undo", "already_booked", headers=desk)


def test_a_move_to_a_full_place_keeps_the_old_one(world: World) -> None:
    small_world(world)
    book(world, number=1, start=LATER)
    made = book(world)
    token = bearer(made["manage_token"])
    path = f"/bookings/{made['reference']}"
    assert_refused(
        world, "POST", f"{path}/move", "slot_full", extras=["next_free"],
        json={"start": LATER}, headers=token,
    )  # fmt: skip
    assert world.get(path, token).json["start"] == START
