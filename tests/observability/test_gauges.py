"""Gauges that are read from a real store at each scrape, and the lag that workers write there."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from shared.bus import connect as connect_bus
from shared.bus.port import Bus, BusUnavailable, OutRecord, TopicSpec
from shared.errors import StoreUnavailable
from shared.messaging.lag import LagWatch
from shared.messaging.relay import Relay
from shared.store.connection import connect
from shared.web.gauges import StoreGauges
from tests.support import eventually

PREFIX = "{booking}"
OUTBOX = "{booking}:outbox"


def gauges(store: Any, checks: Any = dict) -> dict[str, float]:
    """By name, and by name and last labels where there are some beside the app."""
    found: dict[str, float] = {}
    for family in StoreGauges("booking", store, checks).collect():
        for sample in family.samples:
            labels = {k: v for k, v in sample.labels.items() if k not in ("app", "group")}
            found[" ".join([sample.name, *labels.values()])] = sample.value
    return found


def put(store: Any, *, age_s: float = 0, topic: str = "bookings") -> bytes:
    entry_id = f"{int((time.time() - age_s) * 1000)}-*"
    fields = {"t": topic, "k": "almaty-1", "h": b'{"ce_id": "1"}', "v": b"{}"}
    found: bytes = store.xadd(OUTBOX, fields, id=entry_id)
    return found


def test_an_empty_store_has_an_empty_outbox_and_no_relay(store: Any) -> None:
    found = gauges(store)
    assert (found["kezek_store_up"], found["kezek_outbox_entries"]) == (1, 0)
    assert found["kezek_outbox_oldest_age_seconds"] == 0
    assert "kezek_relay_silent_seconds" not in found
    assert "kezek_consumer_silent_seconds" not in found


def test_the_outbox_counts_what_waits_and_how_long(store: Any) -> None:
    for age_s in (500, 300, 100):
        put(store, age_s=age_s)
    found = gauges(store)
    assert found["kezek_outbox_entries"] == 3
    assert 500 <= found["kezek_outbox_oldest_age_seconds"] < 500 + 120


def test_what_is_sent_waits_no_more_though_the_last_one_stays(
    store: Any, redis_bus_url: str
) -> None:
    bus = connect_bus(redis_bus_url)
    relay = Relay(store, PREFIX, bus)
    assert relay.take_over()
    for age_s in (500, 300):
        put(store, age_s=age_s)
    relay.step()
    found = gauges(store)
    assert (found["kezek_outbox_entries"], found["kezek_outbox_oldest_age_seconds"]) == (0, 0)
    assert found["kezek_relay_bus_up"] == 1
    assert 0 <= found["kezek_relay_silent_seconds"] < 120
    put(store)
    assert gauges(store)["kezek_outbox_entries"] == 1
    relay.close()
    bus.close()


def test_checks_become_ok_or_not_and_their_facts_numbers(store: Any) -> None:
    def checks() -> dict[str, Any]:
        return {"store": "ok", "bus": "down: refused", "network": {"centres": 61}}

    found = gauges(store, checks)
    assert (found["kezek_ready_check store"], found["kezek_ready_check bus"]) == (1, 0)
    assert found["kezek_network_centres"] == 61


def test_a_store_that_is_down_is_said_and_nothing_else_of_it() -> None:
    def checks() -> dict[str, Any]:
        raise StoreUnavailable("gone")

    with connect("redis://127.0.0.1:1") as nowhere:
        for one in (dict, checks):
            found = gauges(nowhere, one)
            assert found.pop("kezek_store_up") == 0
            assert set(found) == {"kezek_disk_available_bytes", "kezek_disk_size_bytes"}


@pytest.fixture
def bus(bus_url: str) -> Iterator[Bus]:
    bus = connect_bus(bus_url)
    yield bus
    bus.close()


def test_lag_is_what_a_group_has_not_committed_on_both_buses(bus: Bus, store: Any) -> None:
    topic, group = f"t-{uuid.uuid4().hex[:8]}", f"g-{uuid.uuid4().hex[:8]}"
    bus.ensure_topics([TopicSpec(topic, -1)])
    watch = LagWatch(store, PREFIX, bus, group, [topic])

    def lag() -> float:
        watch.look()
        found = gauges(store)
        assert 0 <= found["kezek_consumer_silent_seconds"] < 120
        return sum(n for name, n in found.items() if name.startswith("kezek_consumer_lag_records"))

    def has_a_coordinator() -> bool:
        """A broker that has just begun makes its own topic for groups first."""
        try:
            return lag() == 0
        except BusUnavailable:
            return False

    eventually(has_a_coordinator)
    producer, consumer = bus.producer(), bus.consumer(group, [topic])
    producer.send([OutRecord(topic, b"k", b"%d" % n, ()) for n in range(7)])
    assert lag() == 7
    polled: list[Any] = []
    while len(polled) < 7:
        polled += consumer.poll(1.0)
    assert lag() == 7  # polled is not done
    consumer.commit(*polled[:3])
    assert lag() == 4
    consumer.commit(*polled)
    assert lag() == 0
    consumer.close()
    producer.close()
