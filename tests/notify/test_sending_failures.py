"""E-mail that does not go out: what is tried again, what is given up, what dies in between."""

from __future__ import annotations

from dataclasses import replace
from threading import Thread
from typing import Any

import pytest

from services.notify.config import NotifySettings
from services.notify.domain.messages import Message
from services.notify.ports import ProviderDown
from services.notify.store import Outgoing
from services.notify.use_cases.sending import send_due
from services.notify.wiring import Deps, build
from tests.notify import helpers
from tests.notify.helpers import (
    CONFIRMATION,
    REF,
    confirmed,
    contact,
    found,
    later,
    outbox,
    send,
    take,
)
from tests.notify.servers import Mailbox, SmsGateway
from tests.servers import ValkeyServer
from tests.support import eventually, free_port


def test_not_yet_is_tried_again(deps: Deps, mailbox: Mailbox) -> None:
    mailbox.answers = ["450 4.2.1 <aigul@example.kz> is busy", "451 try later"]
    take(deps, confirmed())
    send(deps)
    message = found(deps)
    assert (message.status, message.attempts) == ("queued", 1)
    assert message.error == "450 4.2.1 <***> is busy"
    send(deps)
    assert found(deps).attempts == 1
    later(deps, 5)
    send(deps)
    later(deps, 30)
    send(deps)
    message = found(deps)
    assert (message.status, message.attempts, message.error) == ("sent", 3, None)
    assert len(mailbox.mails) == 1


def test_never_is_given_up_at_once_and_sms_follows(
    deps: Deps, mailbox: Mailbox, gateway: SmsGateway, store: Any
) -> None:
    mailbox.answers = [f"550 5.1.1 <{helpers.EMAIL}> unknown, {helpers.NAME}"]
    take(deps, confirmed())
    send(deps)
    message = found(deps)
    assert (message.status, message.attempts) == ("failed", 1)
    assert message.error is not None
    assert message.error.startswith("550 5.1.1")
    assert helpers.EMAIL not in message.error
    send(deps, "sms")
    (call,) = gateway.calls
    assert call["to"] == helpers.PHONE
    assert found(deps, f"{REF}.0.confirmation.sms").status == "sent"
    events = outbox(store)
    assert [(e.type.name, e.data["channel"], e.data["attempts"]) for e in events] == [
        ("notification.failed", "email", 1),
        ("notification.delivered", "sms", 1),
    ]
    assert events[0].data["error"] == message.error


def test_never_without_a_telephone_is_the_end(deps: Deps, mailbox: Mailbox) -> None:
    mailbox.answers = ["550 no"]
    take(deps, confirmed(sealed=contact(phone=None)))
    send(deps)
    assert found(deps).status == "failed"
    assert [i for i in helpers.listed(deps) if i.endswith(".sms")] == []


def test_a_day_of_not_yet_is_given_up(deps: Deps, mailbox: Mailbox, store: Any) -> None:
    mailbox.answers = ["450 busy"] * 100
    take(deps, confirmed(sealed=contact(phone=None)))
    for _ in range(60):
        send(deps)
        if found(deps).status == "failed":
            break
        later(deps, 3601)
    message = found(deps)
    assert message.status == "failed"
    assert message.error == "450 busy"
    assert 24 <= message.attempts <= 32
    assert outbox(store)[-1].data["attempts"] == message.attempts


def test_a_server_that_is_down_is_waited_for(settings: NotifySettings, store: Any) -> None:
    helpers.set_clock(store, helpers.NOW)
    mailbox = Mailbox(port=free_port())
    deps = build(replace(settings, smtp_url=mailbox.url))
    take(deps, confirmed())
    with pytest.raises(ProviderDown):
        send(deps)
    message = found(deps)
    assert (message.status, message.attempts) == ("queued", 1)
    assert message.error == "cannot connect: ConnectionRefusedError"
    assert str(deps.checks()["email"]).startswith("cannot connect")
    with mailbox.running():
        later(deps, 5)
        send(deps)
    assert found(deps).status == "sent"
    assert deps.checks()["email"] == "ok"


def test_killed_between_send_and_record_it_is_sent_again(deps: Deps, mailbox: Mailbox) -> None:
    class Killed(BaseException):
        pass

    class Dying(Outgoing):
        def record_sent(self, *_: Any) -> None:
            raise Killed

    take(deps, confirmed())
    dying = replace(deps.sending(), store=Dying(deps.client, lease_ms=50))
    with pytest.raises(Killed):
        send_due("email", dying)
    assert len(mailbox.mails) == 1
    assert found(deps).status == "queued"

    def sent_again() -> bool:
        send(deps)
        return found(deps).status == "sent"

    eventually(sent_again)
    assert len(mailbox.mails) == 2
    assert mailbox.mails[0]["Message-ID"] == mailbox.mails[1]["Message-ID"]
    assert found(deps).attempts == 1


def test_an_outcome_after_the_lease_is_ignored(deps: Deps, mailbox: Mailbox, store: Any) -> None:
    take(deps, confirmed())
    slow = Outgoing(deps.client, lease_ms=0)
    late = slow.claim(CONFIRMATION)
    assert late is not None

    def is_free() -> bool:
        return CONFIRMATION in slow.due("email", 10)

    eventually(is_free)
    send(deps)
    before = found(deps)
    slow.record_retry(late, replace(late.message, attempts=9))
    assert found(deps) == before
    assert len(outbox(store)) == 1


def test_a_contact_sealed_with_a_lost_key_fails_visibly(deps: Deps) -> None:
    take(deps, confirmed(sealed="gAAAAABwrong"))
    send(deps)
    message = found(deps)
    assert message.status == "failed"
    assert message.error == "the contact cannot be opened with the configured keys"


@pytest.mark.parametrize("email", ["not an address", "a@b@c", "x\r\nBcc: y@z.kz"])
def test_an_address_that_cannot_be_written_fails_for_good(
    deps: Deps, mailbox: Mailbox, email: str
) -> None:
    take(deps, confirmed(sealed=contact(email=email, phone=None)))
    send(deps)
    assert found(deps).status == "failed"
    assert mailbox.mails == []


def test_an_error_nobody_foresaw_does_not_stop_the_others(deps: Deps, mailbox: Mailbox) -> None:
    class Broken:
        def email(self, message: Message, to: Any) -> Any:
            raise KeyError("a name")

    reports: list[str] = []
    take(deps, confirmed())
    broken = replace(
        deps.sending(), writer=Broken(), report=lambda message_id, error: reports.append(message_id)
    )
    send_due("email", broken)
    message = found(deps)
    assert (message.status, message.error) == ("queued", "unexpected KeyError")
    assert reports == [CONFIRMATION]


def test_a_store_that_is_away_for_a_moment_costs_no_duplicate(
    settings: NotifySettings, valkey_server: ValkeyServer, mailbox: Mailbox, store: Any
) -> None:
    """It dies between send and record; the outcome waits for it."""
    helpers.set_clock(store, helpers.NOW)
    deps = build(settings)
    take(deps, confirmed())

    class Restarting:
        def __init__(self, provider: Any) -> None:
            self._provider = provider

        def send(self, *args: Any, **named: Any) -> None:
            self._provider.send(*args, **named)
            valkey_server.kill()
            Thread(target=valkey_server.start).start()

    sending = deps.sending()
    send_due("email", replace(sending, email=Restarting(sending.email)))  # type: ignore[arg-type]
    assert found(deps).status == "sent"
    assert len(mailbox.mails) == 1
