"""Effective documents, periods and folding: one truth, whichever way it is asked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from services.centres.domain import document as doc
from services.centres.domain.lifecycle import STATUS_AFTER
from tests.centres.helpers import centre

START = date(2026, 11, 23)
HORIZON = 30


def day(number: int) -> str:
    return (START + timedelta(number)).isoformat()


def stored(changes: list[dict[str, Any]] | None = None, **base: Any) -> doc.Stored:
    posted = {
        "status": "open", "hours": [], "exceptions": [], "observes_holidays": True,
        "walk_in": {}, "time_zone": "Asia/Almaty", "planned_opening": None,
    }  # fmt: skip
    found = doc.new("almaty-spec-6", {**centre(), **posted, **base})
    return {**found, "changes": changes or []}


PATCHES = st.one_of(
    st.sampled_from(["open", "suspended", "closed"]).map(lambda s: {"status": s}),
    st.integers(1, 9).map(lambda n: {"resources": {"counter": n}, "walk_in": {}}),
    st.sampled_from(["plates", "dl-theory"]).map(lambda c: {"services_add": [c]}),
    st.sampled_from(["plates", "veh-rereg"]).map(lambda c: {"services_remove": [c]}),
    st.just({"services": ["veh-rereg"]}),
    st.just({"addresses": {"kk": "a", "ru": "b", "en": "c"}}),
)


@st.composite
def a_change(draw: st.DrawFn) -> dict[str, Any]:
    start = draw(st.integers(0, HORIZON))
    length = draw(st.none() | st.integers(1, 10))
    change = {"action": "change", "from": day(start), "patch": draw(PATCHES)}
    return change if length is None else {**change, "until": day(start + length)}


CHANGES = st.lists(a_change(), max_size=8)


@given(CHANGES, st.integers(0, HORIZON))
def test_periods_and_effective_documents_agree_on_every_day(
    changes: list[dict[str, Any]], today: int
) -> None:
    kept = stored(changes)
    periods = doc.periods(kept, day(today))
    assert periods[0]["from"] is None
    for number in range(today, today + 2 * HORIZON):
        holding = [p for p in periods if p["from"] is None or p["from"] <= day(number)][-1]
        effective = doc.effective(kept, day(number))
        assert {n: holding[n] for n in doc.PERIOD_FIELDS} == {
            n: effective[n] for n in doc.PERIOD_FIELDS
        }


@given(CHANGES, st.integers(0, HORIZON), st.integers(0, HORIZON))
def test_folding_changes_no_day_from_today_on(
    changes: list[dict[str, Any]], first: int, later: int
) -> None:
    kept = stored(changes)
    folded = doc.folded(doc.folded(kept, day(first)), day(first + later))
    for number in range(first + later, 2 * HORIZON + later):
        assert doc.effective(folded, day(number)) == doc.effective(kept, day(number))
    assert doc.folded(folded, day(first + later)) == folded


@given(CHANGES)
def test_neither_changes_what_it_is_given(changes: list[dict[str, Any]]) -> None:
    kept = stored(changes)
    before = repr(kept)
    doc.folded(kept, day(10))
    doc.periods(kept, day(10))
    assert repr(kept) == before


def test_folding_leaves_nothing_once_all_is_over() -> None:
    changes = [
        {"action": "suspend", "from": day(1), "until": day(5), "patch": {"status": "suspended"}},
        {"action": "relocate", "from": day(2), "patch": {"resources": {"counter": 3}}},
    ]
    folded = doc.folded(stored(changes), day(5))
    assert folded["changes"] == []
    assert folded["base"]["status"] == "open"
    assert folded["base"]["resources"] == {"counter": 3}


def test_a_change_that_has_begun_is_folded_past_a_suspension_it_does_not_touch() -> None:
    changes = [
        {"action": "suspend", "from": day(1), "until": day(5), "patch": {"status": "suspended"}},
        {"action": "change", "from": day(2), "patch": {"hours": []}},
    ]
    folded = doc.folded(stored(changes), day(2))
    assert [change["action"] for change in folded["changes"]] == ["suspend"]


def test_a_merge_patch_follows_rfc_7396() -> None:
    # The examples of RFC 7396, appendix A, that are objects.
    for document, patch, result in (
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ):
        assert doc.merged(document, patch) == result


def test_every_status_after_a_step_is_a_status() -> None:
    assert set(STATUS_AFTER.values()) <= {"open", "suspended", "closed"}
