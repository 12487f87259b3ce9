"""The store as handlers use it: what the bus tells, and what is owed for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from services.notify.domain.messages import EMAIL, QUEUED, REMINDER, SMS, Message
from services.notify.ports import Known
from services.notify.store import keys, told
from services.notify.store.records import facts, message_from, visit_from
from services.notify.store.scripts import scripts
from shared.store.clock import StoreClock
from shared.store.connection import Client


class Incoming:
    """`services.notify.ports.Incoming` on Valkey."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._clock = StoreClock(client, keys.PREFIX)
        self._scripts = scripts(client)

    def now_ms(self) -> int:
        return self._clock.now_ms()

    def known(self, reference: str) -> Known | None:
        pipe = self._client.pipeline(transaction=False)
        pipe.hmget(keys.booking(reference), "sequence", "document")
        pipe.zrange(keys.index(f"booking:{reference}"), 0, -1)
        (sequence, document), members = pipe.execute()
        if sequence is None:
            return None
        waiting = [i for i in map(keys.id_of, members) if f".{REMINDER}" in i]
        pipe = self._client.pipeline(transaction=False)
        for message_id in waiting:
            pipe.hgetall(keys.message(message_id))
        found = [message_from(record) for record in pipe.execute() if record]
        reminders = tuple(m for m in found if m.status == QUEUED)
        return Known(int(sequence), visit_from(document), reminders)

    def apply_booking(
        self,
        document: dict[str, Any],
        *,
        expected: int | None,
        forget_ms: int,
        add: Sequence[Message],
        drop: Sequence[Message],
    ) -> bool:
        reference = document["reference"]
        names = [
            keys.booking(reference), keys.line(reference), *keys.queues_and_claims(), keys.FORGET,
            keys.index(f"booking:{reference}"), keys.index("all"), keys.index("all", QUEUED),
        ]  # fmt: skip
        args: list[str | bytes | int] = [
            "" if expected is None else expected, document["sequence"], orjson.dumps(document),
            reference, forget_ms, len(add), len(drop),
        ]  # fmt: skip
        for message in (*add, *drop):
            centre = f"centre:{message.notice.place.centre_id}"
            names += [keys.message(message.id), keys.queue(message.channel)]
            names += [keys.index(centre), keys.index(centre, QUEUED)]
        for message in add:
            in_line = int(message.kind != REMINDER)
            args += [message.id, keys.member(message), facts(message)]
            args += [message.since_ms, message.due_ms, in_line]
        for message in drop:
            args += [message.id, keys.member(message)]
        answer = self._scripts.run("apply_booking", keys=names, args=args)
        if answer[0] != b"ok":
            return False
        for message in add:
            told.tell(told.QUEUED, message)
        return True

    def apply_centre(self, centre: str, version: int, desk_epoch: int) -> bool:
        answer = self._scripts.run(
            "apply_centre",
            keys=[keys.centre(centre), keys.DESK_EPOCHS],
            args=[centre, version, desk_epoch],
        )
        return bool(answer[0] == b"ok")

    def desk_epoch(self, centre: str) -> int | None:
        """The epoch before which desk tokens are revoked; None for a centre not heard of yet."""
        epoch: Any = self._client.hget(keys.DESK_EPOCHS, centre)
        return None if epoch is None else int(epoch)

    def health(self) -> dict[str, Any]:
        """Facts for the readiness check: the relay's state, the channels', how much is due."""
        now = self.now_ms()
        pipe = self._client.pipeline(transaction=False)
        pipe.hgetall(keys.RELAY_STATE)
        pipe.hgetall(keys.CHANNEL_STATES)
        pipe.zcount(keys.queue(EMAIL), "-inf", now)
        pipe.zcount(keys.queue(SMS), "-inf", now)
        relay, channels, emails, texts = pipe.execute()
        return {
            "relay": {name.decode(): value.decode() for name, value in relay.items()},
            "channels": {name.decode(): value.decode() for name, value in channels.items()},
            "due": emails + texts,
        }
