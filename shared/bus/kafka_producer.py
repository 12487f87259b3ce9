"""Sending to Kafka: everything acknowledged, in order, or an error.

The one thing to know: kafka-python's default producer hangs for ever once a record under way has
passed its delivery time-out; the settings below were seen to recover by themselves.
"""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError

from shared.bus.kafka_settings import translated
from shared.bus.port import BusUnavailable, Ends, OutRecord, RecordTooLarge, check_sizes

# After this the relay gives up and starts afresh; electing a leader takes less.
DELIVERY_TIMEOUT_MS = 20_000
FLUSH_TIMEOUT_S = 25.0  # above the delivery time-out: every future is decided by then
METADATA_TIMEOUT_MS = 8_000  # for a topic's leaders, who may just be electing one
BATCH_BYTES = 256 * 1024  # a whole chunk of the relay per partition in one request
LINGER_MS = 50  # collects a chunk; `flush` ends the wait as soon as the last record is in

_TOO_LARGE = (MessageSizeTooLargeError, RecordListTooLargeError)


class KafkaBusProducer:
    """See `shared.bus.port.Producer`."""

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._client: KafkaProducer | None = None
        self._pid = 0
        self._finished = False

    def send(self, records: Sequence[OutRecord]) -> Ends:
        if self._finished:
            raise BusUnavailable("this producer failed before; make another")
        check_sizes(records)
        if not records:
            return {}
        try:
            with translated():
                return self._send(records)
        except BusUnavailable:
            self._give_up()
            raise

    def _send(self, records: Sequence[OutRecord]) -> Ends:
        client = self._connected()
        futures = [
            client.send(r.topic, value=r.value, key=r.key, headers=list(r.headers)) for r in records
        ]
        # Only to hurry: it stumbles over a batch that the client splits. The futures have the say.
        with suppress(KafkaError):
            client.flush(timeout=FLUSH_TIMEOUT_S)
        deadline = time.monotonic() + FLUSH_TIMEOUT_S
        ends: dict[tuple[str, int], int] = {}
        refused: list[OutRecord] = []
        for record, future in zip(records, futures, strict=True):
            try:
                written = future.get(timeout=max(0.0, deadline - time.monotonic()))
            except _TOO_LARGE:
                refused.append(record)  # an operator gave the topic a lower limit than ours
            else:
                where = (written.topic, written.partition)
                ends[where] = max(ends.get(where, 0), written.offset + 1)
        if refused:
            raise RecordTooLarge(refused)
        return ends

    def _connected(self) -> KafkaProducer:
        if self._client is None:
            self._pid = os.getpid()
            self._client = KafkaProducer(
                **self._options,
                # The idempotent default never sends again once a record passed its delivery time-out.
                enable_idempotence=False,
                acks="all",
                # With more than one request under way, a retry would overtake.
                max_in_flight_requests_per_connection=1,
                allow_auto_create_topics=False,
                delivery_timeout_ms=DELIVERY_TIMEOUT_MS,
                max_block_ms=METADATA_TIMEOUT_MS,
                batch_size=BATCH_BYTES,
                linger_ms=LINGER_MS,
            )
        if self._pid != os.getpid():
            raise BusUnavailable("a Kafka producer does not survive a fork")
        return self._client

    def close(self) -> None:
        self._give_up()

    def _give_up(self) -> None:
        self._finished = True
        client, self._client = self._client, None
        if client is None or self._pid != os.getpid():
            return
        # First end the sending thread: `close` alone waits for what is under way, and would go on
        # sending it behind the back of whoever sends next.
        with suppress(AttributeError):
            client._sender.force_close()
        with suppress(KafkaError):
            client.close(timeout=1)
