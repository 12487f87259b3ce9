"""One member of a Kafka consumer group.

Owns positions across rebalances. The one thing to know: partitions change hands inside `poll` only;
what was polled before that and not committed belongs to the new owner, and committing it is
refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from kafka import (
    ConsumerRebalanceListener,
    KafkaConsumer,
    OffsetAndMetadata,
    TopicPartition,
)
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from kafka.errors import (
    CommitFailedError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)

from shared.bus.kafka_settings import REQUEST_TIMEOUT_MS, translated
from shared.bus.port import MAX_POLL_RECORDS, POLL_LIMIT_S, OwnershipLost, Record
from shared.bus.turns import Turns

SESSION_TIMEOUT_MS = (
    10_000  # how long the partitions of a killed member wait; brokers allow 6 s at least
)
HEARTBEAT_MS = 2_000
CLOSE_TIMEOUT_MS = 3_000

_NOT_OURS = (
    CommitFailedError,
    IllegalGenerationError,
    RebalanceInProgressError,
    UnknownMemberIdError,
)


def to_record(found: Any) -> Record:
    return Record(
        found.topic,
        found.partition,
        found.offset,
        found.key,
        found.value,
        tuple(found.headers or ()),
        found.timestamp,
    )


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Ends turns. Committing in here would raise, so what is revoked is just forgotten.

    kafka-python keeps the position of a partition that stays with its owner, so what was polled and
    not committed would be passed over: it is sought again.
    """

    def __init__(self, turns: Turns, seek: Callable[[TopicPartition, int], None]) -> None:
        self._turns = turns
        self._seek = seek
        self._again: dict[tuple[str, int], int] = {}

    def on_partitions_revoked(self, revoked: Iterable[TopicPartition]) -> None:
        # May be called twice before the next assignment: a join can fail.
        self._again.update(self._turns.uncommitted())
        self._turns.forget_all()

    def on_partitions_lost(self, lost: Iterable[TopicPartition]) -> None:
        self._again.clear()
        self._turns.forget_all()

    def on_partitions_assigned(self, assigned: Iterable[TopicPartition]) -> None:
        for partition in assigned:
            if partition in self._again:
                self._seek(partition, self._again[partition])
        self._again.clear()


class KafkaBusConsumer:
    """See `shared.bus.port.Consumer`."""

    def __init__(self, options: Mapping[str, Any], group: str, topics: Sequence[str]) -> None:
        self._options = options
        self._group = group
        self._topics = tuple(topics)
        self._turns = Turns()
        self._client: KafkaConsumer | None = None

    def poll(self, timeout_s: float) -> Sequence[Record]:
        with translated():
            polled = self._connected().poll(timeout_ms=int(timeout_s * 1000))
        records = [to_record(found) for batch in polled.values() for found in batch]
        self._turns.polled(records)
        return records

    def commit(self, *records: Record) -> None:
        done = self._turns.to_commit(records)
        if not done:
            return
        # Kafka keeps the next offset to be read.
        offsets = {
            TopicPartition(*partition): OffsetAndMetadata(offset + 1, "", -1)
            for partition, offset in done.items()
        }
        with translated():
            try:
                self._connected().commit(offsets, timeout_ms=REQUEST_TIMEOUT_MS)
            except _NOT_OURS as error:
                raise OwnershipLost(f"{self._group}: {type(error).__name__}") from error
        self._turns.committed(done)

    def close(self) -> None:
        client, self._client = self._client, None
        self._turns.forget_all()
        if client is not None:
            client.close(autocommit=False, timeout_ms=CLOSE_TIMEOUT_MS)

    def _connected(self) -> KafkaConsumer:
        if self._client is None:
            self._client = KafkaConsumer(
                **self._options,
                group_id=self._group,
                # Auto-commit would commit before the effect.
                enable_auto_commit=False,
                # `latest` would skip what was sent before a new group's first poll.
                auto_offset_reset="earliest",
                allow_auto_create_topics=False,
                # No cooperative or server-side (KIP-848) assignment: `Turns` counts on eager revoking.
                partition_assignment_strategy=(RangePartitionAssignor, RoundRobinPartitionAssignor),
                session_timeout_ms=SESSION_TIMEOUT_MS,
                heartbeat_interval_ms=HEARTBEAT_MS,
                max_poll_interval_ms=int(POLL_LIMIT_S * 1000),
                max_poll_records=MAX_POLL_RECORDS,
            )
            self._client.subscribe(
                topics=self._topics, listener=_Listener(self._turns, self._client.seek)
            )
        return self._client
