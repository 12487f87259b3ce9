"""The log as facts: what every event of some topics says, for recovery.

Owns reading a log up to a point of an app's own outbox. The one thing to know: facts are taken as they
were written and in any order; whoever applies them goes by versions. An outbox entry's id travels as
`ce_sequence`, so a point of the outbox is a point of the log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from shared.bus.port import Bus, OutRecord, Record
from shared.contracts.base import EventType
from shared.contracts.registry import EVENT_TYPES
from shared.messaging.relay import SEQUENCE, to_out_record
from shared.store.connection import Client

EntryId = tuple[int, int]
"""Milliseconds and sequence of an outbox entry."""


class Fact(NamedTuple):
    """One event: its data as written, and its place in its own app's outbox."""

    type: EventType
    data: dict[str, Any]
    entry: EntryId
    own: bool


def entry_id(text: bytes) -> EntryId:
    ms, _, seq = text.partition(b"-")
    return int(ms), int(seq or 0)


def entry_text(entry: EntryId) -> str:
    return f"{entry[0]}-{entry[1]}"


class Log:
    """The records of `topics`; those that `source` (as `/booking`) sent are its own."""

    def __init__(self, bus: Bus, topics: Sequence[str], source: str) -> None:
        self._bus = bus
        self._topics = topics
        self._source = source.encode()

    def facts(self, until: EntryId | None = None) -> Iterator[Fact]:
        """All that is kept, but for own ones beyond `until`. Raises `BusUnavailable`."""
        for topic in self._topics:
            for record in self._bus.read_all(topic):
                fact = self._fact(record)
                if fact and not (until and fact.own and fact.entry > until):
                    yield fact

    def _fact(self, record: Record | OutRecord) -> Fact | None:
        """None for what this app does not know, and for what no consumer could read either."""
        headers = dict(record.headers)
        event_type = EVENT_TYPES.get(headers.get("ce_type", b"").decode("utf-8", "replace"))
        if event_type is None or not record.value:
            return None
        try:
            data = orjson.loads(record.value)
            entry = entry_id(headers.get(SEQUENCE, b"0-0"))
        except ValueError:
            return None
        return Fact(event_type, data, entry, headers.get("ce_source") == self._source)

    def waiting(self, client: Client, prefix: str) -> Iterator[Fact]:
        """What is in the outbox and not acknowledged."""
        cursor: Any = client.get(f"{prefix}:relay:cursor") or b"0-0"
        entries: Any = client.xrange(f"{prefix}:outbox", min=f"({cursor.decode()}", max="+")
        for name, fields in entries:
            fact = self._fact(to_out_record(name, fields))
            if fact:
                yield fact


def outbox_top(client: Client, prefix: str) -> EntryId | None:
    """The id of the last entry there ever was; None where there never was one."""
    if not client.exists(f"{prefix}:outbox"):
        cursor: Any = client.get(f"{prefix}:relay:cursor")
        return entry_id(cursor) if cursor else None
    info: Any = client.execute_command("XINFO STREAM", f"{prefix}:outbox")
    last = info.get("last-generated-id", info.get(b"last-generated-id"))
    return entry_id(last if isinstance(last, bytes) else str(last).encode())


def chunks(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    chunk: list[Any] = []
    for item in items:
        chunk.append(item)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
