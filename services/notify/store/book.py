"""The store as the API uses it: reading messages, sending one again, moving the clock."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from heapq import merge
from itertools import islice
from typing import Any

from services.notify.domain.messages import STATUSES, Message
from services.notify.store import keys
from services.notify.store.records import message_from
from services.notify.store.scripts import scripts
from shared.idempotency import Idempotency
from shared.store.clock import StoreClock
from shared.store.connection import Client

MOST_OF_A_BOOKING = 1000
"""Messages of one booking that are looked through; a booking has a handful."""


class Book:
    """`services.notify.ports.MessageBook` on Valkey."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._clock = StoreClock(client, keys.PREFIX)
        self._scripts = scripts(client)

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def advance_clock(self, advance_ms: int) -> int:
        return self._clock.advance(advance_ms)

    def messages(
        self,
        *,
        centres: frozenset[str] | None,
        booking: str | None,
        status: str | None,
        since_ms: int | None,
        limit: int,
        after: str,
    ) -> tuple[list[Message], str | None]:
        """One more than asked for is read from each index, to know whether there is more."""
        if booking is not None:
            names, most = [keys.index(f"booking:{booking}")], MOST_OF_A_BOOKING
        elif centres is None:
            names, most = [keys.index("all", status)], limit + 1
        else:
            names, most = [keys.index(f"centre:{c}", status) for c in sorted(centres)], limit + 1
        members = self._members(names, since_ms, after, most)
        chosen: list[Message] = []
        for message in self._read(members):
            if status is not None and message.status != status:
                continue
            if centres is not None and message.notice.place.centre_id not in centres:
                continue
            if len(chosen) == limit:
                return chosen, keys.member(chosen[-1])
            chosen.append(message)
        # Some may have changed since the index was read: then the page is short, and not the last.
        return chosen, members[-1].decode() if len(members) >= most else None

    def _members(
        self, names: list[str], since_ms: int | None, after: str, most: int
    ) -> list[bytes]:
        """Of these indexes together, newest first, below the position `after`."""
        top = f"({after}" if after else "+"
        bottom = "-" if since_ms is None else f"[{max(0, since_ms):013d}:"
        pipe = self._client.pipeline(transaction=False)
        for name in names:
            pipe.zrevrangebylex(name, top, bottom, 0, most)
        return list(islice(merge(*pipe.execute(), reverse=True), most))

    def _read(self, members: Sequence[bytes], chunk: int = 200) -> Iterator[Message]:
        """The messages of these members, read from the store a chunk at a time, as they are asked
        for; those that were dropped or forgotten meanwhile are passed over."""
        for start in range(0, len(members), chunk):
            pipe = self._client.pipeline(transaction=False)
            for member in members[start : start + chunk]:
                pipe.hgetall(keys.message(keys.id_of(member)))
            yield from (message_from(record) for record in pipe.execute() if record)

    def message(self, message_id: str) -> Message | None:
        record: Any = self._client.hgetall(keys.message(message_id))
        return message_from(record) if record else None

    def resend(self, message: Message, now_ms: int, idem: Idempotency, result: Any) -> str:
        names = [
            keys.message(message.id), keys.line(message.id), *keys.queues_and_claims(),
            idem.record, *keys.indexes(message, STATUSES),
        ]  # fmt: skip
        args = [message.id, keys.member(message), now_ms, *idem.args(result)]
        answer = self._scripts.run("resend", keys=names, args=args)
        idem.check(answer)
        status: str = answer[0].decode()
        idem.recorded = bool(idem.fingerprint) and status == "ok"
        return status
