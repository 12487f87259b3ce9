"""One member of a group on Redis Streams: XREAD from a cursor per topic, one leased owner per
group.

Owns cursors, the lease and trimming. The one thing to know: the owner reads ahead in memory, while
its cursors move in a script that compares the lease's token; whoever lost the lease can commit
nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import redis

from shared.bus.lease import LUA, STANDBY_S, Lease
from shared.bus.port import MAX_POLL_RECORDS, POLL_LIMIT_S, OwnershipLost, Record
from shared.bus.redis_wire import (
    RETENTION_KEY,
    cursor_key,
    groups_key,
    stream_key,
    to_entry_id,
    to_offset,
    to_record,
    translated,
)
from shared.bus.turns import Turns

MAX_BLOCK_S = 2.0
"""Below the socket's time-out, and short enough to notice a lost lease between two reads."""
TRIM_EVERY_S = 60.0


class RedisStreamsConsumer:
    """See `shared.bus.port.Consumer`. All topics of a group have one owner."""

    def __init__(
        self,
        client: redis.Redis,
        group: str,
        topics: Sequence[str],
        *,
        trim_every_s: float = TRIM_EVERY_S,
    ) -> None:
        self._client = client
        self._group = group
        self._topics = tuple(topics)
        self._lease = Lease(client, f"{{bus}}:lease:{group}", idle_limit_s=POLL_LIMIT_S)
        self._commit = client.register_script((LUA / "commit.lua").read_text("utf-8"))
        self._trim = client.register_script((LUA / "trim.lua").read_text("utf-8"))
        self._read: dict[str, int] = {}
        self._turns = Turns()
        self._trim_every_s = trim_every_s
        self._trimmed_at = time.monotonic()

    def poll(self, timeout_s: float) -> Sequence[Record]:
        with translated():
            if not self._lease.held and not self._take_over():
                # Another member owns the group: stand by, and ask again soon.
                time.sleep(min(timeout_s, STANDBY_S))
                return []
            self._lease.touch()
            # 0 would block for ever.
            block_ms = max(1, int(min(timeout_s, MAX_BLOCK_S) * 1000))
            answer: Any = self._client.xread(
                {stream_key(topic): to_entry_id(self._read[topic]) for topic in self._topics},
                count=MAX_POLL_RECORDS,
                block=block_ms,
            )
        by_key = {stream_key(topic).encode(): topic for topic in self._topics}
        records: list[Record] = []
        for key, entries in answer or ():
            topic = by_key[key]
            records += [to_record(topic, entry_id, fields) for entry_id, fields in entries]
            self._read[topic] = to_offset(entries[-1][0])
        self._turns.polled(records)
        return records

    def commit(self, *records: Record) -> None:
        done = self._turns.to_commit(records)
        if not done:
            return
        keys = [self._lease.key, *(cursor_key(self._group, topic) for topic, _ in done)]
        args = [self._lease.token, *(to_entry_id(offset) for offset in done.values())]
        with translated():
            answer = self._commit(keys=keys, args=args)
            if answer[0] != b"ok":
                self._forget()
                raise OwnershipLost(self._group)
            self._turns.committed(done)
            self._trim_now_and_then()

    def close(self) -> None:
        self._lease.release()
        self._forget()

    def _take_over(self) -> bool:
        self._forget()
        for topic in self._topics:
            # Registered before anything is read: from now on nothing unread is trimmed.
            self._client.sadd(groups_key(topic), self._group)
        if not self._lease.acquire():
            return False
        cursors: Any = self._client.mget([cursor_key(self._group, topic) for topic in self._topics])
        for topic, cursor in zip(self._topics, cursors, strict=True):
            self._read[topic] = to_offset(cursor or b"0-0")
        return True

    def _forget(self) -> None:
        self._lease.drop()
        self._read = {}
        self._turns.forget_all()

    def _trim_now_and_then(self) -> None:
        """Topics without a retention, and those kept for ever, are never trimmed."""
        if time.monotonic() - self._trimmed_at < self._trim_every_s:
            return
        self._trimmed_at = time.monotonic()
        kept: Any = self._client.hmget(RETENTION_KEY, list(self._topics))
        for topic, retention_ms in zip(self._topics, kept, strict=True):
            if retention_ms is None or int(retention_ms) < 0:
                continue
            groups: Any = self._client.smembers(groups_key(topic))
            cursors = [cursor_key(group.decode(), topic) for group in groups]
            self._trim(
                keys=[stream_key(topic), groups_key(topic), *cursors], args=[int(retention_ms)]
            )
