"""The store as the sender uses it: what is due, and what became of it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from services.notify.domain.messages import FAILED, QUEUED, SENT, STATUSES, Message, reference_of
from services.notify.ports import Claim
from services.notify.store import keys, told
from services.notify.store.records import facts, message_from, visit_from
from services.notify.store.scripts import scripts
from shared.contracts.codec import OutboxEntry
from shared.errors import StoreUnavailable
from shared.store.clock import StoreClock
from shared.store.connection import Client

T = TypeVar("T")

LEASE_MS = 60_000
"""In real time. Longer than any one send may take with its time-outs; when a worker is killed, its
message is sent by another one this much later."""
PATIENCE_S = (0.05, 0.2, 0.5, 1, 2, 4, 8)
"""Pauses while an outcome cannot be recorded: what is not recorded is sent again."""


class Outgoing:
    """`services.notify.ports.Outgoing` on Valkey."""

    def __init__(self, client: Client, *, lease_ms: int = LEASE_MS) -> None:
        self._client = client
        self._clock = StoreClock(client, keys.PREFIX)
        self._scripts = scripts(client)
        self._lease_ms = lease_ms
        self._states: dict[str, str] = {}

    def now_ms(self) -> int:
        return _patiently(self._clock.now_ms)

    def due(self, channel: str, limit: int) -> list[str]:
        names = [keys.CLOCK, keys.queue(channel), keys.claims(channel)]
        answer = self._scripts.run("list_due", keys=names, args=[limit])
        return [message_id.decode() for message_id in answer[1:]]

    def claim(self, message_id: str) -> Claim | None:
        token = uuid.uuid4().hex
        channel = message_id.rsplit(".", 1)[1]
        names = [
            keys.CLOCK, keys.queue(channel), keys.claims(channel), keys.message(message_id),
            keys.line(message_id), keys.booking(reference_of(message_id)),
        ]  # fmt: skip
        answer = self._scripts.run("claim", keys=names, args=[message_id, self._lease_ms, token])
        if answer[0] != b"ok":
            return None
        pairs = iter(answer[1])
        record = dict(zip(pairs, pairs, strict=True))
        return Claim(message_from(record), visit_from(answer[2]) if answer[2] else None, token)

    def record_sent(self, claim: Claim, message: Message, entry: OutboxEntry) -> None:
        sent_ms = message.sent_ms or 0
        if self._record(
            "record_sent",
            [*_settled(message), keys.OUTBOX, *keys.indexes(message, (QUEUED, SENT))],
            [*_which(claim), sent_ms, message.attempts, *entry],
        ):
            told.tell(told.SENT, message, entry, attempts=message.attempts)

    def record_failed(
        self, claim: Claim, message: Message, entry: OutboxEntry, follow_up: Message | None
    ) -> None:
        names = [*_settled(message), keys.OUTBOX, *keys.indexes(message, (QUEUED, FAILED))]
        args: list[Any] = [*_which(claim), message.error or "", message.attempts, *entry]
        if follow_up is not None:
            names += [
                keys.message(follow_up.id),
                keys.index(f"booking:{follow_up.notice.reference}"),
                *keys.indexes(follow_up, (None,)),
            ]
            args += [follow_up.id, keys.member(follow_up), facts(follow_up)]
            args += [follow_up.since_ms, follow_up.due_ms]
        if self._record("record_failed", names, args):
            told.tell(told.FAILED, message, entry, attempts=message.attempts)
            if follow_up is not None:
                told.tell(told.QUEUED, follow_up)

    def record_retry(self, claim: Claim, message: Message) -> None:
        if self._record(
            "record_retry",
            [
                keys.message(message.id), keys.queue(message.channel), keys.claims(message.channel),
            ],
            [
                message.id, claim.token, message.due_ms, message.attempts, message.error or "",
            ],
        ):  # fmt: skip
            told.tell(told.RETRIED, message, attempts=message.attempts)

    def drop(self, claim: Claim) -> None:
        message = claim.message
        names = [
            *_settled(message),
            keys.index(f"booking:{message.notice.reference}"),
            *keys.indexes(message, (None, *STATUSES)),
        ]
        if self._record("drop_message", names, _which(claim)):
            told.tell(told.DROPPED, message)

    def _record(self, name: str, names: Sequence[str], args: Sequence[Any]) -> bool:
        """Repeats what may have run: an outcome is recorded once, by the claim's token. False where
        the claim had run out, or the outcome was recorded by a try whose answer was lost."""
        answer = _patiently(lambda: self._scripts.run(name, keys=names, args=args))
        return bool(answer[0] == b"ok")

    def channel_state(self, channel: str, problem: str) -> None:
        if self._states.get(channel) == problem:
            return
        self._client.hset(keys.CHANNEL_STATES, channel, problem)
        self._states[channel] = problem


def _patiently(ask: Callable[[], T]) -> T:
    """What the store answers once it is back; raises `StoreUnavailable` if that takes too long."""
    for pause_s in PATIENCE_S:
        try:
            return ask()
        except StoreUnavailable:
            time.sleep(pause_s)
    return ask()


def _settled(message: Message) -> list[str]:
    """The keys that every script taking a message out of its line begins with."""
    return [
        keys.message(message.id), keys.line(message.id), *keys.queues_and_claims(),
        keys.claims(message.channel),
    ]  # fmt: skip


def _which(claim: Claim) -> list[Any]:
    return [claim.message.id, claim.token, keys.member(claim.message)]
