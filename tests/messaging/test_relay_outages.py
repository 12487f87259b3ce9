"""The relay and a Kafka broker that is stopped, frozen, or comes back empty-handed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from shared.bus import connect
from shared.bus.port import Bus, BusUnavailable, TopicSpec
from shared.messaging.relay import Relay
from shared.messaging.relay_state import LogWentBack
from tests.messaging.test_relay import OUTBOX, STATE, drain, fill, ids
from tests.servers import KafkaServer
from tests.support import eventually

pytestmark = pytest.mark.slow

TOPIC = "bookings"
KEYS = [f"centre-{n}" for n in range(10)]


class Supervised:
    """Relay processes as a supervisor keeps them: one that raises is replaced by a fresh one."""

    def __init__(self, store: Any, url: str) -> None:
        self._store, self._url = store, url
        self._stop = threading.Event()
        self.failures: list[Exception] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            bus = connect(self._url)
            try:
                Relay(self._store, "{booking}", bus, chunk=50).run(self._stop)
            except Exception as error:
                self.failures.append(error)
            finally:
                bus.close()

    def end(self) -> None:
        self._stop.set()
        self._thread.join(40)
        assert not self._thread.is_alive()


@pytest.fixture
def kafka(own_kafka: KafkaServer) -> Iterator[tuple[KafkaServer, Bus]]:
    bus = connect(own_kafka.url)
    bus.ensure_topics([TopicSpec(TOPIC, -1)])
    yield own_kafka, bus
    bus.close()


def everything_arrived(url: str, count: int) -> bool:
    """Every entry is in the log, and of each key the versions grow where they are new."""
    bus = connect(url)
    try:
        got = ids(list(bus.read_all(TOPIC)))
    except BusUnavailable:
        return False
    finally:
        bus.close()
    first_time = list(dict.fromkeys(got))
    for key in KEYS:
        assert [i for i in first_time if i.startswith(f"{key}-")] == [
            f"{key}-{n}" for n in range(count)
        ]
    return True


def test_a_broker_frozen_past_the_delivery_timeout_loses_nothing(
    store: Any, kafka: tuple[KafkaServer, Bus]
) -> None:
    server, _ = kafka
    relays = Supervised(store, server.url)
    fill(store, TOPIC, range(20), KEYS)
    eventually(lambda: everything_arrived(server.url, 20))
    server.signal(signal.SIGSTOP)
    try:
        fill(store, TOPIC, range(20, 60), KEYS)
        eventually(lambda: relays.failures, timeout=60)
        eventually(lambda: store.hget(STATE, "bus") == b"down")
    finally:
        server.signal(signal.SIGCONT)
    fill(store, TOPIC, range(60, 70), KEYS)
    eventually(lambda: everything_arrived(server.url, 70), timeout=90)
    eventually(lambda: store.hget(STATE, "bus") == b"ok")
    assert all(isinstance(error, BusUnavailable) for error in relays.failures)
    relays.end()


def test_a_broker_killed_and_started_again_gets_the_rest(
    store: Any, kafka: tuple[KafkaServer, Bus]
) -> None:
    server, _ = kafka
    relays = Supervised(store, server.url)
    fill(store, TOPIC, range(20), KEYS)
    eventually(lambda: everything_arrived(server.url, 20))
    server.kill()
    fill(store, TOPIC, range(20, 40), KEYS)
    eventually(lambda: store.hget(STATE, "bus") == b"down", timeout=60)
    server.start()
    eventually(lambda: everything_arrived(server.url, 40), timeout=90)
    eventually(lambda: store.xlen(OUTBOX) == 1)
    relays.end()


def test_a_relay_started_while_the_broker_is_down_waits_and_says_so(
    store: Any, kafka: tuple[KafkaServer, Bus]
) -> None:
    server, _ = kafka
    server.stop()
    relays = Supervised(store, server.url)
    fill(store, TOPIC, range(3), KEYS)
    eventually(lambda: store.hget(STATE, "bus") == b"down", timeout=60)
    assert relays.failures == []
    server.start()
    eventually(lambda: everything_arrived(server.url, 3), timeout=60)
    relays.end()


def test_a_broker_back_without_its_data_stops_the_relay(
    store: Any, kafka: tuple[KafkaServer, Bus]
) -> None:
    server, bus = kafka
    relay = Relay(store, "{booking}", bus)
    fill(store, TOPIC, range(5), KEYS)
    drain(relay)
    relay.close()
    bus.close()
    server.stop()
    server.lose_data()
    server.start()
    after = connect(server.url)
    after.ensure_topics([TopicSpec(TOPIC, -1)])
    fill(store, TOPIC, range(5, 6), KEYS)
    relay = Relay(store, "{booking}", after)
    assert relay.take_over()
    with pytest.raises(LogWentBack, match="was acknowledged"):
        relay.check_bus()
    assert store.hget(STATE, "bus") == b"went_back"
    relay.close()
    after.close()
