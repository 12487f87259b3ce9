"""What holds on a day, and when visits may start."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.domain.availability import free_starts
from services.booking.domain.centre import Centre, DayPlan, Service, read_centre
from services.booking.domain.grid import BYTES, CELLS, clock_label, minute_of, run_of
from tests.booking.conftest import centre_document

TUESDAY, HOLIDAY, DUTY = date(2026, 11, 24), date(2026, 12, 16), date(2026, 12, 19)
MORNING, AFTERNOON = (540, 780), (840, 1080)


def centre(**changes: Any) -> Centre:
    return read_centre(centre_document(**changes))


def service(minutes: int = 15, every: int | None = None, *resources: str) -> Service:
    return Service("x", {}, minutes, every or minutes, resources or ("counter",), "none", None)


def plan(*intervals: tuple[int, int], **capacity: int) -> DayPlan:
    return DayPlan("open", intervals, capacity or {"counter": 3}, {}, frozenset({"x"}), {}, None)


def test_a_break_parts_the_day_in_two() -> None:
    assert centre().plan(TUESDAY).intervals == (MORNING, AFTERNOON)


def test_breaks_at_the_edges_overlapping_and_outside_leave_what_is_open() -> None:
    def opened(*breaks: tuple[str, str]) -> tuple[tuple[int, int], ...]:
        rule = {"days": ["tue"], "from": "09:00", "to": "12:00",
                "breaks": [{"from": b, "to": e} for b, e in breaks]}  # fmt: skip
        return centre(period={"hours": [rule]}).plan(TUESDAY).intervals

    assert opened(("09:00", "10:00")) == ((600, 720),)
    assert opened(("11:00", "12:00")) == ((540, 660),)
    assert opened(("10:30", "11:00"), ("10:00", "10:45")) == ((540, 600), (660, 720))
    assert opened(("09:00", "12:00")) == ()


def test_a_holiday_closes_and_only_where_it_is_observed() -> None:
    assert centre().plan(HOLIDAY).intervals == ()
    assert centre(period={"observes_holidays": False}).plan(HOLIDAY).intervals == (
        MORNING,
        AFTERNOON,
    )


def test_an_exception_comes_before_the_holiday_and_the_holiday_before_the_week() -> None:
    exception = {"date": "2026-12-16", "from": "10:00", "to": "11:00"}
    assert centre(period={"exceptions": [exception]}).plan(HOLIDAY).intervals == ((600, 660),)
    assert centre().plan(DUTY).intervals == ((540, 780),), "a Saturday of its own hours"
    closed = {"date": "2026-11-24", "closed": True}
    assert centre(period={"exceptions": [closed]}).plan(TUESDAY).intervals == ()


def test_a_moved_working_day_has_the_hours_of_the_day_it_is_like() -> None:
    names = {"kk": "", "ru": "", "en": ""}
    moved = {"date": "2026-11-28", "names": names, "like": "mon"}
    assert centre(holidays=[moved]).plan(date(2026, 11, 28)).intervals == (MORNING, AFTERNOON)
    as_sunday = {"date": "2026-11-24", "names": names, "like": "sun"}
    assert centre(holidays=[as_sunday]).plan(TUESDAY).intervals == ()


def test_a_period_holds_from_its_day_on() -> None:
    document = centre_document()
    first = document["periods"][0]
    later = {**first, "from": "2026-11-25", "resources": {"counter": 1}, "status": "suspended"}
    last = {**first, "from": "2026-12-01", "services": []}
    document["periods"] = [first, later, last]
    found = read_centre(document)
    assert found.plan(TUESDAY).capacity["counter"] == 6
    assert found.plan(date(2026, 11, 25)).status == "suspended"
    assert found.plan(date(2026, 11, 30)).capacity == {"counter": 1}
    assert found.plan(date(2026, 12, 1)).services == frozenset()
    assert found.plan(TUESDAY).why_not_bookable("plates") is None
    assert found.plan(date(2026, 11, 25)).why_not_bookable("plates") == "suspended"
    assert found.plan(date(2026, 12, 1)).why_not_bookable("plates") == "service_not_offered"


def test_any_day_may_be_asked_for_and_what_is_remembered_is_bounded() -> None:
    found = centre()
    for n in range(1000):
        found.plan(date(2000, 1, 1) + timedelta(days=n))
    assert len(found._plans) <= 201


def test_starts_begin_anew_at_each_open_interval() -> None:
    day = plan((545, 605), (700, 760))
    assert day.starts(service(30)) == (545, 575, 700, 730)


def test_the_last_start_leaves_time_for_the_whole_visit() -> None:
    day = plan((540, 600))
    assert day.starts(service(25)) == (540, 565)
    assert day.starts(service(60)) == (540,)
    assert day.starts(service(61)) == ()
    assert day.why_not_start(service(25), 580) == "outside_hours"


def test_start_every_is_rounded_up_to_the_grid() -> None:
    assert plan((540, 600)).starts(service(12)) == (540, 555, 570, 585)
    assert plan((540, 600)).starts(service(30, 20)) == (540, 560)


@given(
    st.lists(st.integers(0, 287), min_size=2, max_size=6, unique=True),
    st.integers(1, 120),
    st.integers(1, 60),
    st.integers(0, 1439),
)
def test_a_start_is_refused_exactly_where_it_is_none(
    edges: list[int], minutes: int, every: int, minute: int
) -> None:
    cells = sorted(edges[: len(edges) // 2 * 2])
    day = plan(*[(a * 5, b * 5) for a, b in zip(cells[::2], cells[1::2], strict=True)])
    wanted = service(minutes, every)
    why = day.why_not_start(wanted, minute)
    assert (why is None) == (minute in day.starts(wanted))
    inside = any(a <= minute and minute + minutes <= b for a, b in day.intervals)
    assert (why == "outside_hours") == (not inside)


def test_walk_in_places_are_for_desks_and_counts_stay_within_their_width() -> None:
    day = DayPlan(
        "open", (), {"counter": 3, "hall": 10**6}, {"counter": 1, "bay": 2}, frozenset(), {}, None
    )
    assert (day.limit("counter", with_walk_in=False), day.limit("counter", with_walk_in=True)) == (
        2,
        3,
    )
    assert day.limit("bay", with_walk_in=False) == 0
    assert day.limit("hall", with_walk_in=True) == 65535


@given(st.integers(0, 1439), st.integers(1, 240))
def test_the_cells_of_a_visit_cover_it_and_no_more(minute: int, minutes: int) -> None:
    first, count = run_of(minute, minutes)
    assert first * 5 <= minute
    assert minute < first * 5 + 5
    assert (first + count - 1) * 5 < minute + minutes <= (first + count) * 5


@given(st.integers(0, 1440))
def test_a_label_is_its_minute(minute: int) -> None:
    assert minute_of(clock_label(minute)) == minute


COUNTS = st.lists(st.integers(0, 4), min_size=CELLS, max_size=CELLS)


@given(
    COUNTS, COUNTS, st.sampled_from([5, 15, 20, 30, 50]), st.integers(0, 4), st.integers(0, BYTES)
)
def test_free_starts_agree_with_counting_one_by_one(
    counters: list[int], bays: list[int], minutes: int, capacity: int, cut: int
) -> None:
    day = plan(MORNING, AFTERNOON, counter=capacity, bay=3)
    wanted = service(minutes, None, "counter", "bay")
    packed = tuple(b"".join(n.to_bytes(2, "little") for n in counts)[: cut // 2 * 2]
                   for counts in (counters, bays))  # fmt: skip
    expected = {}
    for minute in day.starts(wanted):
        cells = range(minute // 5, -(-(minute + minutes) // 5))
        left = min(
            limit - (counts[cell] if cell < cut // 2 else 0)
            for counts, limit in ((counters, capacity), (bays, 3))
            for cell in cells
        )
        if left > 0:
            expected[f"{minute // 60:02d}:{minute % 60:02d}"] = left
    assert free_starts(day, wanted, packed) == expected


@pytest.mark.parametrize("status", ["decided", "planned", "suspended", "closed"])
def test_a_day_that_is_not_open_has_no_free_start(status: str) -> None:
    closed = DayPlan(status, (MORNING,), {"counter": 3}, {}, frozenset({"x"}), {}, None)
    assert free_starts(closed, service(), (None,)) == {}
