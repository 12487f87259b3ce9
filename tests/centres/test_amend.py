"""Changing a centre by merge patch."""

from __future__ import annotations

from typing import Any

import pytest

from services.centres.domain.hours import ORDINARY
from tests.centres.helpers import Centres, at_once

ID = "/almaty-spec-6"


@pytest.fixture
def known(api: Centres) -> dict[str, Any]:
    return api.opened()


def test_a_patch_changes_what_it_names(api: Centres, known: dict[str, Any]) -> None:
    answer = api.patch(ID, {"names": {"en": "New name"}, "walk_in": {"counter": 2}}, 2)
    assert (answer.status_code, answer.headers["ETag"]) == (200, '"3"')
    names = {**known["names"], "en": "New name"}
    assert answer.json == {**known, "version": 3, "names": names, "walk_in": {"counter": 2}}


@pytest.mark.parametrize("media", ["application/merge-patch+json", "application/json"])
def test_both_media_types_will_do(api: Centres, known: dict[str, Any], media: str) -> None:
    answer = api.call(
        "PATCH", ID, data=b'{"names": {"kk": "x"}}', headers={"If-Match": '"2"', "Content-Type": media}
    )  # fmt: skip
    assert answer.json["names"]["kk"] == "x"


def test_null_resets_an_optional_field_and_removes_an_entry(
    api: Centres, known: dict[str, Any]
) -> None:
    sunday = [{"days": ["sun"], "from": "10:00", "to": "12:00"}]
    changed = api.patch(
        ID, {"hours": sunday, "planned_opening": "2027-01-01", "observes_holidays": False,
             "resources": {"exam-seat": 3}}, 2,
    ).json  # fmt: skip
    assert changed["resources"]["exam-seat"] == 3
    nulls = {"hours": None, "planned_opening": None, "observes_holidays": None,
             "resources": {"exam-seat": None}, "status": None, "version": 9, "pending": []}  # fmt: skip
    assert api.patch(ID, nulls, 3).json == {**known, "version": 4, "hours": ORDINARY}


@pytest.mark.parametrize("patch", [{}, {"names": {}}, {"status": "open"}, {"version": 5}])
def test_a_patch_without_effect_changes_nothing(
    api: Centres, known: dict[str, Any], patch: dict[str, Any]
) -> None:
    before = api.state()
    answer = api.patch(ID, patch, 2)
    assert (answer.status_code, answer.json, answer.headers["ETag"]) == (200, known, '"2"')
    assert api.state() == before


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"id": "other"}, "id"),
        ({"teapot": None}, "teapot"),
        ({"names": None}, "names"),
        ({"names": {"kk": None}}, "names.kk"),
        ({"names": {"de": "x"}}, "names.de"),
        ({"resources": {"counter": None}}, "services"),
        ({"resources": {"counter": "1"}}, "resources.counter"),
        ({"kind": "general"}, "services"),
        ({"kind": None}, "kind"),
        ({"walk_in": {"counter": 7}}, "walk_in"),
        ({"services": ["id-card"]}, "services"),
        ({"hours": [{"days": ["mon"]}]}, "hours.0.from"),
        ({"time_zone": "Mars/Base"}, "time_zone"),
        ({"region": "atlantis"}, "region"),
        ([], "_body"),
    ],
)
def test_a_wrong_patch_is_refused_by_its_path(
    api: Centres, known: dict[str, Any], patch: Any, field: str
) -> None:
    before = api.state()
    answer = api.patch(ID, patch, 2)
    assert answer.status_code == 422, answer.json
    assert field in answer.json["errors"], answer.json
    assert api.state() == before


@pytest.mark.parametrize("match", ['"2"', 'W/"2"', "*", '"1", "2"'])
def test_versions_that_match(api: Centres, known: dict[str, Any], match: str) -> None:
    assert api.patch(ID, {"names": {"kk": "x"}}, match).status_code == 200


@pytest.mark.parametrize("match", ['"1"', "2", "", '"x"', '"2'])
def test_versions_that_do_not(api: Centres, known: dict[str, Any], match: str) -> None:
    before = api.state()
    answer = api.patch(ID, {"names": {"kk": "x"}}, match)
    assert (answer.status_code, answer.json["error_code"]) == (412, "version_conflict")
    assert api.state() == before


def test_the_order_of_checks(api: Centres, known: dict[str, Any]) -> None:
    wrong, right = {"kind": "huge"}, {"kind": "general"}
    assert api.patch("/nowhere-at-all", wrong).status_code == 422
    assert api.patch("/nowhere-at-all", right).status_code == 428
    assert api.patch("/nowhere-at-all", right, 1).status_code == 404
    assert api.patch(ID, right, 1).status_code == 412


def test_only_decided_to_planned_is_a_change_of_status(api: Centres) -> None:
    api.register(status="decided")
    assert api.patch(ID, {"status": "planned"}, 1).json["status"] == "planned"
    answer = api.patch(ID, {"status": "open"}, 2)
    assert (answer.status_code, answer.json["error_code"]) == (409, "wrong_state")
    assert answer.json["possible"] == ["open", "close"]


def test_a_patch_must_leave_days_to_come_valid(api: Centres, known: dict[str, Any]) -> None:
    place = {"addresses": known["addresses"], "location": known["location"]}
    few = {"counter": 1, "inspection-bay": 1, "pick-up-window": 1}
    api.step("almaty-spec-6", "relocate", from_=api.day(5), resources=few, **place)
    answer = api.patch(ID, {"resources": {"exam-seat": 2}, "services": ["dl-theory"]}, 3)
    assert (answer.status_code, list(answer.json["errors"])) == (422, ["services"])
    assert api.day(5) in api.patch(
        ID, {"resources": {"exam-seat": 2}, "services": ["dl-theory"]}, 3,
        headers={"Accept-Language": "en"},
    ).json["errors"]["services"][0]  # fmt: skip


def test_a_service_that_moves_later_stays_moved_after_a_patch(
    api: Centres, known: dict[str, Any]
) -> None:
    api.opened(id="other-one")
    api.step("almaty-spec-6", "move-service", service="plates", to="other-one", from_=api.day(3))
    api.patch(ID, {"services": ["plates"]}, 3)
    api.advance(3)
    assert api.get(ID).json["services"] == []


def test_of_many_who_saw_the_same_version_one_changes_it(
    api: Centres, known: dict[str, Any]
) -> None:
    def change(number: int) -> int:
        return api.patch(ID, {"names": {"en": f"Name {number}"}}, 2).status_code

    answers = at_once(*[lambda n=n: change(n) for n in range(8)])
    assert sorted(answers) == [200] + [412] * 7
    assert api.get(ID).json["version"] == 3
    assert [e.data["centre"]["version"] for e in api.events()] == [1, 2, 3]


def test_a_dry_run_answers_and_changes_nothing(api: Centres, known: dict[str, Any]) -> None:
    before = api.state()
    answer = api.patch(f"{ID}?dry_run=true", {"names": {"kk": "x"}}, 2)
    assert (answer.status_code, answer.json["names"]["kk"]) == (200, "x")
    assert api.state() == before
