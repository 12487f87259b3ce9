"""Registering centres, and what a valid one is."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from services.centres.domain.hours import ORDINARY
from tests.centres.helpers import Centres, centre


def test_a_registered_centre_is_answered_with_its_defaults(api: Centres) -> None:
    answer = api.post("", centre())
    assert answer.status_code == 201
    assert answer.headers["Location"] == "/centres/almaty-spec-6"
    assert answer.headers["ETag"] == '"1"'
    assert answer.json == {
        **centre(), "status": "planned", "version": 1, "pending": [], "time_zone": "Asia/Almaty",
        "hours": ORDINARY, "exceptions": [], "observes_holidays": True, "walk_in": {},
        "planned_opening": None,
    }  # fmt: skip
    assert api.get("/almaty-spec-6").json == answer.json


def test_what_was_answered_can_be_posted_again_under_another_id(api: Centres) -> None:
    full = centre(
        walk_in={"counter": 1, "inspection-bay": 0}, planned_opening="2027-12-01",
        exceptions=[{"date": "2027-12-16", "closed": True},
                    {"date": "2027-12-19", "closed": False, "from": "09:00", "to": "13:00"}],
    )  # fmt: skip
    first = api.post("", full).json
    assert first["walk_in"] == {"counter": 1}
    second = api.post("", {**first, "id": "another"}).json
    assert second == {**first, "id": "another"}


def test_an_id_is_made_from_the_english_name(api: Centres) -> None:
    names = {"kk": "Қ", "ru": "Р", "en": "Spéc. PSC №6, Almaty"}
    assert api.register(id=None, names=names)["id"] == "spec-psc-no6-almaty"
    assert api.register(id=None, names=names)["id"] == "spec-psc-no6-almaty-2"
    assert api.register(id=None, names={**names, "en": "ХҚО"})["id"].startswith("centre")
    assert api.register(id=None, names={**names, "en": "import"})["id"] == "import-2"


def test_a_decided_centre_is_for_ops_alone(api: Centres) -> None:
    api.register(status="decided")
    assert api.get("/almaty-spec-6").json["status"] == "decided"
    assert api.get("/almaty-spec-6", token=None).status_code == 404
    assert api.get("?status=decided", token=None).json["items"] == []
    assert len(api.get("?status=decided").json["items"]) == 1


def _with(path: str, value: Any) -> dict[str, Any]:
    document = copy.deepcopy(centre())
    inner: Any = document
    *way, last = path.split(".")
    for name in way:
        inner = inner[name]
    inner[last] = value
    return document


RULE = {"days": ["mon"], "from": "09:00", "to": "18:00"}
WRONG = [
    ("id", "x", "id"), ("id", "Almaty", "id"), ("id", "a" * 41, "id"), ("id", "almaty\n", "id"),
    ("id", "import", "id"), ("id", "health", "id"), ("id", "clock", "id"), ("id", "metrics", "id"),
    ("id", "desk-tokens", "id"), ("id", None, "id"),
    ("kind", "huge", "kind"), ("kind", [], "kind"),
    ("status", "open", "status"), ("status", "closed", "status"), ("status", "x", "status"),
    ("names.kk", "", "names.kk"), ("names.ru", "x" * 301, "names.ru"), ("names", {}, "names.kk"),
    ("names.en", "a\u0000b", "names.en"), ("addresses", "Almaty", "addresses"),
    ("addresses.de", "x", "addresses.de"),
    ("region", "atlantis", "region"), ("location.lat", 91, "location.lat"),
    ("location", None, "location"), ("location.lon", "east", "location.lon"),
    ("time_zone", "Asia/Nowhere", "time_zone"), ("time_zone", "../etc/passwd", "time_zone"),
    ("time_zone", "Asia", "time_zone"),
    ("resources", {"counter": -1, "inspection-bay": 1, "pick-up-window": 1}, "resources.counter"),
    ("resources.counter", 1001, "resources.counter"), ("resources.counter", "6", "resources.counter"),
    ("resources.counter", True, "resources.counter"), ("resources.counter", 1.5, "resources.counter"),
    ("resources.teapot", 1, "resources"), ("walk_in", {"counter": 7}, "walk_in"),
    ("walk_in", {"exam-seat": 1}, "walk_in"),
    ("services", ["teapot"], "services"), ("services", ["id-card"], "services"),
    ("services", ["dl-theory"], "services"), ("services", ["plates", "plates"], "services"),
    ("services", "plates", "services"), ("planned_opening", "soon", "planned_opening"),
    ("planned_opening", "2027-02-30", "planned_opening"), ("observes_holidays", "no", "observes_holidays"),
    ("hours", [{**RULE, "to": "09:00"}], "hours.0.to"), ("hours", [{**RULE, "to": "25:00"}], "hours.0.to"),
    ("hours", [{**RULE, "from": "9:00"}], "hours.0.from"), ("hours", [{**RULE, "days": []}], "hours.0.days"),
    ("hours", [{**RULE, "days": ["mon", "mon"]}], "hours.0.days"),
    ("hours", [{**RULE, "days": ["monday"]}], "hours.0.days.0"), ("hours", [RULE, RULE], "hours.1"),
    ("hours", [{**RULE, "breaks": [{"from": "08:00", "to": "10:00"}]}], "hours.0.breaks.0"),
    ("hours", [{**RULE, "breaks": [{"from": "14:00", "to": "13:00"}]}], "hours.0.breaks.0.to"),
    ("hours", [{**RULE, "breaks": [{"from": "13:00", "to": "14:00"}, {"from": "13:30", "to": "15:00"}]}],
     "hours.0.breaks.1"),
    ("exceptions", [{"date": "2027-01-05"}], "exceptions.0"),
    ("exceptions", [{"date": "2027-01-05", "closed": True, "from": "09:00"}], "exceptions.0"),
    ("exceptions", [{"date": "2027-01-05", "from": "09:00"}], "exceptions.0"),
    ("exceptions", [{"date": "2027-01-05", "closed": True}] * 2, "exceptions.1.date"),
    ("exceptions", [{"date": "2027-01-05", "from": "13:00", "to": "09:00"}], "exceptions.0.to"),
    ("teapot", 1, "teapot"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "value", "field"), WRONG)
def test_a_wrong_field_is_refused_by_its_path(
    api: Centres, path: str, value: Any, field: str
) -> None:
    before = api.state()
    answer = api.post("", _with(path, value))
    assert answer.status_code == 422, answer.json
    assert answer.json["error_code"] == "validation_failed"
    assert field in answer.json["errors"], answer.json
    assert api.state() == before


@pytest.mark.parametrize(
    "name", ["kind", "names", "addresses", "region", "location", "resources", "services"]
)
def test_a_missing_field_is_refused(api: Centres, name: str) -> None:
    answer = api.post("", centre(**{name: None}))
    assert (answer.status_code, list(answer.json["errors"])) == (422, [name])


def test_hours_may_be_split_and_end_at_midnight(api: Centres) -> None:
    split = [
        {**RULE, "to": "13:00", "breaks": []},
        {**RULE, "from": "14:00", "to": "24:00", "breaks": []},
    ]
    assert api.register(hours=split)["hours"] == split


def test_server_fields_are_ignored_when_sent(api: Centres) -> None:
    assert api.register(version=77, pending=[{"action": "open"}])["version"] == 1


def test_a_dry_run_answers_and_changes_nothing(api: Centres) -> None:
    before = api.state()
    headers = {"Idempotency-Key": "k" * 16}
    for _ in range(2):
        answer = api.post("?dry_run=true", centre(), headers=headers)
        assert (answer.status_code, answer.json["version"]) == (200, 1)
        assert "Idempotency-Replayed" not in answer.headers
    assert api.state() == before
