"""The state machine: what is possible from where, and on which day."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.centres.domain import document as doc
from services.centres.domain.lifecycle import POSSIBLE, STATUS_AFTER, Step, WrongState, take
from tests.centres.test_document import day, stored

ACTIONS = ("open", "suspend", "resume", "relocate", "move-service", "close")


def a_step(action: str, on: int = 0, **changes: Any) -> Step:
    return Step(action=action, day=day(on), reason="why", actor="ops", **changes)


def after(kept: doc.Stored, *steps: Step, today: int = 0) -> doc.Stored:
    for step in steps:
        kept = doc.folded(take(kept, step, day(today)), day(today))
    return kept


def status(kept: doc.Stored, on: int) -> str:
    return str(doc.effective(kept, day(on))["status"])


def upcoming(kept: doc.Stored, today: int = 0) -> list[tuple[str, str]]:
    return [(p["action"], p["from"]) for p in doc.pending(kept, day(today))]


@pytest.mark.parametrize("now", POSSIBLE)
@pytest.mark.parametrize("action", ACTIONS)
def test_each_step_from_each_status(now: str, action: str) -> None:
    kept = stored(status=now)
    if action in POSSIBLE[now]:
        taken = after(kept, a_step(action))
        assert status(taken, 0) == STATUS_AFTER.get(action, now)
        assert taken["changes"] == []
    else:
        with pytest.raises(WrongState) as refused:
            take(kept, a_step(action), day(0))
        assert refused.value.possible == POSSIBLE[now]


def test_a_day_to_come_leaves_the_status_as_it_is() -> None:
    kept = after(stored(status="planned"), a_step("open", 7))
    assert status(kept, 0) == "planned"
    assert status(kept, 6) == "planned"
    assert status(kept, 7) == "open"
    assert upcoming(kept) == [("open", day(7))]


def test_a_step_is_judged_by_the_status_of_its_day() -> None:
    kept = after(stored(status="planned"), a_step("open", 7))
    with pytest.raises(WrongState):
        take(kept, a_step("suspend", 6), day(0))
    kept = after(kept, a_step("suspend", 8, until=day(10)))
    assert [status(kept, n) for n in (7, 8, 9, 10)] == ["open", "suspended", "suspended", "open"]


@pytest.mark.parametrize("second", [3, 20])
def test_deciding_again_moves_the_day(second: int) -> None:
    kept = after(stored(status="planned"), a_step("open", 7), a_step("open", second))
    assert upcoming(kept) == [("open", day(second))]
    kept = after(stored(), a_step("close", 7), a_step("close", second))
    assert upcoming(kept) == [("close", day(second))]
    kept = after(stored(status="suspended"), a_step("resume", 7), a_step("resume", second))
    assert upcoming(kept) == [("resume", day(second))]


def test_opening_at_once_replaces_an_opening_to_come() -> None:
    kept = after(stored(status="planned"), a_step("open", 7), a_step("open"))
    assert upcoming(kept) == []
    assert status(kept, 0) == "open"


def test_resuming_ends_only_the_suspension_it_is_next_to() -> None:
    kept = after(
        stored(status="suspended"), a_step("resume", 5), a_step("suspend", 10), a_step("resume", 15)
    )
    kept = after(kept, a_step("resume"))
    assert upcoming(kept) == [("suspend", day(10)), ("resume", day(15))]


def test_closing_drops_what_was_to_come_from_its_day_on() -> None:
    kept = after(stored(), a_step("suspend", 3, until=day(5)), a_step("relocate", 9))
    kept = after(kept, a_step("close", 7))
    assert upcoming(kept) == [("suspend", day(3)), ("close", day(7))]
    assert upcoming(after(kept, a_step("close"))) == []


def test_a_suspension_that_would_end_after_the_closing_does_not_reopen() -> None:
    kept = after(stored(), a_step("suspend", 3, until=day(20)), a_step("close", 7))
    assert [status(kept, n) for n in (2, 3, 7, 20, 30)] == [
        "open", "suspended", "closed", "closed", "closed",
    ]  # fmt: skip


def test_resuming_early_holds_beyond_the_announced_end() -> None:
    kept = after(stored(), a_step("suspend", 0, until=day(20)), a_step("resume", 5))
    assert [status(kept, n) for n in (0, 4, 5, 20, 25)] == [
        "suspended", "suspended", "open", "open", "open",
    ]  # fmt: skip
    later = after(kept, a_step("resume", 8))
    assert [status(later, n) for n in (5, 7, 8, 20)] == ["suspended", "suspended", "open", "open"]


def test_an_opening_is_not_put_off_past_a_suspension() -> None:
    kept = after(stored(status="planned"), a_step("open", 7), a_step("suspend", 10))
    with pytest.raises(WrongState):
        take(kept, a_step("open", 12), day(0))
    assert upcoming(after(kept, a_step("open", 9)))[0] == ("open", day(9))


STEPS = st.lists(
    st.tuples(st.sampled_from(ACTIONS), st.integers(0, 20), st.none() | st.integers(1, 9)),
    max_size=12,
)


@given(STEPS, st.sampled_from(sorted(POSSIBLE)))
def test_whatever_is_decided_closed_stays_closed_and_undone_is_never_open(
    steps: list[tuple[str, int, int | None]], first: str
) -> None:
    kept = stored(status=first)
    for action, on, length in steps:
        until = day(on + length) if length and action == "suspend" else None
        try:
            kept = doc.folded(take(kept, a_step(action, on, until=until), day(0)), day(0))
        except WrongState:
            continue
    days = [status(kept, n) for n in range(40)]
    if "closed" in days:
        assert set(days[days.index("closed") :]) == {"closed"}
    opened = [n for n, s in enumerate(days) if s in ("open", "suspended")]
    if opened and first in ("decided", "planned"):
        assert first not in days[opened[0] :]
