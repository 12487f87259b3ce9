"""The grammar of opening hours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.centres.domain import hours
from services.centres.domain.hours import ORDINARY, WEEKDAYS


def test_an_empty_text_is_the_ordinary_hours() -> None:
    assert hours.parse("") == hours.parse("  ") == ORDINARY
    assert hours.parse("mon-fri 09:00-18:00") == ORDINARY


def test_lists_of_days_several_breaks_and_the_end_of_the_day() -> None:
    parsed = hours.parse("Mon,Wed-Thu,Sun 00:00-24:00 break 01:00-02:00 break 03:00-04:30;")
    assert parsed == [
        {"days": ["mon", "wed", "thu", "sun"], "from": "00:00", "to": "24:00",
         "breaks": [{"from": "01:00", "to": "02:00"}, {"from": "03:00", "to": "04:30"}]},
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    ["Mon", "09:00-18:00", "Mon 9:00-18:00", "Mon 09:00", "Xyz 09:00-18:00", "Mon- 09:00-18:00",
     "Mon 09:00-18:00 break", "Mon 09:00-18:00 13:00-14:00", "Mon 09:00-18:00;;Sat 09:00-13:00",
     "Mon 24:30-25:00", "Mon 09:00-18:00, Sat 09:00-13:00", "Пн 09:00-18:00", ";"],
)  # fmt: skip
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="Not opening hours"):
        hours.parse(text)


def at(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@st.composite
def a_rule(draw: st.DrawFn) -> dict[str, object]:
    bounds = sorted(draw(st.lists(st.integers(0, 1440), min_size=2, max_size=6, unique=True)))
    bounds = bounds[: len(bounds) // 2 * 2]
    pauses = [
        {"from": at(a), "to": at(b)} for a, b in zip(bounds[1:-1:2], bounds[2:-1:2], strict=True)
    ]
    days = draw(st.lists(st.sampled_from(WEEKDAYS), min_size=1, unique=True))
    return {"days": days, "from": at(bounds[0]), "to": at(bounds[-1]), "breaks": pauses}


@given(st.lists(a_rule(), min_size=1, max_size=3))
def test_what_is_written_is_read_back(rules: list[dict[str, object]]) -> None:
    assert hours.parse(hours.written(rules)) == rules


@given(a_rule())
def test_one_rule_with_breaks_in_order_is_well_formed(rule: dict[str, object]) -> None:
    assert list(hours.check_hours([rule])) == []
    again = list(hours.check_hours([rule, rule]))
    assert [problem.text for problem in again] == [hours.RULE_OVERLAP]
