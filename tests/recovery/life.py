"""A busy morning in booking: every transition that leaves something in the canonical state."""

from __future__ import annotations

from typing import Any

from tests.booking.conftest import World, bearer, direct, person

HOUR = "2026-11-24T{:02d}:00:00+05:00"


def morning(world: World, first: int = 0) -> list[dict[str, Any]]:
    """Books, moves (also to another centre), cancels, checks in and holds; the bookings made."""
    made = []
    for number, hour in enumerate((9, 9, 10, 11, 14, 15), start=first):
        made.append(booked(world, direct(HOUR.format(hour), number)))
    move(world, made[1], HOUR.format(16))
    move(world, made[2], HOUR.format(9), "almaty-spec-7")
    move(world, made[2], HOUR.format(10), "almaty-spec-7")
    act(world, made[3], "cancel")
    desk = {
        "centre": "almaty-spec-6", "service": "veh-rereg", "start": HOUR.format(17),
        "person": {"name": "Desk Visitor"},
    }  # fmt: skip
    made.append(booked(world, desk, world.desk()))
    hold = {"centre": "almaty-spec-6", "service": "plates", "start": HOUR.format(12)}
    assert world.post("/holds", hold).status_code == 201
    held = world.post("/holds", {**hold, "start": HOUR.format(16)}).get_json()["hold"]
    made.append(booked(world, {"hold": held, "person": person(first + 7)}))
    return made


def booked(world: World, body: Any, headers: dict[str, str] | None = None) -> dict[str, Any]:
    answer = world.post("/bookings", body, headers)
    assert answer.status_code == 201, answer.get_json()
    made: dict[str, Any] = answer.get_json()
    return made


def move(world: World, booking: dict[str, Any], start: str, centre: str | None = None) -> None:
    body = {"start": start} | ({"centre": centre} if centre else {})
    path = f"/bookings/{booking['reference']}/move"
    answer = world.post(path, body, bearer(booking["manage_token"]))
    assert answer.status_code == 200, answer.get_json()


def act(
    world: World, booking: dict[str, Any], step: str, headers: dict[str, str] | None = None
) -> Any:
    path = f"/bookings/{booking['reference']}/{step}"
    answer = world.post(path, None, headers or bearer(booking["manage_token"]))
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()
