"""The steps over HTTP: at once, on a day to come, and as the days pass."""

from __future__ import annotations

from typing import Any

import pytest

from tests.centres.helpers import Centres

ID = "/almaty-spec-6"
NAME = "almaty-spec-6"
PLACE = {
    "addresses": {"kk": "Жаңа", "ru": "Новый", "en": "New"},
    "location": {"lat": 43.3, "lon": 76.9},
}


def test_a_planned_centre_opens_on_its_day(api: Centres) -> None:
    api.register()
    opened = api.step(NAME, "open", from_=api.day(10))
    assert (opened["status"], opened["version"]) == ("planned", 2)
    assert opened["pending"] == [
        {"action": "open", "from": api.day(10), "until": None, "reason": "why"}
    ]
    api.advance(10)
    now = api.get(ID).json
    assert (now["status"], now["pending"], now["version"]) == ("open", [], 2)


def test_today_is_at_once(api: Centres) -> None:
    api.register()
    assert api.step(NAME, "open", from_=api.day())["status"] == "open"
    assert api.step(NAME, "suspend", from_=None)["status"] == "suspended"


def test_a_suspension_with_an_end_is_over_by_itself(api: Centres) -> None:
    api.opened()
    suspended = api.step(NAME, "suspend", until=api.day(3))
    assert (suspended["status"], suspended["pending"]) == ("suspended", [])
    api.advance(2)
    assert api.get(ID).json["status"] == "suspended"
    api.advance(1)
    assert api.get(ID).json["status"] == "open"


def test_a_relocation_brings_its_place_and_resources_on_its_day(api: Centres) -> None:
    before = api.opened(walk_in={"counter": 5, "inspection-bay": 1})
    resources = {"counter": 3, "inspection-bay": 1, "pick-up-window": 1}
    now = api.step(NAME, "relocate", from_=api.day(4), resources=resources, **PLACE)
    assert now["addresses"] == before["addresses"]
    api.advance(4)
    moved = api.get(ID).json
    assert {n: moved[n] for n in PLACE} == PLACE
    assert moved["resources"] == resources
    assert moved["walk_in"] == {"counter": 3, "inspection-bay": 1}


@pytest.mark.parametrize(
    ("action", "body", "field"),
    [
        ("open", {"from": -1}, "from"),
        ("suspend", {"from": 3, "until": 3}, "until"),
        ("suspend", {"until": 0}, "until"),
        ("relocate", {"from": -1, **PLACE}, "from"),
        ("relocate", {"from": 1, **PLACE, "resources": {"counter": 1}}, "services"),
        ("relocate", {"from": 1, **PLACE, "services": ["id-card"]}, "services"),
        ("relocate", {"from": 1, "location": PLACE["location"]}, "addresses"),
        ("relocate", PLACE, "from"),
        ("open", {"reason": ""}, "reason"),
        ("open", {"reason": None}, "reason"),
        ("open", {"until": 3}, "until"),
        ("close", {"from": "tomorrow"}, "from"),
        ("move-service", {"service": "plates", "to": NAME, "from": 0}, "to"),
        ("move-service", {"service": "plates", "to": "other-kind", "from": 0}, "to"),
        ("move-service", {"service": "plates", "to": "lacking", "from": 0}, "to"),
        ("move-service", {"service": "plates", "to": "other-kind", "from": -1}, "from"),
    ],
)
def test_a_wrong_field_of_a_step(
    api: Centres, action: str, body: dict[str, Any], field: str
) -> None:
    api.opened() if action != "open" else api.register()
    api.register(
        id="other-kind", kind="general", services=["id-card"], resources={"biometric-counter": 1}
    )
    api.register(id="lacking", services=[], resources={"counter": 1})
    sent: dict[str, Any] = {"reason": "why", **body}
    for name in ("from", "until"):
        if isinstance(sent.get(name), int):
            sent[name] = api.day(sent[name])
    before = api.state()
    answer = api.post(f"{ID}/{action}", sent)
    assert (answer.status_code, list(answer.json["errors"])) == (422, [field]), answer.json
    assert api.state() == before


