"""notify's rules, without I/O."""

from __future__ import annotations

from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.masking import masked
from services.notify.domain.messages import Message, Notice, Place, normal_id, normal_reference
from services.notify.domain.owed import (
    Visit,
    keeps_reminders,
    notice_due,
    reminder_name,
    reminders,
    still_true,
)
from services.notify.domain.quiet import QuietHours
from services.notify.domain.retries import RetryPolicy
from services.notify.domain.texts import one_line, segments, shortened

HOUR = 3600 * 1000
ZONE = "Asia/Almaty"


def ms(text: str) -> int:
    return round(datetime.fromisoformat(f"{text}+05:00").timestamp() * 1000)


def notice(start: str, previous: str | None = None) -> Notice:
    def at(text: str) -> Place:
        begins = ms(text)
        return Place(
            "almaty-spec-6", "Centre", "Street", None, None, ZONE, text[:10], text[11:],
            begins, begins + HOUR,
        )  # fmt: skip

    return Notice(
        "K7M2-9QRTX", 0, "kk", "Service", at(start), at(previous) if previous else None,
        None, None, 0, "sealed",
    )  # fmt: skip


def message(start: str, created: str, **changes: object) -> Message:
    at = ms(created)
    facts = {"name": "confirmation", "channel": "email", "created_ms": at, "since_ms": at,
             "due_ms": at, **changes}  # fmt: skip
    return Message(notice=notice(start), **facts)  # type: ignore[arg-type]


def dues(start: str, now: str) -> list[tuple[str, int]]:
    found = reminders(notice(start), "email", now_ms=ms(now), before_s=(86400, 7200))
    return [(m.name, m.due_ms) for m in found]


def test_reminders_come_a_day_and_two_hours_before() -> None:
    assert dues("2026-11-24T09:00", "2026-11-20T10:00") == [
        ("reminder-24h", ms("2026-11-23T09:00")),
        ("reminder-2h", ms("2026-11-24T07:00")),
    ]


def test_a_reminder_reaches_over_midnight() -> None:
    assert dues("2026-11-24T00:30", "2026-11-23T10:00") == [("reminder-2h", ms("2026-11-23T22:30"))]


@pytest.mark.parametrize(
    ("now", "names"),
    [
        ("2026-11-23T08:59", ["reminder-24h", "reminder-2h"]),
        ("2026-11-23T09:00", ["reminder-2h"]),
        ("2026-11-24T06:00", ["reminder-2h"]),
        ("2026-11-24T07:00", []),
        ("2026-11-24T08:00", []),
    ],
)
def test_reminders_whose_instant_is_past_are_not_owed(now: str, names: list[str]) -> None:
    assert [name for name, _ in dues("2026-11-24T09:00", now)] == names


def test_reminders_are_named_by_their_interval() -> None:
    assert [reminder_name(s) for s in (86400, 7200, 5400)] == [
        "reminder-24h", "reminder-2h", "reminder-90m",
    ]  # fmt: skip


def test_two_reminders_are_never_true_at_the_same_time() -> None:
    visit = Visit("confirmed", "almaty-spec-6", ms("2026-11-24T09:00"))
    both = reminders(
        notice("2026-11-24T09:00"), "sms", now_ms=ms("2026-11-20T10:00"), before_s=(86400, 7200)
    )
    for now, expected in [
        ("2026-11-23T09:00", [True, True]),
        ("2026-11-24T06:59", [True, True]),
        ("2026-11-24T07:00", [False, True]),
        ("2026-11-24T09:00", [False, False]),
    ]:
        true = [still_true(m, visit, now_ms=ms(now)) for m in both]
        assert true == expected, now


def test_a_reminder_stands_and_falls_with_its_visit() -> None:
    one = reminders(
        notice("2026-11-24T09:00"), "sms", now_ms=ms("2026-11-20T10:00"), before_s=(7200,)
    )[0]
    now, start = ms("2026-11-24T07:00"), ms("2026-11-24T09:00")
    assert still_true(one, Visit("confirmed", "almaty-spec-6", start), now_ms=now)
    assert not still_true(one, Visit("cancelled", "almaty-spec-6", start), now_ms=now)
    assert not still_true(one, Visit("confirmed", "another", start), now_ms=now)
    assert not still_true(one, Visit("confirmed", "almaty-spec-6", start + 1), now_ms=now)
    assert not still_true(one, None, now_ms=now)


