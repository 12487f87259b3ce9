"""Real processes race over HTTP: never over capacity, nobody with two places or none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from tests.booking.books import audit, bookings
from tests.booking.conftest import World, direct
from tests.booking.refusing import START, book, change
from tests.booking.serving import Reply, Request, Served, hold_and_book, race, send, serving

pytestmark = pytest.mark.slow
PLACES = 20
CELL = ("almaty-spec-6", "2026-11-24", "pick-up-window", 108)


@pytest.fixture
def served(store_url: str) -> Iterator[Served]:
    with serving(store_url) as found:
        found.world.centre()
        change(found.world, resources={"pick-up-window": PLACES}, walk_in={})
        yield found


def wishes(count: int) -> list[Request]:
    return [Request("/bookings", direct(number=number), {}) for number in range(count)]


def test_of_two_hundred_clients_for_the_last_twenty_places_exactly_twenty_succeed(
    served: Served,
) -> None:
    replies: list[Reply] = race(send, served.port, wishes(200))
    assert Counter(reply.status for reply in replies) == {201: PLACES, 409: 180}
    for reply in replies:
        if reply.status == 409:
            assert reply.body["error_code"] == "slot_full"
            assert reply.body["next_free"][0]["start"] > START
    assert audit(served.world)[CELL] == PLACES
    assert len(bookings(served.world)) == PLACES


def test_two_hundred_clients_with_holds_never_get_more_than_there_is(served: Served) -> None:
    replies: list[Reply] = race(hold_and_book, served.port, wishes(200))
    won = Counter(reply.status for reply in replies)
    assert set(won) <= {201, 409}
    assert 1 <= won[201] <= PLACES
    assert audit(served.world)[CELL] == won[201]
    assert len(bookings(served.world)) == won[201]


def test_one_person_in_two_hundred_places_at_once_gets_one_booking(served: Served) -> None:
    replies: list[Reply] = race(send, served.port, [Request("/bookings", direct(), {})] * 100)
    assert Counter(reply.status for reply in replies) == {201: 1, 409: 99}
    assert {r.body["error_code"] for r in replies if r.status == 409} <= {
        "already_booked",
        "slot_full",
    }
    audit(served.world)


def ring(world: World, count: int) -> tuple[list[str], list[Request]]:
    """`count` full starts of one place each, and a move of every booking to the next one's place."""
    change(world, 4, resources={"pick-up-window": 1}, walk_in={})
    days = ["24", "25", "26", "27"]
    times = [f"{9 + q // 4:02d}:{15 * (q % 4):02d}" for q in range(36) if q // 4 != 4]
    starts = [f"2026-11-{day}T{time}:00+05:00" for day in days for time in times][:count]
    made = [book(world, number=number, start=start) for number, start in enumerate(starts)]
    moves = [
        Request(
            f"/bookings/{one['reference']}/move",
            {"start": starts[(number + 1) % count]},
            {"Authorization": f"Bearer {one['manage_token']}"},
        )
        for number, one in enumerate(made)
    ]
    return starts, moves


@pytest.mark.parametrize("cool_off_s", ["0", "1800"])
@pytest.mark.parametrize("count", [2, 100])
def test_moves_in_a_ring_at_the_same_moment_leave_nobody_with_two_or_none(
    store_url: str, count: int, cool_off_s: str
) -> None:
    with serving(store_url, KEZEK_COOL_OFF_MAX_S=cool_off_s) as served:
        world = served.world
        world.centre()
        starts, moves = ring(world, count)
        replies: list[Reply] = race(send, served.port, moves, processes=2)
        assert {reply.status for reply in replies} <= {200, 409}
        audit(world)
        after = [booking["start"] for booking in bookings(world).values()]
        assert len(after) == count
        assert len(set(after)) == count, "two visits in one place"
        assert set(after) <= set(starts)


def test_moves_into_one_empty_place_are_one_move(served: Served) -> None:
    world = served.world
    _, moves = ring(world, 50)
    empty = {"start": "2026-11-30T09:00:00+05:00"}
    replies: list[Reply] = race(send, served.port, [move._replace(body=empty) for move in moves])
    assert Counter(reply.status for reply in replies) == {200: 1, 409: 49}
    audit(world)


def test_a_chunked_body_is_read_and_bounded(served: Served) -> None:
    """Only a real server hands over a body without a length."""
    import http.client
    import json

    def post(parts: list[bytes]) -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
        connection.request("POST", "/booking/bookings", iter(parts), headers, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read()).get("error_code", "")

    whole = json.dumps(direct()).encode()
    assert post([whole[:20], whole[20:]]) == (201, "")
    assert post([whole, b" " * 70_000])[1] == "body_too_large"
    assert post([b"{", b"\xff"])[1] == "invalid_encoding"
