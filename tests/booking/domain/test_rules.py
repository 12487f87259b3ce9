"""Policy and lifecycle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.booking.domain import lifecycle
from services.booking.domain.policy import Policy
from shared.contracts.bookings import EXAMPLE_BOOKING

POLICY = Policy()
START = datetime.fromisoformat(EXAMPLE_BOOKING["start"])
ZONE = START.tzinfo


def local(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+05:00")


def test_the_fourteenth_day_is_open_from_nine() -> None:
    start = local("2026-12-07T12:00:00")
    for time, why in (
        ("00:00:00", "beyond_horizon"),
        ("08:59:59", "beyond_horizon"),
        ("09:00:00", None),
    ):
        assert POLICY.why_not_then(start, local(f"2026-11-23T{time}"), lead=True) == why
    late = local("2026-12-08T00:00:00")
    assert POLICY.why_not_then(late, local("2026-11-23T23:59:59"), lead=True) == "beyond_horizon"


def test_the_lead_time_is_for_the_public_and_the_past_for_nobody() -> None:
    now = local("2026-11-23T10:00:00")
    for after_s, public, desk in ((-1, "in_past", "in_past"), (0, "too_soon", None),
                                  (1799, "too_soon", None), (1800, None, None)):  # fmt: skip
        start = now + timedelta(seconds=after_s)
        assert POLICY.why_not_then(start, now, lead=True) == public
        assert POLICY.why_not_then(start, now, lead=False) == desk


@given(st.integers(0, 1000))
def test_holds_take_five_places_or_a_fifth(places: int) -> None:
    assert POLICY.most_holds(places) == max(5, places // 5)


def steps(at: str, **changes: Any) -> list[str]:
    moment = lifecycle.Moment(local(at), timedelta(minutes=15))
    return lifecycle.possible_steps({**EXAMPLE_BOOKING, **changes}, moment)


@pytest.mark.parametrize(
    ("at", "status", "possible"),
    [
        ("2026-11-23T10:00:00", "confirmed", ["move", "cancel"]),
        ("2026-11-24T00:00:00", "confirmed", ["move", "cancel", "check-in"]),
        ("2026-11-24T09:00:00", "confirmed", ["check-in"]),
        ("2026-11-24T09:14:59", "confirmed", ["check-in"]),
        ("2026-11-24T09:15:00", "confirmed", ["check-in", "no-show"]),
        ("2026-11-25T09:00:00", "confirmed", ["no-show"]),
        ("2026-11-24T09:00:00", "checked_in", ["serve"]),
        ("2026-11-23T10:00:00", "displaced", ["move", "cancel"]),
        ("2026-11-24T09:00:00", "served", []),
        ("2026-11-24T09:00:00", "no_show", []),
        ("2026-11-23T10:00:00", "cancelled", []),
    ],
)
def test_the_steps_that_are_possible(at: str, status: str, possible: list[str]) -> None:
    assert steps(at, status=status) == possible


def test_a_displaced_booking_with_an_offer_may_accept_it() -> None:
    assert "accept" in steps("2026-11-23T10:00:00", status="displaced", offer={"start": "x"})


def test_an_undo_is_of_the_same_day() -> None:
    done = [{"from": "confirmed", "at": "2026-11-24T09:01:00+05:00"}]
    assert steps("2026-11-24T23:59:59", status="served", steps=done) == ["undo"]
    assert steps("2026-11-25T00:00:00", status="served", steps=done) == []


def test_undoing_every_step_comes_back_to_where_it_began() -> None:
    at = "2026-11-24T09:01:00+05:00"
    booking: dict[str, Any] = dict(EXAMPLE_BOOKING)
    for sequence, step in enumerate(("check-in", "serve", "undo", "undo"), start=1):
        booking = lifecycle.after_step(booking, step, at)
        assert booking["sequence"] == sequence
    unlike = {name for name in booking if booking[name] != EXAMPLE_BOOKING[name]}
    assert unlike == {"sequence", "updated_at"}


def test_a_step_leaves_the_document_it_was_given_alone() -> None:
    before = repr(EXAMPLE_BOOKING)
    lifecycle.after_cancel(EXAMPLE_BOOKING, "2026-11-24T09:01:00+05:00")
    lifecycle.after_step(EXAMPLE_BOOKING, "check-in", "2026-11-24T09:01:00+05:00")
    assert repr(EXAMPLE_BOOKING) == before


@given(
    st.datetimes(datetime(2026, 11, 20), datetime(2026, 11, 27)), st.sampled_from(lifecycle.ACTIVE)
)
def test_what_is_possible_depends_on_the_instant_and_not_on_the_zone_it_is_told_in(
    now: datetime, status: str
) -> None:
    moment = lifecycle.Moment(now.replace(tzinfo=UTC).astimezone(ZONE), timedelta(minutes=15))
    possible = lifecycle.possible_steps({**EXAMPLE_BOOKING, "status": status}, moment)
    assert ("cancel" in possible) == (status != "checked_in" and now.replace(tzinfo=UTC) < START)
