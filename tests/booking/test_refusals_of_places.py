"""What is refused of a place: unknown things, time, the centre's state, capacity."""

from __future__ import annotations

from typing import Any

import pytest

from tests.booking.conftest import World, bearer, direct, person
from tests.booking.refusing import (
    HOLD,
    START,
    assert_refused,
    book,
    change,
    code_of,
    hold,
    small_world,
)

ELSEWHERE = {"location": {"lat": 43.3, "lon": 76.9}}


def calls(world: World, **wish: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """The three calls that point at a place, with the same wish."""
    made = book(world, number=9, service="plates", start="2026-12-02T09:00:00+05:00")
    move = {n: v for n, v in wish.items() if n in ("centre", "start")}
    return [
        ("POST", "/holds", {"json": HOLD | wish}),
        ("POST", "/bookings", {"json": direct() | wish}),
        (
            "POST",
            f"/bookings/{made['reference']}/move",
            {"json": {"start": START} | move, "headers": bearer(made["manage_token"])},
        ),
    ]


def test_an_unknown_centre_is_named_in_every_language(world: World) -> None:
    for method, path, call in calls(world, centre="nowhere"):
        answer = assert_refused(world, method, path, "unknown_centre", extras=["errors"], **call)
        assert answer.json["errors"] == {"centre": ["There is no such centre."]}


def test_an_unknown_service_is_named(world: World) -> None:
    for method, path, call in calls(world, service="wedding")[:2]:
        answer = assert_refused(world, method, path, "unknown_service", extras=["errors"], **call)
        assert answer.json["errors"] == {"service": ["There is no such service."]}


def test_a_service_that_the_centre_does_not_offer(world: World) -> None:
    world.centre("almaty-1", period={"services": ["plates"]})
    body = HOLD | {"centre": "almaty-1", "service": "veh-rereg"}
    assert_refused(world, "POST", "/holds", "service_not_offered", json=body)
    booking = direct(centre="almaty-1", service="veh-rereg")
    assert_refused(world, "POST", "/bookings", "service_not_offered", json=booking)
    made = book(world, service="veh-rereg")
    assert_refused(
        world, "POST", f"/bookings/{made['reference']}/move", "service_not_offered",
        json={"start": START, "centre": "almaty-1"}, headers=bearer(made["manage_token"]),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("start", "code"),
    [
        ("2026-11-23T09:45:00+05:00", "in_past"),
        ("2026-11-20T09:00:00+05:00", "in_past"),
        ("1970-01-01T00:00:00+14:00", "in_past"),
        ("2026-11-23T10:15:00+05:00", "too_soon"),
        ("2026-11-23T10:15:00.5+05:00", "too_soon"),
        ("2026-12-08T09:00:00+05:00", "beyond_horizon"),
        ("2200-12-31T23:59:59Z", "beyond_horizon"),
        ("2026-11-24T08:45:00+05:00", "outside_hours"),
        ("2026-11-24T13:00:00+05:00", "outside_hours"),
        ("2026-11-24T18:00:00+05:00", "outside_hours"),
        ("2026-11-24T17:50:00+05:00", "outside_hours"),
        ("2026-11-28T09:00:00+05:00", "outside_hours"),
        ("2026-11-24T09:05:00+05:00", "off_grid"),
        ("2026-11-24T09:00:30+05:00", "off_grid"),
        ("2026-11-24T09:00:00.000001+05:00", "off_grid"),
    ],
)
def test_a_time_that_cannot_be_booked(world: World, start: str, code: str) -> None:
    for method, path, call in calls(world, start=start):
        assert_refused(world, method, path, code, **call)


def test_a_holiday_is_outside_hours(world: World) -> None:
    world.now("2026-12-10T10:00:00+05:00")
    wish = HOLD | {"start": "2026-12-16T09:00:00+05:00"}
    assert_refused(world, "POST", "/holds", "outside_hours", json=wish)


def test_the_last_day_opens_at_nine_and_not_at_midnight(world: World) -> None:
    last = HOLD | {"start": "2026-12-07T09:00:00+05:00"}
    world.now("2026-11-23T08:59:58+05:00")
    assert_refused(world, "POST", "/holds", "beyond_horizon", json=last)
    world.now("2026-11-23T09:00:00+05:00")
    assert world.post("/holds", last).status_code == 201


def test_the_same_instant_is_taken_in_any_offset_and_answered_in_the_centres_zone(
    world: World,
) -> None:
    for start in ("2026-11-24T04:00:00Z", "2026-11-24T04:00Z", "2026-11-23T23:00:00-05:00",
                  "2026-11-24t09:00:00.000+0500"):  # fmt: skip
        assert hold(world, start)["start"] == START


@pytest.mark.parametrize("status", ["planned", "suspended", "closed"])
def test_a_centre_that_is_not_open_takes_nothing(world: World, status: str) -> None:
    world.centre("almaty-2", period={"status": status})
    for method, path, call in calls(world, centre="almaty-2"):
        assert_refused(world, method, path, "centre_not_open", **call)


def test_a_decided_centre_is_unknown_to_the_public_and_not_open_to_ops(
    world: World, ops: dict[str, str]
) -> None:
    world.centre("almaty-2", period={"status": "decided"})
    for method, path, call in calls(world, centre="almaty-2"):
        assert_refused(world, method, path, "unknown_centre", extras=["errors"], **call)
    wish = direct(centre="almaty-2")
    assert_refused(world, "POST", "/bookings", "centre_not_open", json=wish, headers=ops)


def test_a_full_start_names_the_next_free_ones_the_same_centre_first(world: World) -> None:
    small_world(world)
    world.centre("talgar", period={**ELSEWHERE})
    world.centre("decided", period={"status": "decided", **ELSEWHERE})
    offered = calls(world, start=START)
    book(world, number=8)
    for method, path, call in offered:
        answer = assert_refused(world, method, path, "slot_full", extras=["next_free"], **call)
        hints = answer.json["next_free"]
        assert 1 <= len(hints) <= 5
        centres = [hint["centre"] for hint in hints]
        assert centres == sorted(centres, key=lambda c: c != "almaty-spec-6"), "not the same first"
        assert hints[0] == {"centre": "almaty-spec-6", "start": "2026-11-24T09:15:00+05:00"}
        assert {"centre": "talgar", "start": "2026-11-23T10:45:00+05:00"} in hints
        assert "decided" not in centres


def test_every_hint_can_be_booked(world: World) -> None:
    small_world(world)
    world.centre("talgar", period=ELSEWHERE)
    book(world)
    full = world.post("/bookings", direct(number=1)).json
    for number, hint in enumerate(full["next_free"], start=2):
        book(world, number=number, **hint)


def test_where_nothing_else_is_free_the_hints_are_empty(world: World) -> None:
    day = {"date": "2026-11-24", "from": "09:00", "to": "09:15"}
    small_world(world)
    closed: list[dict[str, Any]] = []
    change(world, 4, resources={"pick-up-window": 1}, hours=closed, exceptions=[day], walk_in={})
    book(world)
    answer = assert_refused(world, "POST", "/holds", "slot_full", extras=["next_free"], json=HOLD)
    assert answer.json["next_free"] == []


def test_a_change_that_no_process_can_keep_up_with_is_busy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = calls(world, start=START)
    monkeypatch.setattr(world.deps.store.network, "catch_up", lambda _sequence: None)
    small_world(world)
    for method, path, call in offered:
        assert_refused(world, method, path, "busy", **call)


def test_a_schedule_that_changed_a_moment_ago_is_read_again(world: World) -> None:
    hold(world)
    change(world, 3, resources={"pick-up-window": 1})
    assert code_of(world.post("/bookings", direct(person=person(1)))) == (409, "slot_full")
