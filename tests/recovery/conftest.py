"""A world whose log is real: the booking app, its relay, a bus, and a scratch server."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from services.booking.recovery import BookingRecovery
from services.booking.store import keys
from shared.bus import connect as connect_bus
from shared.bus.port import Bus
from shared.contracts.centres import CHANGED
from shared.contracts.codec import encode
from shared.messaging import recovery
from shared.messaging.recovery import Recoverable, Verdict
from shared.messaging.relay import Relay, to_out_record
from shared.messaging.topics import specs
from shared.store.connection import Client
from shared.store.scratch import frozen
from tests.booking.conftest import World, make_world  # noqa: F401 - a fixture
from tests.conftest import running
from tests.servers import KafkaServer, ValkeyServer

RULES = BookingRecovery(retention_days=30, new_booking_days=10)


@pytest.fixture(scope="session")
def scratch_server() -> Iterator[ValkeyServer]:
    """Becomes a copy of other servers, so nothing else may be in it."""
    yield from running(ValkeyServer(save=False))


@pytest.fixture
def bus(request: pytest.FixtureRequest) -> Iterator[Bus]:
    """On Redis Streams, or where a test asks for it by parameter, on a Kafka of its own."""
    if getattr(request, "param", "redis") == "kafka":
        server: KafkaServer = request.getfixturevalue("own_kafka")
        url = server.url
    else:
        url = request.getfixturevalue("redis_bus_url")
    bus = connect_bus(url)
    bus.ensure_topics(specs())
    yield bus
    bus.close()


both_buses = pytest.mark.parametrize("bus", ["redis", "kafka"], indirect=True)


class Recovered:
    """Recovery of booking as its commands do it, on the world's store and the bus."""

    def __init__(self, client: Client, url: str, scratch_url: str, bus: Bus) -> None:
        self.app: Recoverable = RULES
        self.client, self.url, self.scratch_url, self.bus = client, url, scratch_url, bus

    def relay(self) -> int:
        """Everything in the outbox to the bus; how many entries."""
        relay = Relay(self.client, self.app.prefix, self.bus)
        count = 0
        try:
            assert relay.take_over()
            while sent := relay.step(block_s=0.01):
                count += sent
        finally:
            relay.close()
        return count

    def verify(self) -> Verdict:
        with frozen(self.url, self.scratch_url) as (copy, scratch):
            return recovery.verify(self.app, copy, scratch, self.bus)

    def backup(self, path: Path) -> int:
        with frozen(self.url, self.scratch_url) as (copy, _):
            return recovery.backup(self.app, copy, path)

    def restore(self, path: Path) -> tuple[int, int]:
        return recovery.restore(self.app, self.client, path, self.bus)

    def rebuild(self) -> int:
        return recovery.rebuild(self.app, self.client, self.bus)

    def reseed(self) -> int:
        return recovery.reseed(self.app, self.client, say=lambda _line: None)

    def canonical(self) -> dict[str, Any]:
        now_ms = time.time_ns() // 1_000_000
        kept = self.client.hget(keys.CLOCK, "offset_ms")
        return dict(self.app.canonical(self.client, now_ms + int(kept or 0)))


def announce(bus: Bus, *documents: dict[str, Any]) -> None:
    """The centres app's events, so that booking's projection is in the log too."""
    records = []
    for document in documents:
        data = {"actor": "ops", "reason": None, "changed": [], "centre": document}
        at = datetime.now(UTC)
        entry = encode(CHANGED, data, key=document["id"], source="/centres", at=at)
        fields = {
            b"t": entry.topic.encode(), b"k": entry.key.encode(), b"h": entry.headers,
            b"v": entry.value,
        }  # fmt: skip
        records.append(to_out_record(b"1-1", fields))
    producer = bus.producer()
    producer.send(records)
    producer.close()


@pytest.fixture
def world(make_world: Callable[..., World], bus: Bus) -> World:  # noqa: F811
    """Two centres, and cool-off, so that places given up are part of the state."""
    made = make_world(cool_off_max_s=1800)
    announce(bus, made.centre(), made.centre("almaty-spec-7"))
    return made


@pytest.fixture
def recovered(world: World, store_url: str, scratch_server: ValkeyServer, bus: Bus) -> Recovered:
    return Recovered(world.deps.client, store_url, scratch_server.url(), bus)
