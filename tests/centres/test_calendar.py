"""National holidays, in three languages, with moved working days."""

from __future__ import annotations

import re
from datetime import date

from services.centres.calendar import NationalCalendar

CALENDAR = NationalCalendar()


def days(first: str, last: str) -> dict[str, dict[str, object]]:
    found = CALENDAR.between(date.fromisoformat(first), date.fromisoformat(last))
    return {str(day["date"]): dict(day) for day in found}


def test_independence_day_has_a_name_in_each_language() -> None:
    day = days("2026-12-16", "2026-12-16")["2026-12-16"]
    names = {"kk": "Тәуелсіздік күні", "ru": "День Независимости", "en": "Independence Day"}
    assert day == {"date": "2026-12-16", "names": names, "like": None}


def test_days_are_in_order_and_within_the_range() -> None:
    found = list(days("2026-11-23", "2027-12-31"))
    assert found == sorted(found)
    assert found[0] == "2026-12-16"
    assert found[-1] == "2027-12-16"


def test_a_moved_working_day_is_like_the_day_it_was_exchanged_for() -> None:
    # By decree, Sunday 5 January 2025 was worked for Friday 3 January.
    found = days("2025-01-01", "2025-01-31")
    assert found["2025-01-05"]["like"] == "fri"
    assert found["2025-01-03"]["like"] is None
    # 28 December 2013 was worked for 3 January 2014: across the turn of the year.
    assert days("2013-12-20", "2013-12-31")["2013-12-28"]["like"] == "fri"


def test_every_russian_name_is_russian() -> None:
    kazakh = re.compile(r"[әғқңөұүһі]", re.IGNORECASE)
    for day in CALENDAR.between(date(2019, 1, 1), date(2029, 12, 31)):
        assert not kazakh.search(day["names"]["ru"]), day
        assert all(day["names"].values())