def test_a_notice_stays_true_when_the_next_one_follows() -> None:
    late = message("2026-11-24T09:00", "2026-11-20T10:00")
    assert still_true(late, Visit("cancelled", "almaty-spec-6", 0), now_ms=ms("2026-11-24T09:00"))


def test_reminders_are_kept_while_the_visit_stays_as_it_is() -> None:
    visit = Visit("confirmed", "almaty-spec-6", 1)
    assert keeps_reminders(visit, visit)
    assert not keeps_reminders(None, visit)
    assert not keeps_reminders(visit, Visit("confirmed", "almaty-spec-6", 2))
    checked_in = Visit("checked_in", "almaty-spec-6", 1)
    assert not keeps_reminders(checked_in, checked_in)


@pytest.mark.parametrize(
    ("now", "start", "allowed"),
    [
        ("2026-11-20T20:59", "2026-11-24T09:00", "2026-11-20T20:59"),
        ("2026-11-20T21:00", "2026-11-24T09:00", "2026-11-21T08:00"),
        ("2026-11-20T23:30", "2026-11-24T09:00", "2026-11-21T08:00"),
        ("2026-11-21T07:59", "2026-11-24T09:00", "2026-11-21T08:00"),
        ("2026-11-21T08:00", "2026-11-24T09:00", "2026-11-21T08:00"),
        # The visit is so soon after the quiet hours that 08:00 would be too late.
        ("2026-11-20T23:30", "2026-11-21T10:00", "2026-11-20T23:30"),
        ("2026-11-20T23:30", "2026-11-21T10:01", "2026-11-21T08:00"),
        ("2026-11-21T05:00", "2026-11-21T07:00", "2026-11-21T05:00"),
        # It is over: nothing is urgent about it.
        ("2026-11-20T23:30", "2026-11-20T19:00", "2026-11-21T08:00"),
    ],
)
def test_quiet_hours(now: str, start: str, allowed: str) -> None:
    assert QuietHours().allowed_ms(ms(now), ZONE, [ms(start)]) == ms(allowed)


def test_quiet_hours_are_on_the_centres_clocks() -> None:
    now = round(datetime(2026, 11, 20, 16, 30, tzinfo=UTC).timestamp() * 1000)
    assert QuietHours().allowed_ms(now, "Asia/Almaty", []) > now
    assert QuietHours().allowed_ms(now, "Europe/London", []) == now


def test_quiet_hours_within_a_day_and_none_at_all() -> None:
    nap = QuietHours(time(13), time(14))
    assert nap.allowed_ms(ms("2026-11-20T13:30"), ZONE, []) == ms("2026-11-20T14:00")
    assert nap.allowed_ms(ms("2026-11-20T23:30"), ZONE, []) == ms("2026-11-20T23:30")
    never = QuietHours(time(8), time(8))
    assert never.allowed_ms(ms("2026-11-20T23:30"), ZONE, []) == ms("2026-11-20T23:30")


@given(st.integers(0, 4 * 10**12), st.integers(0, 4 * 10**12))
def test_an_sms_waits_less_than_the_quiet_hours_last(now: int, start: int) -> None:
    allowed = QuietHours().allowed_ms(now, ZONE, [start])
    assert now <= allowed <= now + 12 * HOUR
    assert QuietHours().allowed_ms(allowed, ZONE, [start]) == allowed


def test_a_move_away_from_an_early_visit_is_urgent_too() -> None:
    moved = notice("2026-12-01T15:00", previous="2026-11-21T09:00")
    now = ms("2026-11-20T23:00")
    assert notice_due(moved, "sms", now_ms=now, quiet=QuietHours()) == now
    assert notice_due(moved, "email", now_ms=now, quiet=QuietHours()) == now


