"""Composition: notify's adapters, put together from its settings. Does no I/O."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from email.headerregistry import Address
from typing import Any

from services.notify.channels.email import address
from services.notify.channels.sms_http import HttpSmsProvider, NoSmsProvider
from services.notify.channels.smtp import SmtpProvider
from services.notify.config import NotifySettings
from services.notify.domain.retries import RetryPolicy
from services.notify.ports import SmsProvider
from services.notify.rendering import Writer
from services.notify.store import PREFIX, Book, Forgetting, Incoming, Outgoing
from services.notify.use_cases.incoming import Rules
from services.notify.use_cases.sending import Sending
from shared.contact import ContactBox
from shared.errors import ConfigurationError
from shared.logs import get_logger
from shared.messaging.problems import describe
from shared.store.connection import Client, connect
from shared.store.idempotency import IdempotencyRecords
from shared.web.auth import Authenticator, DeskTokens

SILENT_AFTER_S = 30
"""A worker's relay shows itself every few seconds; silence for longer means that it is not
there."""


class Bell:
    """Wakes senders of the same process when something was queued."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._rings = 0

    def ring(self) -> None:
        with self._changed:
            self._rings += 1
            self._changed.notify_all()

    @property
    def rings(self) -> int:
        return self._rings

    def wait(self, heard: int, timeout_s: float) -> None:
        """Until there was a ring after `heard` of them, or the time is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._rings != heard, timeout_s)


@dataclass(frozen=True)
class Deps:
    """What handlers, routes and loops are given."""

    settings: NotifySettings
    client: Client
    incoming: Incoming
    outgoing: Outgoing
    book: Book
    forgetting: Forgetting
    addressees: ContactBox
    rules: Rules
    organiser: Address
    authenticator: Authenticator
    idempotency: IdempotencyRecords
    bell: Bell

    def sending(self) -> Sending:
        """For one sender thread: with connections of its own."""
        s, log = self.settings, get_logger("notify.sender")

        def report(message_id: str, error: Exception) -> None:
            log.error("message_failed_unexpectedly", message=message_id, error=describe(error))

        sms: SmsProvider = HttpSmsProvider(s.sms_url, s.sms_token) if s.sms_url else NoSmsProvider()
        return Sending(
            store=self.outgoing,
            addressees=self.addressees,
            writer=Writer(
                organiser=self.organiser,
                public_url=s.public_url,
                tolerance_min=s.tolerance_s // 60,
            ),
            email=SmtpProvider(s.smtp_url, self.organiser),
            sms=sms,
            quiet=s.quiet,
            retries=RetryPolicy(),
            report=report,
        )

    def checks(self) -> dict[str, Any]:
        """For readiness. Raises `StoreUnavailable`."""
        facts = self.incoming.health()
        relay = facts["relay"]
        found: dict[str, Any] = {"store": "ok"}
        if not relay:
            found.update(worker="starting", bus="starting")
        else:
            silent_s = time.time() - int(relay.get("at_ms", 0)) / 1000
            late = silent_s > SILENT_AFTER_S
            found["worker"] = f"no sign of life for {silent_s:.0f} s" if late else "ok"
            found["bus"] = "ok" if relay.get("bus") == "ok" else relay.get("error") or "down"
        for channel, problem in facts["channels"].items():
            found[channel] = problem or "ok"
        found["queue"] = {"due": facts["due"]}
        return found


def build(settings: NotifySettings) -> Deps:
    """Raises `ConfigurationError` for settings that cannot work."""
    try:
        organiser = address(settings.mail_from)
    except ValueError as error:
        raise ConfigurationError(f"KEZEK_MAIL_FROM: {error}") from None
    client = connect(settings.store_url)
    incoming = Incoming(client)
    desk_tokens = DeskTokens(settings.token_key, incoming.desk_epoch)
    deps = Deps(
        settings=settings,
        client=client,
        incoming=incoming,
        outgoing=Outgoing(client),
        book=Book(client),
        forgetting=Forgetting(client),
        addressees=ContactBox.of(settings.contact_keys),
        rules=Rules(settings.quiet, settings.reminders_s, settings.retention_days),
        organiser=organiser,
        authenticator=Authenticator(settings.ops_token, desk_tokens),
        idempotency=IdempotencyRecords(client, PREFIX),
        bell=Bell(),
    )
    deps.sending()  # a wrong URL of a provider fails at boot, not at the first message
    return deps
