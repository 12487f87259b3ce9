"""Forgetting: bookings whose visit is long over, with all that was sent about them."""

from __future__ import annotations

from typing import Any

from services.notify.domain.messages import STATUSES
from services.notify.store import keys
from services.notify.store.records import message_from
from shared.store.clock import StoreClock
from shared.store.connection import Client


class Forgetting:
    """What the retention loop needs of the store."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._clock = StoreClock(client, keys.PREFIX)

    def forget_due(self, limit: int = 100) -> int:
        """Forgets up to `limit` bookings whose time has come; how many. Idempotent."""
        now = self._clock.now_ms()
        due: Any = self._client.zrangebyscore(keys.FORGET, "-inf", now, start=0, num=limit)
        for reference in due:
            self._forget(reference.decode())
        return len(due)

    def _forget(self, reference: str) -> None:
        """In one transaction; what is due of it is no longer sent."""
        scope = keys.index(f"booking:{reference}")
        members: Any = self._client.zrange(scope, 0, -1)
        pipe = self._client.pipeline(transaction=False)
        for member in members:
            pipe.hgetall(keys.message(keys.id_of(member)))
        pipe.ping()
        found = [message_from(record) for record in pipe.execute()[:-1] if record]
        write = self._client.pipeline(transaction=True)
        for message in found:
            write.delete(keys.message(message.id))
            write.zrem(keys.queue(message.channel), message.id)
            write.zrem(keys.claims(message.channel), message.id)
            for name in keys.indexes(message, (None, *STATUSES)):
                write.zrem(name, keys.member(message))
        write.delete(keys.booking(reference), keys.line(reference), scope)
        write.zrem(keys.FORGET, reference)
        write.execute()