def next_pause(attempts: int, now: str = "2026-11-20T10:00", outage: bool = False) -> float | None:
    policy = RetryPolicy()
    tried = message("2026-11-24T09:00", "2026-11-20T10:00", attempts=attempts)
    due = policy.next_ms(tried, now_ms=ms(now), outage=outage, chance=lambda: 0.5)
    return None if due is None else (due - ms(now)) / 1000


def test_pauses_grow() -> None:
    assert [next_pause(n) for n in range(1, 7)] == [5, 30, 120, 600, 3600, 3600]


def test_an_outage_of_the_provider_is_asked_about_more_often() -> None:
    assert [next_pause(n, outage=True) for n in (1, 2, 6)] == [5, 30, 60]


def test_it_is_given_up_after_a_day_or_when_the_visit_is_over() -> None:
    assert next_pause(9, "2026-11-21T08:59") == 3600
    assert next_pause(9, "2026-11-21T09:00") is None
    policy, soon = RetryPolicy(), message("2026-11-20T10:00", "2026-11-20T10:00", attempts=5)
    end = soon.notice.place.end_ms
    assert policy.next_ms(soon, now_ms=end - 5000, outage=False, chance=lambda: 0.5) is None


@given(st.floats(0, 1), st.integers(1, 30), st.booleans())
def test_pauses_are_spread_by_a_fifth(chance: float, attempts: int, outage: bool) -> None:
    tried = message("2026-11-24T09:00", "2026-11-20T10:00", attempts=attempts)
    due = RetryPolicy().next_ms(
        tried, now_ms=tried.created_ms, outage=outage, chance=lambda: chance
    )
    pause = next_pause(attempts, outage=outage)
    assert due is not None
    assert pause is not None
    assert 0.8 * pause * 1000 - 1 <= due - tried.created_ms <= 1.2 * pause * 1000 + 1


def test_a_resend_starts_the_pauses_anew() -> None:
    again = message(
        "2026-11-20T10:00", "2026-11-20T10:00", attempts=8, earlier=7, resends=1,
        since_ms=ms("2026-11-25T10:00"),
    )  # fmt: skip
    now = ms("2026-11-25T10:00")
    due = RetryPolicy().next_ms(again, now_ms=now, outage=False, chance=lambda: 0.5)
    assert due == now + 5000


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 5.1.1 <aigul@example.kz>: no such user", "550 5.1.1 <***>: no such user"),
        ("400 cannot send to +7 (701) 123-45-67", "400 cannot send to ***"),
        ("400 cannot send to 77011234567 now", "400 cannot send to *** now"),
        ("450 4.2.0\r\n Mailbox  busy", "450 4.2.0 Mailbox busy"),
        ("552 AIGUL is over quota", "552 *** is over quota"),
    ],
)
def test_what_providers_say_is_masked(said: str, kept: str) -> None:
    assert masked(said, ["aigul@example.kz", "+77011234567"]) == kept


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 1), ("a" * 160, 1), ("a" * 161, 2), ("a" * 306, 2), ("a" * 307, 3),
        ("қ" * 70, 1), ("қ" * 71, 2), ("қ" * 134, 2), ("қ" * 135, 3), ("€" * 80, 1), ("€" * 81, 2),
    ],
)  # fmt: skip
def test_segments(text: str, number: int) -> None:
    assert segments(text) == number


def test_lines_are_kept_whole() -> None:
    assert one_line(" A\r\nBcc: x@y\u2028z ") == "A Bcc: x@y z"
    assert shortened("Алматы №6 мамандандырылған ХҚО", 40) == "Алматы №6 мамандандырылған ХҚО"
    assert shortened("Алматы №6 мамандандырылған ХҚО", 20) == "Алматы №6…"


def test_references_and_ids_are_read_as_people_write_them() -> None:
    assert normal_reference("k7m2 9qrtx") == "K7M2-9QRTX"
    assert normal_id("k7m29qrtx.0.Confirmation.EMAIL") == "K7M2-9QRTX.0.confirmation.email"
    assert normal_id("K7M2-9QRTX.1.reminder-24h.sms") == "K7M2-9QRTX.1.reminder-24h.sms"
    assert normal_id("../../etc") is None
