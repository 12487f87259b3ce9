"""SMS over a real HTTP provider; quiet hours; the order of a booking's messages."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.notify.config import NotifySettings
from services.notify.ports import ProviderDown
from services.notify.wiring import Deps, build
from shared.contracts import bookings
from shared.contracts.bookings import EXAMPLE_BOOKING
from tests.notify import helpers
from tests.notify.helpers import (
    confirmed,
    contact,
    event,
    outbox,
    place,
    send,
    take,
)
from tests.notify.servers import Mailbox, SmsGateway

REF = EXAMPLE_BOOKING["reference"]
SMS = f"{REF}.0.confirmation.sms"
ONLY_PHONE = contact(email=None)
TOMORROW_EARLY = place("2026-11-21T09:00:00+05:00")


def status(deps: Deps, message_id: str = SMS) -> tuple[str, int, str | None]:
    message = deps.book.message(message_id)
    assert message is not None
    return message.status, message.attempts, message.error


def test_an_sms_is_posted_with_its_id_as_key(deps: Deps, gateway: SmsGateway, store: Any) -> None:
    take(deps, confirmed(sealed=ONLY_PHONE))
    send(deps, "sms")
    (call,) = gateway.calls
    assert (call["to"], call["id"]) == (helpers.PHONE, SMS)
    assert REF in call["text"]
    assert call["headers"]["Idempotency-Key"] == SMS
    assert call["headers"]["Authorization"] == "Bearer sms-token-of-the-tests"
    assert status(deps) == ("sent", 1, None)
    (delivered,) = outbox(store)
    assert delivered.type.name == "notification.delivered"
    assert delivered.data["id"] == SMS


@pytest.mark.parametrize("code", [400, 404, 422])
def test_a_refused_sms_is_given_up(deps: Deps, gateway: SmsGateway, code: int) -> None:
    gateway.answers = [code]
    take(deps, confirmed(sealed=ONLY_PHONE))
    send(deps, "sms")
    assert status(deps) == ("failed", 1, f"{code} cannot send to ***")


@pytest.mark.parametrize("code", [302, 408, 429, 500, 503])
def test_an_sms_not_taken_yet_is_tried_again(deps: Deps, gateway: SmsGateway, code: int) -> None:
    gateway.answers = [code]
    take(deps, confirmed(sealed=ONLY_PHONE))
    send(deps, "sms")
    assert status(deps)[:2] == ("queued", 1)
    deps.book.advance_clock(5000)
    send(deps, "sms")
    assert status(deps) == ("sent", 2, None)
    assert [call["id"] for call in gateway.calls] == [SMS, SMS]


def test_a_provider_that_refuses_our_token_is_waited_for(deps: Deps, gateway: SmsGateway) -> None:
    gateway.answers = [401]
    take(deps, confirmed(sealed=ONLY_PHONE))
    with pytest.raises(ProviderDown):
        send(deps, "sms")
    assert status(deps)[:2] == ("queued", 1)


def test_without_a_provider_an_sms_fails_and_says_why(settings: NotifySettings, store: Any) -> None:
    helpers.set_clock(store, helpers.NOW)
    deps = build(replace(settings, sms_url=""))
    take(deps, confirmed(sealed=ONLY_PHONE))
    send(deps, "sms")
    assert status(deps) == ("failed", 1, "no SMS provider is configured (KEZEK_SMS_URL)")


def test_an_sms_waits_for_the_end_of_the_quiet_hours(deps: Deps, gateway: SmsGateway) -> None:
    helpers.set_clock(deps.client, "2026-11-20T23:00:00+05:00")
    take(deps, confirmed(sealed=ONLY_PHONE))
    send(deps, "sms")
    helpers.set_clock(deps.client, "2026-11-21T07:59:00+05:00")
    send(deps, "sms")
    assert gateway.calls == []
    helpers.set_clock(deps.client, "2026-11-21T08:00:01+05:00")
    send(deps, "sms")
    assert status(deps) == ("sent", 1, None)


def test_an_email_does_not_wait(deps: Deps, mailbox: Mailbox) -> None:
    helpers.set_clock(deps.client, "2026-11-20T23:00:00+05:00")
    take(deps, confirmed())
    send(deps)
    assert len(mailbox.mails) == 1


def test_an_sms_about_a_visit_soon_after_the_night_goes_at_once(
    deps: Deps, gateway: SmsGateway
) -> None:
    helpers.set_clock(deps.client, "2026-11-20T23:00:00+05:00")
    take(deps, confirmed(sealed=ONLY_PHONE, **TOMORROW_EARLY))
    send(deps, "sms")
    assert len(gateway.calls) == 1


def test_an_sms_that_became_due_in_the_evening_waits_for_the_morning(
    deps: Deps, gateway: SmsGateway
) -> None:
    """The worker was away: what was due at noon is not sent at night."""
    take(deps, confirmed(sealed=ONLY_PHONE))
    helpers.set_clock(deps.client, "2026-11-20T22:00:00+05:00")
    send(deps, "sms")
    assert gateway.calls == []
    assert status(deps) == ("queued", 0, None)
    helpers.set_clock(deps.client, "2026-11-21T08:00:01+05:00")
    send(deps, "sms")
    assert len(gateway.calls) == 1


def test_what_is_urgent_takes_what_waits_before_it_along(deps: Deps, gateway: SmsGateway) -> None:
    helpers.set_clock(deps.client, "2026-11-20T23:00:00+05:00")
    take(deps, confirmed(sealed=ONLY_PHONE))
    send(deps, "sms")
    assert gateway.calls == []
    moved = event(
        bookings.MOVED, 1, sealed=ONLY_PHONE, previous=place("2026-11-24T09:00:00+05:00"),
        **TOMORROW_EARLY,
    )  # fmt: skip
    take(deps, moved)
    send(deps, "sms")
    assert [call["id"] for call in gateway.calls] == [SMS, f"{REF}.1.moved.sms"]


def test_messages_of_a_booking_go_in_order(deps: Deps, mailbox: Mailbox) -> None:
    mailbox.answers = ["450 busy"]
    take(deps, confirmed())
    send(deps)
    assert mailbox.mails == []
    mailbox.answers = ["450 busy"]
    take(deps, event(bookings.CANCELLED, 1))
    send(deps)
    assert mailbox.mails == []
    deps.book.advance_clock(60_000)
    send(deps)
    assert [m["Subject"].split(":")[0] for m in mailbox.mails] == [
        "Жазылу расталды", "Жазылу жойылды",
    ]  # fmt: skip


def test_other_bookings_do_not_wait(deps: Deps, mailbox: Mailbox) -> None:
    mailbox.answers = ["450 busy"]
    take(deps, confirmed(), confirmed(reference="AAAA-BBBBB"))
    send(deps)
    assert len(mailbox.mails) == 1


def test_a_reminder_waits_for_the_notice_before_it(deps: Deps, mailbox: Mailbox) -> None:
    helpers.set_clock(deps.client, "2026-11-23T08:59:59+05:00")
    mailbox.answers = ["450 busy"] * 2
    take(deps, confirmed())
    send(deps)
    helpers.set_clock(deps.client, "2026-11-23T09:00:01+05:00")
    send(deps)
    assert mailbox.mails == []
    helpers.set_clock(deps.client, "2026-11-23T09:02:00+05:00")
    send(deps)
    helpers.set_clock(deps.client, "2026-11-23T09:04:00+05:00")
    send(deps)
    assert [m["Subject"].split(":")[0] for m in mailbox.mails] == [
        "Жазылу расталды", "Еске салу",
    ]  # fmt: skip


def test_a_reminder_that_waits_in_line_is_dropped_with_the_visit(
    deps: Deps, mailbox: Mailbox
) -> None:
    helpers.set_clock(deps.client, "2026-11-23T08:59:59+05:00")
    mailbox.answers = ["450 busy"]
    take(deps, confirmed())
    send(deps)
    helpers.set_clock(deps.client, "2026-11-23T09:00:01+05:00")
    send(deps)
    take(deps, event(bookings.CANCELLED, 1))
    deps.book.advance_clock(60_000)
    send(deps)
    assert [m["Subject"].split(":")[0] for m in mailbox.mails] == [
        "Жазылу расталды", "Жазылу жойылды",
    ]  # fmt: skip


def test_the_sms_of_a_failed_email_goes_before_what_follows(
    deps: Deps, mailbox: Mailbox, gateway: SmsGateway
) -> None:
    mailbox.answers = ["450 busy"]
    take(deps, confirmed())
    send(deps)
    take(deps, event(bookings.CANCELLED, 1))
    mailbox.answers = ["550 gone"]
    deps.book.advance_clock(6000)
    send(deps)
    assert mailbox.mails == []
    send(deps, "sms")
    assert [call["id"] for call in gateway.calls] == [SMS]
    send(deps)
    assert len(mailbox.mails) == 1
