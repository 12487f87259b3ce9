"""What replicas are for: reads that may be late, and a booking that outlives its primary."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import redis
from cryptography.fernet import Fernet

from services.booking.config import BookingSettings
from services.booking.store import keys
from services.booking.wiring import build
from shared.bus import connect as connect_bus
from shared.errors import ConfigurationError, KezekError
from shared.messaging.relay import Relay
from shared.store.connection import connect
from tests.booking.conftest import OPS, World, direct
from tests.cluster.valkeys import PASSWORD, Node, Valkeys
from tests.support import eventually

KEY = {"Idempotency-Key": "a-key-of-16-signs"}
SLOTS = "/slots?service=plates&centre=almaty-spec-6"


@pytest.fixture
def made(valkeys: Valkeys) -> Iterator[Callable[[int], World]]:
    def make(wait_replicas: int) -> World:
        settings = BookingSettings(
            store_url=valkeys.url, bus_url=valkeys.url, ops_token=OPS, token_key="t", iin_key="i",
            contact_keys=Fernet.generate_key().decode(), rate_limits=False,
            wait_replicas=wait_replicas,
        )  # fmt: skip
        world = World(build(settings))
        world.centre()
        return world

    return make


def searches(node: Node) -> int:
    """How many looks at counts that store has answered."""
    with node.client() as client:
        stats = client.info("commandstats")
    return int(stats.get("cmdstat_mget", {}).get("calls", 0))


def test_slots_are_read_from_replicas_and_from_the_primary_where_there_is_none(
    valkeys: Valkeys, made: Callable[[int], World]
) -> None:
    world = made(0)
    eventually(lambda: world.get(SLOTS).get_json()["centres"][0]["days"])
    primary, replicas = valkeys.primary(), valkeys.replicas()
    before = searches(primary), sum(map(searches, replicas))
    assert world.get(SLOTS).status_code == 200
    after = searches(primary), sum(map(searches, replicas))
    assert after[0] == before[0]
    assert after[1] > before[1]
    for replica in replicas:
        replica.kill()
    assert world.get(SLOTS).get_json()["centres"][0]["days"]
    assert searches(primary) > after[0]


def test_a_booking_that_no_replica_has_is_a_503_whose_retry_gets_the_answer(
    valkeys: Valkeys, made: Callable[[int], World]
) -> None:
    world, replicas = made(1), valkeys.replicas()
    for replica in replicas:
        replica.kill()
    short = world.post("/bookings", direct(), KEY)
    assert (short.status_code, short.get_json()["error_code"]) == (503, "unavailable")
    assert short.headers["Retry-After"]
    replicas[0].start()
    again = world.post("/bookings", direct(), KEY)
    assert again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert world.deps.client.exists(keys.booking(again.get_json()["reference"]))
    assert len(world.outbox()) == 1


def test_nothing_is_told_that_no_replica_has(
    valkeys: Valkeys, made: Callable[[int], World], redis_bus_url: str
) -> None:
    world = made(0)
    assert world.post("/bookings", direct()).status_code == 201
    bus = connect_bus(redis_bus_url)
    relay = Relay(world.deps.client, keys.PREFIX, bus, wait_replicas=1)
    assert relay.take_over()
    replicas = valkeys.replicas()
    for replica in replicas:
        replica.kill()
    with pytest.raises(KezekError, match="0 of 1 replicas"):
        relay.step(block_s=0.01)
    assert bus.end_offsets("bookings") == {}
    replicas[0].start()

    def told() -> bool:
        try:
            return relay.take_over() and relay.step(block_s=0.01) == 1
        except KezekError:  # not yet
            return False

    eventually(told)
    relay.close()
    bus.close()


def test_writes_never_go_to_a_replica(valkeys: Valkeys) -> None:
    with connect(valkeys.url) as client, connect(valkeys.url, replica=True) as replica:
        client.set("{test}:x", "1")
        assert client.info("replication")["role"] == "master"
        assert replica.info("replication")["role"] == "slave"
        with pytest.raises(redis.RedisError):
            redis.Redis(port=valkeys.replicas()[0].port, password=PASSWORD).set("{test}:x", "2")


@pytest.mark.parametrize(
    "url",
    ["sentinel://host", "sentinel://:secret@/name", "sentinel://a:x/name", "sentinel://a/n/x"],
)
def test_a_sentinel_url_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        connect(url)
    assert "secret" not in str(refused.value)
