"""The worker's loops, its settings, forgetting, and the whole process on a real bus."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import orjson
import pytest

from services.notify.config import NotifySettings
from services.notify.loops import send_loop
from services.notify.wiring import Deps, build
from shared import bus
from shared.bus.port import OutRecord
from shared.config import ROOT, Environment
from shared.contracts import bookings
from shared.contracts.bookings import EXAMPLE_BOOKING
from shared.contracts.codec import encode
from shared.contracts.registry import dead_letter_topic
from shared.errors import ConfigurationError
from tests.notify import helpers
from tests.notify.helpers import confirmed, contact, send, take
from tests.notify.servers import Mailbox
from tests.support import eventually, free_port

REF = EXAMPLE_BOOKING["reference"]
ENVIRONMENT = {
    "KEZEK_STORE_URL": "redis://localhost",
    "KEZEK_BUS_URL": "redis://localhost",
    "KEZEK_OPS_TOKEN": "ops",
    "KEZEK_TOKEN_KEY": "key",
    "KEZEK_CONTACT_KEYS": helpers.CONTACT_KEY,
    "KEZEK_SMTP_URL": "smtp://localhost:25",
}


def test_settings_have_the_defaults_of_the_field() -> None:
    settings = NotifySettings.read(Environment(ENVIRONMENT))
    assert settings.quiet.start.isoformat("minutes") == "21:00"
    assert settings.quiet.end.isoformat("minutes") == "08:00"
    assert settings.reminders_s == (86400, 7200)
    assert settings.retention_days == 30
    assert helpers.CONTACT_KEY not in repr(settings)
    build(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"KEZEK_CONTACT_KEYS": ""},
        {"KEZEK_CONTACT_KEYS": "short"},
        {"KEZEK_SMTP_URL": ""},
        {"KEZEK_SMTP_URL": "http://localhost"},
        {"KEZEK_SMTP_URL": "smtp://user:secret@localhost"},
        {"KEZEK_SMTP_URL": "smtp://localhost:port"},
        {"KEZEK_SMS_URL": "ftp://localhost"},
        {"KEZEK_MAIL_FROM": "nobody"},
        {"KEZEK_QUIET_FROM": "9 pm"},
        {"KEZEK_REMINDERS_S": "soon"},
        {"KEZEK_RETENTION_DAYS": "0"},
    ],
)
def test_wrong_settings_fail_at_boot_with_one_line(wrong: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        build(NotifySettings.read(Environment({**ENVIRONMENT, **wrong})))
    assert next(iter(wrong)) in str(caught.value)
    assert "secret" not in str(caught.value)


def test_reminders_can_be_switched_off(deps: Deps) -> None:
    environment = {**ENVIRONMENT, "KEZEK_REMINDERS_S": "off"}
    assert NotifySettings.read(Environment(environment)).reminders_s == ()


@pytest.fixture
def running(deps: Deps) -> Iterator[threading.Thread]:
    """A sender thread; what it raises fails the test."""
    stop, problems = threading.Event(), []

    def run() -> None:
        try:
            send_loop("email", deps.sending(), deps.bell, stop)
        except Exception as error:
            problems.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield thread
    stop.set()
    deps.bell.ring()
    thread.join()
    assert problems == []


def test_the_sender_sends_what_handlers_queue(
    deps: Deps, mailbox: Mailbox, running: threading.Thread
) -> None:
    take(deps, confirmed())
    eventually(lambda: mailbox.mails)
    deps.book.advance_clock(3 * 86400 * 1000)
    eventually(lambda: len(mailbox.mails) == 2)


def test_the_sender_outlives_a_provider_that_is_down(settings: NotifySettings, store: Any) -> None:
    helpers.set_clock(store, helpers.NOW)
    mailbox, stop = Mailbox(port=free_port()), threading.Event()
    deps = build(replace(settings, smtp_url=mailbox.url))
    take(deps, confirmed())
    args = ("email", deps.sending(), deps.bell, stop)
    thread = threading.Thread(target=send_loop, args=args)
    thread.start()
    try:
        eventually(lambda: deps.checks().get("email", "ok") != "ok")
        deps.book.advance_clock(60_000)
        with mailbox.running():
            eventually(lambda: mailbox.mails)
            eventually(lambda: deps.checks()["email"] == "ok")
    finally:
        stop.set()
        thread.join()


def test_bookings_are_forgotten_after_their_visit(deps: Deps, store: Any) -> None:
    take(deps, confirmed(), confirmed(reference="AAAA-BBBBB", sealed=contact(phone=None)))
    send(deps)
    helpers.set_clock(store, "2026-12-24T09:00:00+05:00")
    assert deps.forgetting.forget_due() == 0
    helpers.set_clock(store, "2026-12-24T09:15:01+05:00")
    assert deps.forgetting.forget_due() == 2
    assert deps.forgetting.forget_due() == 0
    left = {key.decode() for key in store.keys("*")}
    assert left <= {"{notify}:clock", "{notify}:outbox", "{notify}:channels"}


def records(sequence: int = 0) -> list[OutRecord]:
    """A confirmation as booking's relay sends it, and one that is no event."""
    booking = {**EXAMPLE_BOOKING, "contact": contact(), "sequence": sequence}
    data = {**bookings.CONFIRMED.example, "booking": booking}
    at = helpers.datetime.fromisoformat(helpers.NOW)
    entry = encode(bookings.CONFIRMED, data, key="almaty-spec-6", source="/booking", at=at)
    headers = tuple((k, v.encode()) for k, v in orjson.loads(entry.headers).items())
    good = OutRecord("bookings", b"almaty-spec-6", entry.value, headers)
    return [good._replace(value=b'{"booking": "poison"}'), good]


def test_the_process_tells_what_the_bus_says_and_stops_when_asked(
    store: Any, store_url: str, redis_bus_url: str, mailbox: Mailbox
) -> None:
    helpers.set_clock(store, helpers.NOW)
    connected = bus.connect(redis_bus_url)
    connected.producer().send(records())
    environment = {
        **os.environ, **ENVIRONMENT, "KEZEK_STORE_URL": store_url, "KEZEK_BUS_URL": redis_bus_url,
        "KEZEK_SMTP_URL": mailbox.url,
    }  # fmt: skip
    command = [sys.executable, "-m", "services.notify.worker"]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, text=True
    )
    try:
        eventually(lambda: mailbox.mails)
        eventually(lambda: list(connected.read_all("notifications")))
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 0, log
    (letter,) = connected.read_all(dead_letter_topic("bookings"))
    assert letter.value == b'{"booking": "poison"}'
    for secret in (helpers.EMAIL, helpers.PHONE, helpers.NAME, helpers.MANAGE_TOKEN):
        assert secret not in log


def test_the_process_says_in_one_line_what_is_missing() -> None:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("KEZEK_")}
    done = subprocess.run(
        [sys.executable, "-m", "services.notify.worker"],
        env=environment, cwd=ROOT, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "notify: KEZEK_STORE_URL is not set\n"