def test_a_step_from_the_wrong_status_says_what_is_possible(api: Centres) -> None:
    api.opened()
    answer = api.post(f"{ID}/open", {"reason": "why"})
    assert (answer.status_code, answer.json["error_code"]) == (409, "wrong_state")
    assert answer.json["possible"] == ["suspend", "relocate", "move-service", "close"]
    api.step(NAME, "close")
    assert api.post(f"{ID}/resume", {"reason": "why"}).json["possible"] == []


def test_a_service_moves_between_two_centres_in_one_write(api: Centres) -> None:
    api.opened()
    api.opened(id="other-one", services=[])
    moved = api.step(NAME, "move-service", service="plates", to="other-one", from_=api.day(2))
    assert moved["services"] == ["veh-rereg", "plates"]
    assert [p["action"] for p in api.get("/other-one").json["pending"]] == ["move-service"]
    told = api.events()[-2:]
    assert [(e.type.name, e.data["centre"]["id"]) for e in told] == [
        ("centre.changed", NAME), ("centre.changed", "other-one"),
    ]  # fmt: skip
    api.advance(2)
    assert api.get(ID).json["services"] == ["veh-rereg"]
    assert api.get("/other-one").json["services"] == ["plates"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"to": "nowhere"}, 422, "unknown_centre"),
        ({"service": "teapot"}, 422, "unknown_service"),
        ({"service": "dl-theory"}, 422, "service_not_offered"),
        ({"to": "closed-one"}, 409, "wrong_state"),
    ],
)
def test_moves_of_a_service_that_cannot_be(
    api: Centres, body: dict[str, Any], status: int, code: str
) -> None:
    api.opened()
    api.opened(id="other-one")
    api.opened(id="closed-one")
    api.step("closed-one", "close")
    before = api.state()
    sent = {"reason": "r", "service": "plates", "to": "other-one", "from": api.day(), **body}
    answer = api.post(f"{ID}/move-service", sent)
    assert (answer.status_code, answer.json["error_code"]) == (status, code)
    assert api.state() == before


def test_a_planned_centre_gives_no_service_away_but_may_take_one(api: Centres) -> None:
    api.register(services=["plates"])
    api.opened(id="other-one", services=["plates", "veh-rereg"])
    sent = {"reason": "r", "service": "plates", "to": "other-one", "from": api.day()}
    assert api.post(f"{ID}/move-service", sent).json["possible"] == ["open", "close"]
    api.step("other-one", "move-service", service="veh-rereg", to=NAME, from_=api.day(1))
    api.advance(1)
    assert api.get(ID).json["services"] == ["plates", "veh-rereg"]
    assert api.step(NAME, "open", from_=api.day(3))["pending"][0]["action"] == "open"


@pytest.mark.parametrize("action", ["open", "close", "relocate", "move-service"])
def test_a_dry_run_answers_and_changes_nothing(api: Centres, action: str) -> None:
    api.register() if action == "open" else api.opened()
    api.opened(id="other-one")
    more = {
        "relocate": {"from": api.day(), **PLACE},
        "move-service": {"from": api.day(), "service": "plates", "to": "other-one"},
    }
    before = api.state()
    answer = api.post(f"{ID}/{action}?dry_run=true", {"reason": "why", **more.get(action, {})})
    assert answer.status_code == 200
    assert answer.json["version"] == (2 if action == "open" else 3)
    assert api.state() == before
    really = api.post(f"{ID}/{action}", {"reason": "why", **more.get(action, {})})
    assert really.json == answer.json


def test_a_step_honours_if_match_where_it_is_sent(api: Centres) -> None:
    api.register()
    headers = {"If-Match": '"7"'}
    assert api.post(f"{ID}/open", {"reason": "x"}, headers=headers).status_code == 412
