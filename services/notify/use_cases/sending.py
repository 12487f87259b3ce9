"""Sending what is due.

Owns one attempt at one message and what follows from its outcome. The one thing to know: an e-mail
or SMS cannot be exactly once. It is sent, then recorded; who dies in between sends it again, under
the same key, since a rare duplicate beats a lost notice. Contacts are opened for use, never kept.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

from services.notify.domain.masking import masked
from services.notify.domain.messages import EMAIL, FAILED, SENT, SMS, Message
from services.notify.domain.owed import fallback, occasion, still_true
from services.notify.domain.quiet import QuietHours
from services.notify.domain.retries import RetryPolicy
from services.notify.ports import (
    Addressees,
    Claim,
    DeliveryFailure,
    EmailProvider,
    Outgoing,
    PermanentFailure,
    ProviderDown,
    SmsProvider,
    TemporaryFailure,
    Writer,
)
from shared.clock import from_ms, iso
from shared.contact import Contact, ContactUnreadable
from shared.contracts.base import EventType
from shared.contracts.codec import OutboxEntry, encode
from shared.contracts.notifications import DELIVERED
from shared.contracts.notifications import FAILED as GIVEN_UP

BATCH = 50


@dataclass(frozen=True, kw_only=True)
class Sending:
    """Everything an attempt needs. One thread, since a provider's connection is one. `report`
    tells the log of an unexpected error, by the message's id."""

    store: Outgoing
    addressees: Addressees
    writer: Writer
    email: EmailProvider
    sms: SmsProvider
    quiet: QuietHours
    retries: RetryPolicy
    report: Callable[[str, Exception], None]
    chance: Callable[[], float] = random.random


def send_due(channel: str, s: Sending, *, stopped: Callable[[], bool] = lambda: False) -> int:
    """One batch of what is due on a channel; how many were looked at.

    Raises `ProviderDown` after recording it, with the rest of the batch left in the queue: the
    caller waits a little. Raises `StoreUnavailable`; what was claimed comes back when its lease
    ends.
    """
    ids = s.store.due(channel, BATCH)
    for message_id in ids:
        if stopped():
            break
        claim = s.store.claim(message_id)
        if claim is not None:
            _attempt(claim, s)
    return len(ids)


def _attempt(claim: Claim, s: Sending) -> None:
    message, now_ms = claim.message, s.store.now_ms()
    if not still_true(message, claim.visit, now_ms=now_ms):
        s.store.drop(claim)
        return
    if message.channel == SMS:
        zone, starts = occasion(message.notice, claim.visit)
        allowed_ms = s.quiet.allowed_ms(now_ms, zone, starts)
        if allowed_ms > now_ms:
            s.store.record_retry(claim, replace(message, due_ms=allowed_ms))
            return
    message = replace(message, attempts=message.attempts + 1)
    contact: Contact | None = None
    try:
        contact = _open(message, s)
        _send_or_explain(message, contact, s)
    except DeliveryFailure as failure:
        _failed(claim, message, failure, contact, s)
        if isinstance(failure, ProviderDown):
            s.store.channel_state(message.channel, _reason(failure, contact))
            raise
    else:
        sent = replace(message, status=SENT, sent_ms=s.store.now_ms(), error=None)
        s.store.record_sent(claim, sent, _event(DELIVERED, sent, sent.sent_ms or now_ms))
    s.store.channel_state(message.channel, "")


def _open(message: Message, s: Sending) -> Contact:
    try:
        return s.addressees.open(message.notice.contact)
    except ContactUnreadable:
        raise PermanentFailure("the contact cannot be opened with the configured keys") from None


def _send_or_explain(message: Message, contact: Contact, s: Sending) -> None:
    """An error nobody foresaw is of this message until the opposite is shown: it is tried again and
    given up in the end, instead of stopping all others for ever."""
    try:
        _send(message, contact, s)
    except DeliveryFailure:
        raise
    except Exception as error:
        s.report(message.id, error)
        raise TemporaryFailure(f"unexpected {type(error).__name__}") from error


def _send(message: Message, contact: Contact, s: Sending) -> None:
    if message.channel == EMAIL:
        if not contact["email"]:
            raise PermanentFailure("there is no e-mail address")
        s.email.send(contact, s.writer.email(message, contact), key=message.delivery_key)
        return
    if not contact["phone"]:
        raise PermanentFailure("there is no telephone number")
    s.sms.send(contact["phone"], s.writer.sms(message, contact), message.delivery_key)


def _failed(
    claim: Claim, message: Message, failure: DeliveryFailure, contact: Contact | None, s: Sending
) -> None:
    now_ms = s.store.now_ms()
    message = replace(message, error=_reason(failure, contact))
    if isinstance(failure, TemporaryFailure):
        due_ms = s.retries.next_ms(
            message, now_ms=now_ms, outage=isinstance(failure, ProviderDown), chance=s.chance
        )
        if due_ms is not None:
            s.store.record_retry(claim, replace(message, due_ms=due_ms))
            return
    follow_up = None
    if message.channel == EMAIL and contact is not None and contact["phone"]:
        follow_up = fallback(message, now_ms=now_ms, quiet=s.quiet)
    given_up = replace(message, status=FAILED)
    s.store.record_failed(claim, given_up, _event(GIVEN_UP, given_up, now_ms), follow_up)


def _reason(failure: DeliveryFailure, contact: Contact | None) -> str:
    """What went wrong, without anything about the person."""
    secrets = [str(v) for v in contact.values() if v] if contact else []
    return masked(failure.reason, secrets)


def _event(event_type: EventType, message: Message, at_ms: int) -> OutboxEntry:
    place = message.notice.place
    data = {
        "actor": "notify",
        "id": message.id,
        "booking": message.notice.reference,
        "sequence": message.notice.sequence,
        "centre": place.centre_id,
        "kind": message.kind,
        "channel": message.channel,
        "language": message.notice.language,
        "attempts": message.attempts,
        "at": iso(at_ms, place.zone),
        "error": message.error,
    }
    return encode(
        event_type, data, key=place.centre_id, source="/notify", at=from_ms(at_ms),
        traceparent=message.notice.traceparent,
    )  # fmt: skip
