"""Redis Streams as the bus: the embedded default. A topic is one stream, with one partition.

Owns sending, the retentions and looking at topics; consuming is `redis_consumer.py`. No consumer
groups of Redis: after a takeover one delivered 3, 4 and then 1, 2. The one thing to know: the
server must fsync before it replies, since outboxes are trimmed on its word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.bus.lease import LUA
from shared.bus.port import (
    BusUnavailable,
    Consumer,
    Ends,
    OutRecord,
    Producer,
    Record,
    TopicSpec,
    check_sizes,
)
from shared.bus.redis_consumer import RedisStreamsConsumer
from shared.bus.redis_wire import (
    RETENTION_KEY,
    cursor_key,
    pack_headers,
    stream_key,
    to_record,
    translated,
)

TIMEOUT_S = 10.0
"""Longer than any blocking read and than a slow fsync; a server silent for longer is down."""
READ_CHUNK = 500
MOST_COUNTED = 5_000
"""Of a lag: counting goes through the entries, a few milliseconds for so many."""


class RedisStreamsProducer:
    """Sends in one transaction: all records of a send are written, in order, or none."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._finished = False

    def send(self, records: Sequence[OutRecord]) -> Ends:
        if self._finished:
            raise BusUnavailable("this producer failed before; make another")
        check_sizes(records)
        if not records:
            return {}
        pipe = self._client.pipeline(transaction=True)
        command: Any = pipe.execute_command  # untyped in redis-py
        for record in records:
            value = () if record.value is None else ("v", record.value)
            head = ("k", record.key, "h", pack_headers(record.headers))
            command("XADD", stream_key(record.topic), "*", *head, *value)
        topics = list(dict.fromkeys(record.topic for record in records))
        for topic in topics:
            command("XINFO STREAM", stream_key(topic))
        try:
            with translated():
                replies: list[Any] = pipe.execute()
        except BusUnavailable:
            self._finished = True
            raise
        infos = replies[len(records) :]
        return {(topic, 0): _end(info) for topic, info in zip(topics, infos, strict=True)}

    def close(self) -> None:
        self._finished = True


class RedisStreamsBus:
    """See `shared.bus.port.Bus`. One connection pool for all of its producers and consumers."""

    name = "redis"

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            # A repeated XADD could land after a newer record; who sends again decides elsewhere.
            retry=Retry(NoBackoff(), 0),
            protocol=2,
        )
        self._lag = self._client.register_script((LUA / "lag.lua").read_text("utf-8"))

    def producer(self) -> Producer:
        return RedisStreamsProducer(self._client)

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        return RedisStreamsConsumer(self._client, group, topics)

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> list[str]:
        """A stream exists from its first record on; what is kept here is the retention, without
        which nothing is ever trimmed."""
        with translated():
            return [
                spec.name
                for spec in specs
                if self._client.hset(RETENTION_KEY, spec.name, str(spec.retention_ms))
            ]

    def end_offsets(self, topic: str) -> Mapping[int, int]:
        info = self._info(topic)
        return {} if info is None else {0: _end(info)}

    def lag(self, group: str, topics: Sequence[str]) -> Mapping[tuple[str, int], int]:
        with translated():
            answers: list[Any] = [
                self._lag(keys=[stream_key(topic), cursor_key(group, topic)], args=[MOST_COUNTED])
                for topic in topics
            ]
        return {(topic, 0): answer[1] for topic, answer in zip(topics, answers, strict=True)}

    def read_all(self, topic: str) -> Iterator[Record]:
        info = self._info(topic)
        end, start = b"" if info is None else _field(info, "last-generated-id"), "-"
        while end:
            with translated():
                entries: Any = self._client.xrange(stream_key(topic), start, end, count=READ_CHUNK)
            if not entries:
                return
            for entry_id, fields in entries:
                yield to_record(topic, entry_id, fields)
            start = f"({entries[-1][0].decode()}"

    def _info(self, topic: str) -> Mapping[Any, Any] | None:
        ask: Any = self._client.execute_command  # untyped in redis-py
        with translated():
            try:
                info: Mapping[Any, Any] = ask("XINFO STREAM", stream_key(topic))
            except redis.exceptions.ResponseError as error:
                if "no such key" in str(error):
                    return None
                raise
        return info

    def close(self) -> None:
        self._client.close()


def _end(info: Mapping[Any, Any]) -> int:
    """How many entries were ever added. Not the last id: ids are times, and a stream that was lost
    and begun again would soon be beyond them; nor the length, which trimming shortens."""
    return int(_field(info, "entries-added"))


def _field(info: Mapping[Any, Any], name: str) -> Any:
    """A field of XINFO, whose names the client gives as text or bytes, depending on its version."""
    return info[name] if name in info else info[name.encode()]
