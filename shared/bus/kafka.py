"""Kafka as the bus, 3.9 to 4.x: what docker compose and any deployment use.

Owns the topics and looking at them; sending is `kafka_producer.py`, consuming `kafka_consumer.py`.
The one thing to know: kafka-python's defaults lose events or hang, so every setting that differs
has its reason beside it; clients connect at first use.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from kafka.errors import TopicAlreadyExistsError

from shared.bus.kafka_consumer import KafkaBusConsumer, to_record
from shared.bus.kafka_producer import KafkaBusProducer
from shared.bus.kafka_settings import (
    CONNECT_TIMEOUT_MS,
    METADATA_MAX_AGE_MS,
    RECONNECT_MAX_MS,
    REQUEST_TIMEOUT_MS,
    translated,
)
from shared.bus.port import PARTITIONS, Consumer, Producer, Record, TopicSpec

# Kafka's own default, stated: above MAX_RECORD_BYTES and what a batch adds to it.
TOPIC_MAX_MESSAGE_BYTES = 1_048_588


class KafkaBus:
    """See `shared.bus.port.Bus`. `options` go to every client: room for SASL and TLS."""

    name = "kafka"

    def __init__(
        self,
        bootstrap_servers: Sequence[str],
        *,
        replication_factor: int = 1,
        options: Mapping[str, Any] | None = None,
    ) -> None:
        chatter = logging.getLogger("kafka")
        if chatter.level == logging.NOTSET:
            # It repeats several times a second that a broker is down; whoever called us says it once.
            chatter.setLevel(logging.CRITICAL)
        self._replication_factor = replication_factor
        self._options: dict[str, Any] = {
            "bootstrap_servers": list(bootstrap_servers),
            "client_id": "kezek",
            "request_timeout_ms": REQUEST_TIMEOUT_MS,
            "bootstrap_timeout_ms": CONNECT_TIMEOUT_MS,
            "reconnect_backoff_max_ms": RECONNECT_MAX_MS,
            "metadata_max_age_ms": METADATA_MAX_AGE_MS,
            **(options or {}),
        }
        self._lock = threading.Lock()
        self._reader: KafkaConsumer | None = None
        self._admin: KafkaAdminClient | None = None

    def producer(self) -> Producer:
        return KafkaBusProducer(self._options)

    def consumer(self, group: str, topics: Sequence[str]) -> Consumer:
        return KafkaBusConsumer(self._options, group, topics)

    def ensure_topics(self, specs: Sequence[TopicSpec]) -> list[str]:
        with translated():
            admin = KafkaAdminClient(**self._options)
            try:
                return [spec.name for spec in specs if self._create(admin, spec)]
            finally:
                admin.close()

    def _create(self, admin: KafkaAdminClient, spec: TopicSpec) -> bool:
        configs = {
            "retention.ms": str(spec.retention_ms),
            # Not compacted: a zombie's late record would survive compaction as the only one.
            "cleanup.policy": "delete",
            "max.message.bytes": str(TOPIC_MAX_MESSAGE_BYTES),
            # One broker may be away; with two away nothing is acknowledged, so nothing can be lost.
            "min.insync.replicas": str(max(1, self._replication_factor - 1)),
        }
        wanted = {
            "num_partitions": PARTITIONS,
            "replication_factor": self._replication_factor,
            "configs": configs,
        }
        try:
            admin.create_topics(
                {spec.name: wanted}, timeout_ms=REQUEST_TIMEOUT_MS, wait_for_metadata=True
            )
        except TopicAlreadyExistsError:
            return False
        return True

    def end_offsets(self, topic: str) -> Mapping[int, int]:
        with self._lock, translated():
            if self._reader is None:
                self._reader = self._plain_consumer()
            return _ends(self._reader, topic)

    def lag(self, group: str, topics: Sequence[str]) -> Mapping[tuple[str, int], int]:
        with self._lock, translated():
            if self._reader is None:
                self._reader = self._plain_consumer()
            if self._admin is None:
                self._admin = KafkaAdminClient(**self._options)
            done = self._admin.list_group_offsets({group: None}).get(group, {})
            found = {}
            for topic in topics:
                partitions = _partitions(self._reader, topic)
                begins = self._reader.beginning_offsets(partitions, timeout_ms=REQUEST_TIMEOUT_MS)
                for number, end in _ends(self._reader, topic).items():
                    partition = TopicPartition(topic, number)
                    committed = done[partition].offset if partition in done else -1
                    found[topic, number] = max(0, end - max(committed, begins.get(partition, 0)))
        return found

    def read_all(self, topic: str) -> Iterator[Record]:
        with translated():
            reader = self._plain_consumer()
        try:
            with translated():
                ends = {TopicPartition(topic, p): end for p, end in _ends(reader, topic).items()}
                reader.assign(list(ends))
                reader.seek_to_beginning()
            while any(reader.position(partition) < end for partition, end in ends.items()):
                with translated():
                    polled = reader.poll(timeout_ms=1000)
                for partition, batch in polled.items():
                    yield from (to_record(r) for r in batch if r.offset < ends[partition])
        finally:
            reader.close(autocommit=False)

    def _plain_consumer(self) -> KafkaConsumer:
        """Of no group; for looking only."""
        return KafkaConsumer(
            **self._options,
            group_id=None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            allow_auto_create_topics=False,
        )

    def close(self) -> None:
        with self._lock:
            if self._reader is not None:
                self._reader.close(autocommit=False)
                self._reader = None
            if self._admin is not None:
                self._admin.close()
                self._admin = None


def _partitions(reader: KafkaConsumer, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, number) for number in reader.partitions_for_topic(topic) or ()]


def _ends(reader: KafkaConsumer, topic: str) -> Mapping[int, int]:
    partitions = _partitions(reader, topic)
    if not partitions:
        return {}
    found = reader.end_offsets(partitions, timeout_ms=REQUEST_TIMEOUT_MS)
    return {partition.partition: end for partition, end in found.items()}
