"""What is told: one valid event per change, with periods, versions, holidays and definitions."""

from __future__ import annotations

from typing import Any

import pytest

from services.centres.ports import By
from services.centres.use_cases.refresh import define_services, refresh
from tests.centres.helpers import DEFINITIONS, Centres

NAME = "almaty-spec-6"
PLACE = {"addresses": {"kk": "ж", "ru": "н", "en": "n"}, "location": {"lat": 43.3, "lon": 76.9}}


def last(api: Centres) -> dict[str, Any]:
    return dict(api.events()[-1].data["centre"])


def tell(api: Centres) -> list[str]:
    by = By("calendar", api.deps.idempotency.none())
    return refresh(store=api.deps.store, facts=api.deps.facts, by=by)


def test_each_step_is_told_by_its_own_event(api: Centres) -> None:
    api.register()
    for action in ("open", "suspend", "resume", "relocate", "close"):
        more = {"from_": api.day(), **PLACE} if action == "relocate" else {}
        api.step(NAME, action, **more)
    events = api.events()
    assert [e.type.name.removeprefix("centre.") for e in events] == [
        "registered", "opened", "suspended", "resumed", "relocated", "closed",
    ]  # fmt: skip
    assert [e.data["centre"]["version"] for e in events] == [1, 2, 3, 4, 5, 6]
    assert {(e.source, e.data["actor"]) for e in events} == {("/centres", "ops")}
    assert [e.data["reason"] for e in events] == [None] + ["why"] * 5
    assert events[4].data["changed"] == ["addresses", "location"]


def test_periods_tell_what_holds_when(api: Centres) -> None:
    api.register()
    api.step(NAME, "open", from_=api.day(3))
    api.step(NAME, "suspend", from_=api.day(5), until=api.day(8))
    api.step(NAME, "relocate", from_=api.day(6), **PLACE)
    centre = last(api)
    told = [(p["from"], p["status"], p["addresses"]["en"]) for p in centre["periods"]]
    assert told == [
        (None, "planned", "Almaty, Abay"), (api.day(3), "open", "Almaty, Abay"),
        (api.day(5), "suspended", "Almaty, Abay"), (api.day(6), "suspended", "n"),
        (api.day(8), "open", "n"),
    ]  # fmt: skip
    assert [(c["action"], c["until"]) for c in centre["changes"]] == [
        ("open", None), ("suspend", api.day(8)), ("relocate", None),
    ]  # fmt: skip
    api.advance(6)
    api.patch(f"/{NAME}", {"names": {"en": "x"}}, 4)
    assert [p["from"] for p in last(api)["periods"]] == [None, api.day(2)]


def test_the_region_path_and_definitions_travel_with_it(api: Centres) -> None:
    api.register(region="almaty-region-talgar")
    centre = last(api)
    assert centre["region_path"] == ["almaty-region-talgar", "almaty-region"]
    assert [d["code"] for d in centre["definitions"]] == ["veh-rereg", "plates"]


@pytest.mark.parametrize(
    ("patch", "grows"),
    [
        ({"names": {"en": "x"}}, False),
        ({"addresses": {"en": "x"}}, False),
        ({"location": {"lat": 43.0}}, False),
        ({"planned_opening": "2027-01-01"}, False),
        ({"region": "astana"}, False),
        ({"resources": {"counter": 9}}, True),
        ({"walk_in": {"counter": 1}}, True),
        ({"services": ["plates"]}, True),
        ({"hours": []}, True),
        ({"exceptions": [{"date": "2027-01-05", "closed": True}]}, True),
        ({"observes_holidays": False}, True),
        ({"time_zone": "Asia/Oral"}, True),
    ],
)
def test_the_schedule_version_grows_with_what_can_be_booked(
    api: Centres, patch: dict[str, Any], grows: bool
) -> None:
    api.register()
    api.patch(f"/{NAME}", patch, 1)
    centre = last(api)
    assert (centre["version"], centre["schedule_version"]) == (2, 2 if grows else 1)
    assert api.events()[-1].data["changed"] == list(patch)


def test_a_centre_decides_its_own_holidays(api: Centres) -> None:
    api.register()
    holidays = {h["date"] for h in last(api)["holidays"]}
    first = min(holidays)
    assert api.day() <= first
    assert max(holidays) >= api.day(270)  # 13 months, and nearly four between two holidays
    works = [{"date": first, "from": "09:00", "to": "13:00"}]
    api.patch(f"/{NAME}", {"exceptions": works}, 1)
    assert {h["date"] for h in last(api)["holidays"]} == holidays - {first}
    api.patch(f"/{NAME}", {"observes_holidays": False}, 2)
    assert last(api)["holidays"] == []


def test_the_callers_trace_goes_on(api: Centres) -> None:
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    api.post("", {**_posted(api)}, headers={"traceparent": trace})
    assert api.events()[-1].traceparent == trace


def _posted(api: Centres) -> dict[str, Any]:
    from tests.centres.helpers import centre

    return centre(id="traced-one")


def test_nothing_is_told_anew_while_nothing_is_new(api: Centres) -> None:
    api.opened()
    assert tell(api) == []
    api.advance(1)
    assert tell(api) == []


def test_holidays_that_come_into_sight_are_told(api: Centres) -> None:
    api.opened()
    before = last(api)
    api.advance(120)
    assert tell(api) == [NAME]
    event = api.events()[-1]
    assert (event.type.name, event.data["changed"], event.data["actor"]) == (
        "centre.changed", ["holidays"], "calendar",
    )  # fmt: skip
    centre = event.data["centre"]
    assert (centre["version"], centre["schedule_version"]) == (3, 3)
    assert max(h["date"] for h in centre["holidays"]) > max(h["date"] for h in before["holidays"])
    assert tell(api) == []


def test_a_changed_definition_is_told_to_those_who_offer_it(api: Centres) -> None:
    api.opened()
    api.register(id="without-it", services=["veh-rereg"])
    longer = [{**d, "minutes": 20} if d["code"] == "plates" else d for d in DEFINITIONS]
    assert define_services(longer, store=api.deps.store) == ["plates"]
    assert define_services(longer, store=api.deps.store) == []
    assert tell(api) == [NAME]
    told = {d["code"]: (d["version"], d["minutes"]) for d in last(api)["definitions"]}
    assert told == {"veh-rereg": (1, 30), "plates": (2, 20)}
    assert api.events()[-1].data["changed"] == ["definitions"]
    assert tell(api) == []


def test_a_definition_that_no_longer_fits_does_not_stand_in_the_way_of_a_suspension(
    api: Centres,
) -> None:
    api.opened()
    other = [{**d, "resources": ["exam-seat"]} if d["code"] == "plates" else d for d in DEFINITIONS]
    define_services(other, store=api.deps.store)
    assert api.step(NAME, "suspend")["status"] == "suspended"
    assert last(api)["definitions"][1]["resources"] == ["exam-seat"]
