"""E-mail over a real SMTP connection: what arrives, and when."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from icalendar import Calendar

from services.notify.wiring import Deps
from shared.contracts import bookings
from tests.notify import helpers
from tests.notify.helpers import (
    REF,
    confirmed,
    contact,
    event,
    found,
    later,
    place,
    send,
    take,
)
from tests.notify.servers import Mailbox


def test_a_confirmation_arrives(deps: Deps, mailbox: Mailbox) -> None:
    take(deps, confirmed())
    send(deps)
    (mail,) = mailbox.mails
    assert mailbox.recipients == [[helpers.EMAIL]]
    assert str(mail["To"]) == f"{helpers.NAME} <{helpers.EMAIL}>"
    assert str(mail["From"]) == "Kezek <no-reply@kezek.localhost>"
    assert "Нөмірлік белгі беру" in mail["Subject"]
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body(("plain",))
    assert body is not None
    assert REF in body.get_content()
    message = found(deps)
    assert (message.status, message.attempts, message.error) == ("sent", 1, None)
    assert message.sent_ms is not None


def calendars(mail: Any) -> list[Any]:
    return [
        part for part in mail.walk()
        if part.get_content_type() in ("text/calendar", "application/ics")
    ]  # fmt: skip


def test_calendars_follow_the_booking(deps: Deps, mailbox: Mailbox) -> None:
    new = place("2026-11-26T11:00:00+05:00")
    take(
        deps,
        confirmed(),
        event(bookings.MOVED, 1, previous=place("2026-11-24T09:00:00+05:00"), **new),
        event(bookings.CANCELLED, 2, **new),
    )
    send(deps)
    seen = []
    for mail in mailbox.mails:
        shown, attached = calendars(mail)
        assert shown.get_content_type() == "text/calendar"
        assert shown.get_content_charset() == "utf-8"
        assert attached.get_filename() == "invite.ics"
        text = shown.get_payload(decode=True)
        assert text == attached.get_payload(decode=True)
        calendar = Calendar.from_ical(text)
        visit = calendar.walk("VEVENT")[0]
        assert shown.get_param("method") == calendar["METHOD"]
        seen.append((calendar["METHOD"], visit["SEQUENCE"], visit["STATUS"], visit["UID"]))
    assert seen == [
        ("REQUEST", 0, "CONFIRMED", f"{REF}@kezek"),
        ("REQUEST", 1, "CONFIRMED", f"{REF}@kezek"),
        ("CANCEL", 2, "CANCELLED", f"{REF}@kezek"),
    ]


def test_delivered_twice_is_sent_once(deps: Deps, mailbox: Mailbox) -> None:
    one = confirmed()
    take(deps, one, one)
    send(deps)
    take(deps, one)
    send(deps)
    assert len(mailbox.mails) == 1


def test_a_batch_goes_over_one_connection(deps: Deps, mailbox: Mailbox) -> None:
    references = [f"K7M2-{number:05d}" for number in range(5)]
    take(deps, *[confirmed(reference=reference) for reference in references])
    send(deps)
    assert len(mailbox.mails) == 5
    assert mailbox.connections == 1


def test_reminders_are_sent_when_they_are_due(deps: Deps, mailbox: Mailbox) -> None:
    take(deps, confirmed())
    send(deps)
    helpers.set_clock(deps.client, "2026-11-23T08:59:00+05:00")
    send(deps)
    assert len(mailbox.mails) == 1
    later(deps, 60)
    send(deps)
    assert len(mailbox.mails) == 2
    assert calendars(mailbox.mails[1]) == []
    helpers.set_clock(deps.client, "2026-11-24T07:00:01+05:00")
    send(deps)
    send(deps)
    assert len(mailbox.mails) == 3
    assert {found(deps, f"{REF}.0.reminder-{n}.email").status for n in ("24h", "2h")} == {"sent"}


def test_a_worker_that_was_away_sends_the_last_reminder_only(deps: Deps, mailbox: Mailbox) -> None:
    take(deps, confirmed())
    send(deps)
    helpers.set_clock(deps.client, "2026-11-24T08:00:00+05:00")
    send(deps)
    assert len(mailbox.mails) == 2
    assert deps.book.message(f"{REF}.0.reminder-24h.email") is None
    assert found(deps, f"{REF}.0.reminder-2h.email").status == "sent"


def test_no_reminder_of_a_visit_that_is_over(deps: Deps, mailbox: Mailbox) -> None:
    take(deps, confirmed())
    send(deps)
    helpers.set_clock(deps.client, "2026-11-24T09:00:01+05:00")
    send(deps)
    assert len(mailbox.mails) == 1


def test_a_name_cannot_add_headers(deps: Deps, mailbox: Mailbox) -> None:
    take(deps, confirmed(sealed=contact(name="A\r\nBcc: other@example.kz\r\n\r\nB")))
    send(deps)
    (mail,) = mailbox.mails
    assert mail["Bcc"] is None
    assert mailbox.recipients == [[helpers.EMAIL]]


def test_many_senders_send_everything_once(deps: Deps, mailbox: Mailbox) -> None:
    references = [f"K7M2-{number:05d}" for number in range(40)]
    take(deps, *[confirmed(reference=reference) for reference in references])
    with ThreadPoolExecutor(4) as pool:
        for outcome in [pool.submit(send, deps) for _ in range(4)]:
            outcome.result()
    assert len(mailbox.mails) == 40
    assert len({mail["Message-ID"] for mail in mailbox.mails}) == 40
