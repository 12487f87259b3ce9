"""Events: how fast an outbox reaches the bus, and a consumer reads it, on both buses."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from bench.figures import Figure
from bench.servers import valkey
from shared import bus
from shared.bus.port import Bus, TopicSpec
from shared.contracts import bookings
from shared.contracts.codec import Event, encode
from shared.contracts.registry import TOPICS, dead_letter_topic
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.handlers import Handlers
from shared.messaging.relay import CHUNK, Relay
from shared.messaging.runner import Runner
from shared.store.connection import connect

COUNT = 12_000
RELAY_GOAL = 7000.0


def measure(name: str, bus_url: str | None, rounds: int) -> Iterator[Figure]:
    """Relay and consumer on one bus; `bus_url` None: on the store that holds the outbox."""
    relayed = Figure(f"relay, {name}", "events/s", RELAY_GOAL, note=f"chunk {CHUNK}")
    consumed = Figure(f"consumer, {name}", "events/s", note="decoded, validated, committed")
    for number in range(rounds):
        with valkey() as url:
            channel = bus.connect(bus_url or url)
            channel.ensure_topics(_topics())
            with _reader(channel, f"bench-{number}-{time.time_ns()}") as runner:
                while runner.step(0.5):  # what an earlier round left
                    pass
                relayed.values.append(_relay(url, channel))
                consumed.values.append(_consume(runner))
            channel.close()
    yield relayed
    yield consumed


def _topics() -> list[TopicSpec]:
    specs = [TopicSpec(t.name, t.retention_ms) for t in TOPICS.values()]
    return specs + [TopicSpec(dead_letter_topic(t.name), t.retention_ms) for t in specs]


def _relay(url: str, channel: Bus) -> float:
    """Entries a second from a full outbox to the acknowledgement of its last chunk."""
    client = connect(url)
    entries = [
        encode(
            bookings.CONFIRMED, bookings.CONFIRMED.example, key=f"centre-{n % 60}", source="/bench",
            at=datetime.now(UTC),
        )
        for n in range(COUNT)
    ]  # fmt: skip
    pipe = client.pipeline(transaction=False)
    for entry in entries:
        fields: dict[Any, Any] = dict(zip("tkhv", entry, strict=True))
        pipe.xadd("{bench}:outbox", fields)
    pipe.execute()
    relay = Relay(client, "{bench}", channel)
    relay.take_over()
    relay.check_bus(now=True)
    began, sent = time.perf_counter(), 0
    while sent < COUNT:
        sent += relay.step()
    seconds = time.perf_counter() - began
    relay.close()
    return COUNT / seconds


@contextmanager
def _reader(channel: Bus, group: str) -> Iterator[Runner]:
    handlers = Handlers()

    @handlers.handles(*bookings.EVENTS)
    def take(_event: Event, _deps: Any) -> None:
        """Nothing: the figure is the runner's own."""

    consumer = channel.consumer(group, handlers.topics)
    try:
        yield Runner(consumer, handlers, None, DeadLetters(channel.producer(), group))
    finally:
        consumer.close()


def _consume(runner: Runner) -> float:
    began, read = time.perf_counter(), 0
    while read < COUNT:
        read += runner.step(1.0)
    return read / (time.perf_counter() - began)
