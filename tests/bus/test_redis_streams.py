"""What only Redis Streams have: trimming, and the lease of a group."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from shared.bus.lease import Lease
from shared.bus.port import BusUnavailable, OutRecord, TopicSpec
from shared.bus.redis_consumer import RedisStreamsConsumer
from shared.bus.redis_streams import RedisStreamsBus
from tests.support import eventually


@pytest.fixture
def client(redis_bus_url: str) -> Iterator[Any]:
    with redis.Redis.from_url(redis_bus_url) as client:
        yield client


@pytest.fixture
def bus(redis_bus_url: str) -> Iterator[RedisStreamsBus]:
    bus = RedisStreamsBus(redis_bus_url)
    yield bus
    bus.close()


def send(bus: RedisStreamsBus, count: int, topic: str = "bookings") -> None:
    bus.producer().send([OutRecord(topic, b"k", b"v", ()) for _ in range(count)])


def consumer(client: Any, group: str, *topics: str) -> RedisStreamsConsumer:
    """Trims at every commit."""
    return RedisStreamsConsumer(client, group, topics or ("bookings",), trim_every_s=0.0)


def test_what_every_group_has_committed_and_is_old_is_trimmed(
    bus: RedisStreamsBus, client: Any
) -> None:
    bus.ensure_topics([TopicSpec("bookings", 0)])
    send(bus, 10)
    fast, slow = consumer(client, "fast"), consumer(client, "slow")
    ahead, behind = fast.poll(1.0), slow.poll(1.0)
    fast.commit(*ahead)
    assert client.xlen("{bus}:bookings") == 10  # `slow` is registered and has read nothing for good
    slow.commit(behind[3])
    assert [i for i, _ in client.xrange("{bus}:bookings")][0] == client.get(
        "{bus}:cursor:slow:bookings"
    )
    assert client.xlen("{bus}:bookings") == 7
    fast.close()
    slow.close()
    again = consumer(client, "slow")
    assert len(again.poll(1.0)) == 6
    again.close()


@pytest.mark.parametrize("retention_ms", [-1, 3_600_000])
def test_what_is_to_be_kept_is_kept(bus: RedisStreamsBus, client: Any, retention_ms: int) -> None:
    bus.ensure_topics([TopicSpec("bookings", retention_ms)])
    send(bus, 10)
    only = consumer(client, "only")
    only.commit(*only.poll(1.0))
    only.close()
    assert client.xlen("{bus}:bookings") == 10


def test_a_topic_nobody_declared_is_kept(bus: RedisStreamsBus, client: Any) -> None:
    send(bus, 10)
    only = consumer(client, "only")
    only.commit(*only.poll(1.0))
    only.close()
    assert client.xlen("{bus}:bookings") == 10


def test_the_end_does_not_go_back_when_the_stream_is_trimmed(
    bus: RedisStreamsBus, client: Any
) -> None:
    send(bus, 3)
    end = bus.end_offsets("bookings")
    client.xtrim("{bus}:bookings", maxlen=0)
    assert bus.end_offsets("bookings") == end


def test_a_send_writes_all_or_nothing(bus: RedisStreamsBus, client: Any) -> None:
    client.set("{bus}:broken", "not a stream")
    producer = bus.producer()
    with pytest.raises(BusUnavailable):
        producer.send([OutRecord("broken", b"k", b"v", ())])
    with pytest.raises(BusUnavailable, match="failed before"):
        producer.send([OutRecord("bookings", b"k", b"v", ())])
    assert client.exists("{bus}:bookings") == 0


def test_one_member_of_a_group_owns_all_and_another_takes_over_at_once_when_it_leaves(
    bus: RedisStreamsBus, client: Any
) -> None:
    send(bus, 3)
    first, second = consumer(client, "g"), consumer(client, "g")
    assert len(first.poll(1.0)) == 3
    assert second.poll(0.1) == []
    first.close()
    assert len(second.poll(1.0)) == 3
    second.close()


def test_a_lease_is_renewed_while_it_is_used_and_lost_by_who_hangs(client: Any) -> None:
    lease = Lease(client, "lease", ttl_ms=300, idle_limit_s=1.0)
    assert lease.acquire()
    assert not Lease(client, "lease").acquire()
    deadline = time.monotonic() + 1.0

    def outlived_its_ttl() -> bool:
        assert lease.held
        lease.touch()
        return time.monotonic() > deadline

    eventually(outlived_its_ttl)
    eventually(lambda: not lease.held)
    eventually(lambda: client.get("lease") is None)


def test_a_lease_taken_by_another_is_noticed_and_not_released(client: Any) -> None:
    lease = Lease(client, "lease", ttl_ms=300)
    assert lease.acquire()
    client.set("lease", "another")
    eventually(lambda: not lease.held)
    lease.release()
    assert client.get("lease") == b"another"
