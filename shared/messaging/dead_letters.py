"""Dead letters: records that could not be handled, kept whole with the reason and their origin.

Owns the headers `dlq_*` of the topics `<topic>-dlq`. The one thing to know: a dead letter counts
only once it is acknowledged; who cannot write it must exit without committing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from shared.bus.port import OutRecord, Producer, Record, RecordTooLarge
from shared.contracts.registry import dead_letter_topic

REASON = "dlq_reason"
TOPIC = "dlq_topic"
PARTITION = "dlq_partition"
OFFSET = "dlq_offset"
BY = "dlq_by"
AT = "dlq_at"
OMITTED = "dlq_value_omitted"
"""Set where the value did not fit; it says where the whole record still is."""
REDRIVEN = "dlq_redriven"
"""On a marker without value: this dead letter (partition/offset) went back to its topic."""

MAX_REASON = 500


def _now() -> datetime:
    return datetime.now(UTC)


class DeadLetters:
    """`by` names who gives up: a consumer group or a relay."""

    def __init__(self, producer: Producer, by: str, *, now: Callable[[], datetime] = _now) -> None:
        self._producer = producer
        self._by = by
        self._now = now

    def put(self, record: Record, reason: str) -> None:
        """Returns once it is acknowledged; raises `BusUnavailable`. Twice is harmless."""
        origin = {
            TOPIC: record.topic,
            PARTITION: str(record.partition),
            OFFSET: str(record.offset),
        }
        self.send(
            OutRecord(record.topic, record.key or b"", record.value, record.headers),
            reason,
            origin,
            kept_at=f"{record.topic}/{record.partition}/{record.offset}",
        )

    def send(self, record: OutRecord, reason: str, origin: dict[str, str], *, kept_at: str) -> None:
        """As `put`, for a record that has not been on the bus; `kept_at` says where it is whole."""
        about = {**origin, REASON: reason[:MAX_REASON], BY: self._by, AT: self._now().isoformat()}
        letter = OutRecord(
            dead_letter_topic(record.topic),
            record.key,
            record.value,
            (*record.headers, *_encoded(about)),
        )
        try:
            self._producer.send([letter])
        except RecordTooLarge:
            bare = letter._replace(value=None, headers=_encoded({**about, OMITTED: kept_at}))
            self._producer.send([bare])


def _encoded(headers: dict[str, str]) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, value.encode()) for name, value in headers.items())
