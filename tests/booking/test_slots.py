"""Searching: only what can be booked right now, and why a centre has nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.booking.conftest import World, direct
from tests.booking.refusing import HOLD, assert_refused, book, change, code_of

NEAR = "/slots?service=plates&near=43.24,76.89"


def one(world: World, query: str = "", centre: str = "almaty-spec-6") -> Any:
    answer = world.get(f"/slots?service=plates&centre={centre}{query}")
    assert answer.status_code == 200, answer.json
    (found,) = answer.json["centres"]
    return found


@pytest.mark.parametrize("status", ["planned", "suspended", "closed"])
def test_a_centre_that_is_not_bookable_answers_why(world: World, status: str) -> None:
    change(world, status=status)
    found = one(world)
    assert (found["days"], found["next_free"], found["reason"]) == ([], None, status)


def test_a_service_that_is_not_offered_is_the_reason(world: World) -> None:
    world.centre("almaty-2", period={"services": ["veh-rereg"]})
    assert one(world, centre="almaty-2")["reason"] == "service_not_offered"
    world.centre("almaty-3", definitions=[], period={"services": []})
    assert one(world, centre="almaty-3")["reason"] == "service_not_offered"


def test_what_is_unknown_or_decided_is_not_found(world: World, ops: dict[str, str]) -> None:
    world.centre("secret", period={"status": "decided"})
    where = "/slots?service=plates&"
    for query in (
        f"{where}centre=nowhere",
        f"{where}centre=secret",
        f"{where}region=atlantis",
        "/slots?service=wedding&centre=almaty-spec-6",
        "/slots?service=wedding&near=43,76",
    ):
        assert_refused(world, "GET", query, "not_found", extras=["errors"])
    assert one_as(world, ops, "secret")["reason"] == "decided"


def one_as(world: World, headers: dict[str, str], centre: str) -> Any:
    answer = world.get(f"/slots?service=plates&centre={centre}", headers)
    assert answer.status_code == 200, answer.json
    return answer.json["centres"][0]


def test_a_decided_centre_is_in_no_search_though_its_opening_is_set(world: World) -> None:
    document = world.document("secret")
    opens = {**document["periods"][0], "from": "2026-11-30"}
    document["periods"] = [document["periods"][0] | {"status": "decided"}, opens]
    world.deps.store.apply_centre(document)
    for query in (NEAR, "/slots?service=plates&region=almaty-city"):
        assert [c["id"] for c in world.get(query).json["centres"]] == ["almaty-spec-6"]


def test_with_no_centre_known_nothing_is_found_and_nothing_breaks(
    make_world: Callable[..., World],
) -> None:
    empty = make_world()
    for query in ("centre=x", "near=43,76", "region=almaty-city"):
        assert_refused(
            empty, "GET", f"/slots?service=plates&{query}", "not_found", extras=["errors"]
        )
    assert empty.get("/services").json == {"items": [], "next": None}
    assert code_of(empty.post("/bookings", direct())) == (422, "unknown_centre")


def test_a_centre_applied_by_another_process_is_found_at_once(world: World) -> None:
    worker = type(world.deps.store)(world.deps.client)
    world.get(NEAR)
    assert worker.apply_centre(world.document("almaty-2"))
    assert one(world, centre="almaty-2")["next_free"]
    wedding = world.document("almaty-3")
    wedding["definitions"][0]["code"] = "wedding"
    wedding["periods"][0]["services"] = ["wedding"]
    worker.apply_centre(wedding)
    assert len(world.get("/slots?service=wedding&near=43.24,76.89").json["centres"]) == 1


def test_a_look_that_comes_late_does_not_empty_the_network(world: World) -> None:
    network = world.deps.store.network
    world.centre("almaty-2")
    world.get(NEAR)
    centres = network.centres
    network.catch_up(network.sequence - 1)
    assert network.centres is centres


def test_a_store_that_came_back_with_less_is_read_from_the_beginning(world: World) -> None:
    world.centre("almaty-2")
    world.get(NEAR)
    world.deps.client.flushdb()
    world.centre("talgar")
    assert code_of(world.get("/slots?service=plates&centre=almaty-2"))[0] == 404
    assert one(world, centre="talgar")["id"] == "talgar"


def test_free_sums_the_times_and_days_without_any_are_left_out(world: World) -> None:
    change(world, resources={"pick-up-window": 1}, hours=[
        {"days": ["tue"], "from": "09:00", "to": "09:30"}, {"days": ["wed"], "from": "09:00", "to": "09:15"},
    ])  # fmt: skip
    book(world, start="2026-11-25T09:00:00+05:00")
    days = one(world)["days"]
    assert [(d["day"], d["free"], d["times"]) for d in days] == [
        ("2026-11-24", 2, {"09:00": 1, "09:15": 1}),
        ("2026-12-01", 2, {"09:00": 1, "09:15": 1}),
        ("2026-12-02", 1, {"09:00": 1}),
    ]
    assert all(d["offset"] == "+05:00" for d in days)


def test_every_start_shown_can_be_booked_and_none_before_the_lead_time(world: World) -> None:
    today = one(world, "&from=2026-11-23&to=2026-11-23")["days"][0]
    assert next(iter(today["times"])) == "10:45"
    assert (
        code_of(world.post("/holds", HOLD | {"start": "2026-11-23T10:30:00+05:00"}))[1]
        == "too_soon"
    )
    for number, time in enumerate(list(today["times"])[:3]):
        book(world, number=number, start=f"2026-11-23T{time}:00+05:00")


def test_next_free_looks_beyond_the_asked_days(world: World) -> None:
    found = one(world, "&from=2026-11-28&to=2026-11-29")
    assert (found["days"], found["next_free"], found["reason"]) == (
        [], "2026-11-23T10:45:00+05:00", None,
    )  # fmt: skip


def test_days_before_today_count_as_today_and_the_end_is_the_horizons(world: World) -> None:
    days = one(world, "&from=2000-01-01")["days"]
    assert (days[0]["day"], days[-1]["day"]) == ("2026-11-23", "2026-12-07")
    world.now("2026-11-23T08:59:50+05:00")
    assert one(world)["days"][-1]["day"] == "2026-12-04", "a weekend lies between"


def test_several_centres_are_sorted_by_distance_or_by_their_next_free_time(world: World) -> None:
    world.centre("far", period={"location": {"lat": 43.5, "lon": 77.0}})
    world.centre("late", period={"location": {"lat": 43.24, "lon": 76.89},
                                 "hours": [{"days": ["fri"], "from": "09:00", "to": "18:00"}]})  # fmt: skip
    world.centre("nowhere", period={"location": None})
    near = world.get(NEAR).json["centres"]
    assert [c["id"] for c in near] == ["late", "almaty-spec-6", "far"]
    assert near == sorted(near, key=lambda c: c["distance_km"])
    assert [c["id"] for c in world.get(f"{NEAR}&within_km=1&limit=1").json["centres"]] == ["late"]
    region = world.get("/slots?service=plates&region=almaty-city").json["centres"]
    assert [c["id"] for c in region][-1] == "late"
    assert region[0]["distance_km"] is None


def test_a_longer_horizon_is_searched_to_its_end(make_world: Callable[..., World]) -> None:
    world = make_world(horizon_days=40)
    document = world.document()
    opens = {**document["periods"][0], "from": "2026-12-21"}
    document["periods"] = [document["periods"][0] | {"status": "planned"}, opens]
    world.deps.store.apply_centre(document)
    (found,) = world.get(NEAR).json["centres"]
    assert found["next_free"] == "2026-12-21T09:00:00+05:00"
    assert found["reason"] is None


def test_names_are_in_the_asked_language_and_ops_are_told_all_three(
    world: World, ops: dict[str, str]
) -> None:
    names = world.document()["names"]
    for language in names:
        assert one(world, f"&lang={language}")["name"] == names[language]
    assert one_as(world, ops, "almaty-spec-6")["names"] == names
    assert "names" not in one(world)


def test_services_are_listed_page_by_page(world: World) -> None:
    first = world.get("/services?limit=1&lang=en").json
    assert first["items"][0] | {"name": "", "online_note": ""} == {
        "code": "plates", "name": "", "minutes": 15, "resources": ["pick-up-window"],
        "online": "partial", "online_note": "",
    }  # fmt: skip
    second = world.get(f"/services?limit=1&cursor={first['next']}").json
    assert [s["code"] for s in second["items"]] == ["veh-rereg"]
    assert second["next"] is None
