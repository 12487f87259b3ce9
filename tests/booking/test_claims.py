"""Persons: one active booking per service, a new one every ten days and kind of centre."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from services.booking.use_cases import housekeeping
from tests.booking.conftest import World, bearer, direct
from tests.booking.events import told
from tests.booking.refusing import book, code_of

LATER = "2026-11-25T09:00:00+05:00"
AFTERWARDS = "2026-11-24T09:20:00+05:00"


@pytest.fixture
def lenient(make_world: Callable[..., World]) -> World:
    """A world without the ten days, to see the claim alone."""
    made = make_world(new_booking_days=0)
    made.centre()
    return made


def test_another_service_is_another_claim(lenient: World) -> None:
    book(lenient)
    book(lenient, service="veh-rereg")


def test_another_person_is_another_claim(lenient: World) -> None:
    for number in range(3):
        book(lenient, number=number)


def test_a_cancelled_booking_frees_the_claim(lenient: World) -> None:
    made = book(lenient)
    lenient.post(f"/bookings/{made['reference']}/cancel", None, bearer(made["manage_token"]))
    book(lenient, start=LATER)


@pytest.mark.parametrize("steps", [["check-in", "serve"], ["no-show"]])
def test_a_visit_that_is_over_frees_the_claim(lenient: World, steps: list[str]) -> None:
    desk, made = lenient.desk(), book(lenient)
    lenient.now(AFTERWARDS)
    for step in steps:
        assert code_of(lenient.post("/bookings", direct(start=LATER)))[1] == "already_booked"
        answer = lenient.post(f"/bookings/{made['reference']}/{step}", None, desk)
        assert answer.status_code == 200
    book(lenient, start=LATER)


def test_an_undo_takes_the_claim_again(lenient: World) -> None:
    desk, made = lenient.desk(), book(lenient)
    lenient.now(AFTERWARDS)
    for step in ("no-show", "undo"):
        assert lenient.post(f"/bookings/{made['reference']}/{step}", None, desk).status_code == 200
    assert code_of(lenient.post("/bookings", direct(start=LATER)))[1] == "already_booked"


def test_an_undo_without_iin_needs_no_claim(lenient: World) -> None:
    desk = lenient.desk()
    made = book(lenient, person={"name": "Айгүл"}, headers=desk)
    lenient.now(AFTERWARDS)
    for step in ("no-show", "undo", "check-in", "undo"):
        assert lenient.post(f"/bookings/{made['reference']}/{step}", None, desk).status_code == 200


def test_visits_that_nobody_marked_are_settled_once_and_free_their_claims(lenient: World) -> None:
    desk = lenient.desk()
    missed, seen, done = (book(lenient, number=n) for n in range(3))
    lenient.now(AFTERWARDS)
    for made, steps in ((seen, ["check-in"]), (done, ["check-in", "serve"])):
        for step in steps:
            lenient.post(f"/bookings/{made['reference']}/{step}", None, desk)
    lenient.now("2026-11-25T00:00:01+05:00")
    deps = lenient.deps
    for _ in range(2):
        housekeeping.settle_days(store=deps.store, policy=deps.policy, retention_days=30)
    statuses = [
        lenient.get(f"/bookings/{made['reference']}", desk).json["status"]
        for made in (missed, seen, done)
    ]
    assert statuses == ["no_show", "served", "served"]
    assert len(told(lenient)) == 3 + 3 + 2
    for number in range(3):
        book(lenient, number=number, start="2026-11-26T09:00:00+05:00")


def test_a_cancelled_booking_counts_for_the_ten_days(world: World) -> None:
    made = book(world)
    world.post(f"/bookings/{made['reference']}/cancel", None, bearer(made["manage_token"]))
    answer = world.post("/bookings", direct(start=LATER))
    assert code_of(answer) == (409, "too_many_bookings")
    assert answer.json["allowed_from"].startswith("2026-12-03T10:00")


def test_the_ten_days_are_counted_per_kind_of_centre(world: World) -> None:
    general = {**world.document()["definitions"][1], "kind": "general", "code": "passport"}
    world.centre("psc-1", kind="general", definitions=[general], period={"services": ["passport"]})
    book(world)
    book(world, centre="psc-1", service="passport")
    again = direct(centre="psc-1", service="passport", number=0, start=LATER)
    assert code_of(world.post("/bookings", again))[1] == "already_booked"


def test_the_ten_days_are_no_rule_for_a_desk_and_its_bookings_do_not_count(world: World) -> None:
    desk = world.desk()
    book(world)
    book(world, service="veh-rereg", start=LATER, headers=desk)
    book(world, number=1, headers=desk)
    book(world, number=1, service="veh-rereg", start="2026-11-26T09:00:00+05:00")


def test_without_the_rule_there_is_no_mark(lenient: World) -> None:
    book(lenient)
    assert [key for key in lenient.state() if b":mark:" in key] == []


def test_no_key_or_event_holds_an_iin_a_name_or_a_phone_in_clear(world: World) -> None:
    wish = direct()
    book(world)
    for key, value in world.state().items():
        for secret in (wish["person"]["iin"], wish["person"]["name"], "77011234567", "1234567"):
            assert secret.encode() not in key + value
