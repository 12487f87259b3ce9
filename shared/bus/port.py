"""The port that both buses implement. Its docstrings are the contract; `tests/bus` holds them to
it.

Owns the records, the protocols and the errors. The one thing to know: delivery is at least once and
in order per key as sent, but a log may hold duplicates, and an old record after a newer one, where
a sender died between the send and its answer. Readers apply by version (docs/consuming-events.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from shared.errors import KezekError, Retryable

MAX_RECORD_BYTES = 1_000_000
"""Key, value and headers together. One limit for both buses, below Kafka's own default of 1 MiB, so
that what was accepted on one bus is never refused by the other."""

PARTITIONS = 12
"""Of a topic on Kafka; Redis Streams has one. More than the consumers any app will run; changing it
later would break the order per key."""

POLL_LIMIT_S = 300.0
"""A consumer that has not polled for this long loses its partitions, so that a handler that hangs
does not hold them for ever. Whoever works between two polls must stay well below it."""

MAX_POLL_RECORDS = 500
"""The most records one poll returns."""


class BusError(KezekError):
    """Root of what a bus can refuse."""


class BusUnavailable(BusError, Retryable):
    """The bus did not answer, or did not acknowledge everything. Of a send, any part may have been
    written, and may still be written later: send all of it again, with a new producer."""


class RecordTooLarge(BusError):
    """`records` can never be sent. The producer stays usable; the others of the same send may or
    may not have been written: send them again without these."""

    def __init__(self, records: Sequence[OutRecord]) -> None:
        self.records = tuple(records)
        super().__init__(f"{len(self.records)} record(s) above the limit of the bus")


class OwnershipLost(BusError):
    """The partition belongs to another consumer of the group by now: nothing was committed, and the
    new owner gets what is uncommitted. Drop what was polled and poll again."""


class OutRecord(NamedTuple):
    """A record to be sent. Records of one topic and key keep their order."""

    topic: str
    key: bytes
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]


class Record(NamedTuple):
    """A record read. `offset` grows within its partition; beyond that it means nothing."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp_ms: int


class TopicSpec(NamedTuple):
    """A topic to be created. `retention_ms` of -1 keeps everything. Never compacted."""

    name: str
    retention_ms: int


Ends = Mapping[tuple[str, int], int]
"""(topic, partition) to an end: a number that grows with every record written there, 0 if none
was."""


class Producer(Protocol):
    def send(self, records: Sequence[OutRecord]) -> Ends:
        """Returns once every record is acknowledged as durable; the ends the log has reached with
        them.

        Raises `RecordTooLarge`, and `BusUnavailable` if any record was not acknowledged within
        about 20 s. After `BusUnavailable` the producer is finished and every later send raises it
        too: what is sent after a failure could overtake what is still under way. One thread at a
        time; a producer does not survive a fork.
        """
        ...

    def close(self) -> None: ...


class Consumer(Protocol):
    """One member of a group. One thread. Each record goes to one member at a time; a record that is
    not committed is delivered again, to the next owner of its partition."""

    def poll(self, timeout_s: float) -> Sequence[Record]:
        """New records, in order per partition, as soon as there are any; empty after `timeout_s`.

        Starts after the last committed record, for a new group at the earliest one kept. A member
        that owns nothing at the moment gets nothing. Raises `BusUnavailable`.
        """
        ...

    def commit(self, *records: Record) -> None:
        """These records, and all before each in its partition, are done: call it after the effect.

        Raises `OwnershipLost` (nothing committed), `BusUnavailable` (unknown whether committed).
        """
        ...

    def close(self) -> None:
        """Leaves the group at once, so that others need not wait. Commits nothing."""
        ...


class Bus(Protocol):
    """Thread-safe. `name` tells the kind of bus: ends of one say nothing about another."""

    name: str

    def producer(self) -> Producer: ...

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer: ...

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> list[str]:
        """Creates what is missing and returns their names; leaves existing topics as they are.
        Idempotent. Raises `BusUnavailable`."""
        ...

    def end_offsets(self, topic: str) -> Mapping[int, int]:
        """Partition to end; empty for a topic that does not exist. Raises `BusUnavailable`."""
        ...

    def lag(self, group: str, topics: Sequence[str]) -> Mapping[tuple[str, int], int]:
        """How many records of each (topic, partition) the group has not committed; a bus may stop
        counting at some thousands. For watching, never for decisions. Raises `BusUnavailable`."""
        ...

    def read_all(self, topic: str) -> Iterator[Record]:
        """Every record kept, up to the ends at the time of the call; of no group. Order is kept per
        partition. Raises `BusUnavailable`."""
        ...

    def close(self) -> None: ...


def size(record: OutRecord) -> int:
    """Bytes that count against `MAX_RECORD_BYTES`."""
    headers = sum(len(name.encode()) + len(value) for name, value in record.headers)
    return len(record.key) + len(record.value or b"") + headers


def check_sizes(records: Sequence[OutRecord]) -> None:
    """Raises `RecordTooLarge` for those above the limit, before any is sent."""
    too_large = [record for record in records if size(record) > MAX_RECORD_BYTES]
    if too_large:
        raise RecordTooLarge(too_large)
