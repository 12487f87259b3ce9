"""The import: validated whole, every error by row and column, all or nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.centres.domain import table
from services.centres.domain.hours import ORDINARY
from tests.centres.helpers import Centres, at_once

GOOD = {
    "id": "new-one", "kind": "specialised", "status": "planned", "name_kk": "Қ", "name_ru": "Р",
    "name_en": "E", "address_kk": "қ", "address_ru": "р", "address_en": "e", "region": "astana",
    "lat": "51.1", "lon": "71.4", "hours": "Mon-Fri 09:00-18:00 break 13:00-14:00; Sat 09:00-13:00",
    "resources": "counter:6/1 inspection-bay:2 pick-up-window:1 exam-seat:1", "services": "",
}  # fmt: skip


def sheet(*rows: dict[str, str], columns: tuple[str, ...] = table.COLUMNS) -> str:
    lines = [",".join(columns)]
    lines += [",".join(f'"{row[c]}"' for c in columns) for row in rows]
    return "\r\n".join(lines) + "\r\n"


def load(api: Centres, text: str | bytes, query: str = "", **kwargs: Any) -> Any:
    data = text.encode() if isinstance(text, str) else text
    return api.call("POST", f"/import{query}", data=data, content_type="text/csv", **kwargs)


def errors(api: Centres, text: str) -> list[tuple[int, str]]:
    """Rows and columns of a refused import, which changed nothing."""
    before = api.state()
    answer = load(api, text)
    assert (answer.status_code, answer.json["error_code"]) == (422, "validation_failed"), (
        answer.json
    )
    assert api.state() == before
    assert all(row["message"] for row in answer.json["rows"])
    return [(row["row"], row["column"]) for row in answer.json["rows"]]


def test_a_row_becomes_a_centre(api: Centres) -> None:
    assert load(api, sheet(GOOD)).json == {"added": 1, "changed": 0, "unchanged": 0}
    centre = api.get("/new-one").json
    assert centre["names"] == {"kk": "Қ", "ru": "Р", "en": "E"}
    assert centre["location"] == {"lat": 51.1, "lon": 71.4}
    assert (centre["resources"]["counter"], centre["walk_in"]) == (6, {"counter": 1})
    assert centre["services"] == ["veh-rereg", "plates", "dl-theory"]
    assert centre["hours"] == [
        {"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "18:00",
         "breaks": [{"from": "13:00", "to": "14:00"}]},
        {"days": ["sat"], "from": "09:00", "to": "13:00", "breaks": []},
    ]  # fmt: skip


def test_columns_may_come_in_any_order_with_a_mark_and_blank_lines(api: Centres) -> None:
    text = "\ufeff" + sheet(GOOD, columns=tuple(reversed(table.COLUMNS))) + "\r\n,,,,,,,,,,,,,,\r\n"
    assert load(api, text).json == {"added": 1, "changed": 0, "unchanged": 0}


def test_the_same_again_changes_nothing(api: Centres) -> None:
    load(api, sheet(GOOD))
    before = api.state()
    assert load(api, sheet(GOOD)).json == {"added": 0, "changed": 0, "unchanged": 1}
    assert api.state() == before


def test_a_known_centre_keeps_what_the_table_does_not_say(api: Centres) -> None:
    load(api, sheet(GOOD))
    own = {"planned_opening": "2027-01-01", "observes_holidays": False,
           "exceptions": [{"date": "2027-01-05", "closed": True}]}  # fmt: skip
    api.patch("/new-one", own, 1)
    row = {**GOOD, "name_en": "New", "hours": "", "services": "plates|dl-theory",
           "resources": "counter:2 pick-up-window:1 exam-seat:1"}  # fmt: skip
    assert load(api, sheet(row)).json == {"added": 0, "changed": 1, "unchanged": 0}
    centre = api.get("/new-one").json
    assert {name: centre[name] for name in own} == own
    assert (centre["names"]["en"], centre["hours"]) == ("New", ORDINARY)
    assert (centre["services"], centre["walk_in"]) == (["plates", "dl-theory"], {"counter": 1})


@pytest.mark.parametrize(
    ("status", "event"),
    [("decided", "registered"), ("planned", "registered"), ("open", "opened"),
     ("suspended", "suspended"), ("closed", "closed")],
)  # fmt: skip
def test_every_status_can_be_added(api: Centres, status: str, event: str) -> None:
    load(api, sheet({**GOOD, "status": status}))
    assert api.get("/new-one").json["status"] == status
    assert [e.type.name for e in api.events()] == [f"centre.{event}"]


@pytest.mark.parametrize(
    ("way", "event"),
    [(["planned", "open"], "opened"), (["open", "suspended"], "suspended"),
     (["suspended", "open"], "resumed"), (["open", "closed"], "closed"),
     (["decided", "planned"], "changed"), (["decided", "open"], "opened")],
)  # fmt: skip
def test_another_status_is_the_step_to_it(api: Centres, way: list[str], event: str) -> None:
    for status in way:
        load(api, sheet({**GOOD, "status": status, "name_en": status}))
    centre = api.get("/new-one").json
    assert (centre["status"], centre["names"]["en"], centre["version"]) == (way[1], way[1], 2)
    told = api.events()[-1]
    assert (told.type.name, told.data["changed"]) == (f"centre.{event}", ["names", "status"])


@pytest.mark.parametrize(
    "way",
    [["open", "planned"], ["closed", "open"], ["planned", "suspended"], ["planned", "decided"]],
)
def test_a_status_no_step_leads_to(api: Centres, way: list[str]) -> None:
    load(api, sheet({**GOOD, "status": way[0]}))
    assert errors(api, sheet({**GOOD, "status": way[1]})) == [(2, "status")]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", ""), ("id", "UP"), ("id", "import"), ("kind", ""), ("kind", "huge"), ("status", ""),
        ("status", "haunted"), ("name_kk", ""), ("name_ru", "x" * 301), ("address_en", ""),
        ("region", ""), ("region", "atlantis"), ("lat", ""), ("lat", "north"), ("lat", "91"),
        ("lat", "nan"), ("lon", "inf"), ("hours", "always"), ("hours", "Mon 18:00-09:00"),
        ("hours", "Mon 09:00-18:00 lunch 13:00-14:00"), ("hours", "Fri-Mon 09:00-18:00"),
        ("hours", "Mon 09:00-18:00; Mon 10:00-11:00"), ("hours", "Mon"), ("hours", ";"),
        ("resources", "counter"), ("resources", "counter:x"), ("resources", "teapot:1"),
        ("resources", "counter:1 counter:2"), ("resources", "counter:1/2"),
        ("resources", "counter:1001"), ("services", "teapot"), ("services", "id-card"),
        ("services", "plates plates"),
    ],
)  # fmt: skip
def test_a_wrong_cell_is_told_by_row_and_column(api: Centres, column: str, value: str) -> None:
    found = errors(api, sheet(GOOD | {"id": "first"}, GOOD | {column: value}))
    # Without its resources a centre cannot offer its services either: that may be told too.
    assert (3, column) in found
    assert set(found) <= {
        (3, column),
        (3, "services" if column in ("resources", "kind") else column),
    }


def test_every_error_is_told_at_once(api: Centres) -> None:
    found = errors(
        api,
        sheet(
            GOOD | {"lat": "x", "name_kk": "", "hours": "y"},
            GOOD,
            GOOD | {"id": "third", "region": "atlantis", "services": "teapot"},
            GOOD | {"id": "third"},
        ),
    )
    assert found == [
        (2, "name_kk"), (2, "lat"), (2, "hours"), (3, "id"), (4, "region"), (4, "services"), (5, "id"),
    ]  # fmt: skip


def test_wrong_headers_are_errors_of_row_1(api: Centres) -> None:
    columns = tuple(c for c in table.COLUMNS if c != "lat")
    text = sheet(GOOD, columns=columns).replace("hours", "hours,id,teapot", 1)
    assert errors(api, text) == [(1, "teapot"), (1, "id"), (1, "lat")]
    assert errors(api, "") == [(1, column) for column in table.COLUMNS]


def test_rows_with_other_counts_of_cells(api: Centres) -> None:
    assert errors(api, sheet(GOOD) + "a,b\r\n") == [(3, "")]


def test_an_open_quote_is_an_error_of_its_row(api: Centres) -> None:
    assert errors(api, sheet(GOOD) + '"never closed') == [(3, "")]


def test_a_header_alone_adds_nothing(api: Centres) -> None:
    assert load(api, sheet()).json == {"added": 0, "changed": 0, "unchanged": 0}


def test_too_many_rows(api: Centres) -> None:
    rows = sheet() + "\n".join(["a" + "," * 14] * (table.MOST_ROWS + 1))
    assert errors(api, rows) == [(table.MOST_ROWS + 2, "")]


def test_messages_are_in_the_asked_language(api: Centres) -> None:
    text = sheet(GOOD | {"resources": "counter:1", "services": "plates"})
    told = {
        language: load(api, text, f"?lang={language}").json["rows"][0]["message"]
        for language in ("kk", "ru", "en")
    }
    assert told["en"] == "The centre lacks a resource of service plates: pick-up-window."
    assert all("plates" in message for message in told.values())


def test_a_dry_run_answers_and_changes_nothing(api: Centres) -> None:
    before = api.state()
    answer = load(api, sheet(GOOD), "?dry_run=true")
    assert (answer.status_code, answer.json["added"]) == (200, 1)
    assert api.state() == before


def test_two_imports_at_once_are_one_after_the_other(api: Centres) -> None:
    rows = [GOOD | {"id": f"centre-{n}"} for n in range(20)]
    answers = at_once(*[lambda: load(api, sheet(*rows)) for _ in range(2)])
    assert sorted((a.json["added"], a.json["unchanged"]) for a in answers) == [(0, 20), (20, 0)]
    assert len(api.events()) == 20


@given(st.text(max_size=300))
def test_no_text_is_more_than_wrong(text: str) -> None:
    rows, wrong = table.read(text)
    assert rows or wrong or not text.strip()


def test_cells_are_written_as_they_are_read() -> None:
    rows, _ = table.read(sheet(GOOD))
    document = rows[0].document
    assert table.cell_of(document["resources"], document["walk_in"]) == GOOD["resources"]
