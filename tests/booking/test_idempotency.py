"""The same key twice: one effect, one answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from tests.booking.conftest import World, bearer, direct, person
from tests.booking.refusing import (
    HOLD,
    KEY,
    START,
    assert_refused,
    book,
    code_of,
    hold,
    small_world,
)

LATER = "2026-11-25T09:00:00+05:00"
KEYED = {"Idempotency-Key": KEY}


def assert_replays(world: World, path: str, body: Any, headers: dict[str, str], status: int) -> Any:
    """The call twice: the second changes nothing and answers the same, marked as replayed."""
    first = world.post(path, body, headers)
    assert first.status_code == status, first.json
    assert "Idempotency-Replayed" not in first.headers
    before = world.state()
    again = world.post(path, body, headers)
    assert again.status_code == status
    assert again.get_data() == first.get_data()
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers.get("Location") == first.headers.get("Location")
    assert world.state() == before
    return first.json


def test_a_hold_is_placed_once(world: World) -> None:
    assert_replays(world, "/holds", HOLD, KEYED, 201)


def test_a_hold_is_renewed_once_by_key(world: World) -> None:
    assert_replays(world, f"/holds/{hold(world)['hold']}/renew", None, KEYED, 200)


def test_a_booking_is_made_once_and_its_token_is_the_same(world: World) -> None:
    made = assert_replays(world, "/bookings", direct(), KEYED, 201)
    assert len(made["manage_token"]) >= 20
    assert len(world.outbox()) == 1


def test_a_booking_from_a_hold_is_made_once(world: World) -> None:
    body = {"hold": hold(world)["hold"], "person": person()}
    assert_replays(world, "/bookings", body, KEYED, 201)


@pytest.mark.parametrize("step", ["move", "cancel"])
def test_a_step_of_the_citizen_is_taken_once(world: World, step: str) -> None:
    made = book(world)
    body = {"start": LATER} if step == "move" else None
    headers = KEYED | bearer(made["manage_token"])
    assert_replays(world, f"/bookings/{made['reference']}/{step}", body, headers, 200)


@pytest.mark.parametrize("again", ["move", "cancel"])
def test_a_step_that_changed_nothing_is_remembered_too(world: World, again: str) -> None:
    made = book(world)
    path, token = f"/bookings/{made['reference']}/{again}", bearer(made["manage_token"])
    body = {"start": START} if again == "move" else {}
    if again == "cancel":
        world.post(path, None, token)
    assert_replays(world, path, body, KEYED | token, 200)
    other = world.post(f"/bookings/{made['reference']}/accept", None, KEYED | token)
    assert code_of(other) == (422, "idempotency_key_reused")


def test_each_step_of_the_desk_is_taken_once(world: World) -> None:
    desk = world.desk()
    path = f"/bookings/{book(world)['reference']}"
    world.now("2026-11-24T09:20:00+05:00")
    for number, step in enumerate(["check-in", "serve", "undo", "undo", "no-show"]):
        key = {"Idempotency-Key": f"{KEY}-{number}"}
        done = assert_replays(world, f"{path}/{step}", None, desk | key, 200)
        assert done["sequence"] == number + 1


def test_the_first_answer_comes_again_after_the_booking_was_cancelled(world: World) -> None:
    first = world.post("/bookings", direct(), KEYED)
    token = bearer(first.json["manage_token"])
    assert world.post(f"/bookings/{first.json['reference']}/cancel", None, token).status_code == 200
    again = world.post("/bookings", direct(), KEYED)
    assert (again.status_code, again.get_data()) == (201, first.get_data())


def test_the_first_answer_comes_again_after_the_hold_expired(world: World) -> None:
    first = world.post("/holds", HOLD, KEYED)
    world.now("2026-11-23T11:00:00+05:00")
    assert world.post("/holds", HOLD, KEYED).get_data() == first.get_data()


def test_a_desk_that_moved_a_booking_away_gets_its_answer_again(world: World) -> None:
    world.centre("almaty-2")
    path = f"/bookings/{book(world)['reference']}/move"
    body = {"start": LATER, "centre": "almaty-2"}
    assert_replays(world, path, body, KEYED | world.desk(), 200)


def test_the_same_fields_in_another_order_are_the_same_request(world: World) -> None:
    first = world.post("/holds", HOLD, KEYED)
    turned = dict(reversed(HOLD.items()))
    again = world.post("/holds", turned, KEYED)
    assert again.get_data() == first.get_data()
    assert again.headers["Idempotency-Replayed"] == "true"


def test_the_same_key_for_anything_else_is_refused(world: World) -> None:
    made = world.post("/bookings", direct(), KEYED).json
    token = bearer(made["manage_token"])
    path = f"/bookings/{made['reference']}"
    others: list[tuple[str, Any, dict[str, str]]] = [
        ("/bookings", direct(start=LATER), {}),
        ("/bookings", direct(), bearer("somebody")),
        ("/bookings", direct(), world.desk()),
        ("/holds", HOLD, {}),
        (f"{path}/cancel", {}, token),
        (f"{path}/move", {"start": LATER}, token),
    ]
    for where, body, headers in others:
        assert_refused(
            world, "POST", where, "idempotency_key_reused", json=body, headers=headers | KEYED
        )


def test_a_refusal_is_not_remembered(world: World) -> None:
    small_world(world)
    taken = book(world)
    assert code_of(world.post("/bookings", direct(number=1), KEYED)) == (409, "slot_full")
    token = bearer(taken["manage_token"])
    assert world.post(f"/bookings/{taken['reference']}/cancel", None, token).status_code == 200
    done = world.post("/bookings", direct(number=1), KEYED)
    assert done.status_code == 201
    assert "Idempotency-Replayed" not in done.headers


def test_a_body_too_deep_to_be_written_again_is_refused(world: World) -> None:
    body = b'{"a":' + b"[" * 400 + b"]" * 400 + b"}"
    headers = {"Content-Type": "application/json", **KEYED}
    assert_refused(
        world, "POST", "/holds", "validation_failed", extras=["errors"], data=body, headers=headers
    )


@pytest.mark.parametrize("path", ["/bookings", "/holds"])
def test_twenty_at_once_with_one_key_have_one_effect_and_one_answer(
    world: World, path: str
) -> None:
    small_world(world)
    together = Barrier(20)
    body = direct() if path == "/bookings" else HOLD

    def call(_number: int) -> tuple[int, bytes]:
        together.wait()
        answer = world.app.test_client().post(f"/booking{path}", json=body, headers=KEYED)
        return answer.status_code, answer.get_data()

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(call, range(20)))
    assert len(answers) == 1, answers
    assert next(iter(answers))[0] == 201
    assert len([key for key in world.state() if b":occupation:" in key]) == 1


def test_twenty_moves_at_once_with_one_key_are_one_move(world: World) -> None:
    made = book(world)
    path, together = f"/booking/bookings/{made['reference']}/move", Barrier(20)
    headers = KEYED | bearer(made["manage_token"])

    def call(_number: int) -> tuple[int, bytes]:
        together.wait()
        client = world.app.test_client()
        answer = client.post(path, json={"start": LATER}, headers=headers)
        return answer.status_code, answer.get_data()

    with ThreadPoolExecutor(20) as pool:
        answers = set(pool.map(call, range(20)))
    assert len(answers) == 1, answers
    assert (
        world.get(path.removeprefix("/booking").removesuffix("/move"), headers).json["sequence"]
        == 1
    )
