"""The relay on a real store, to both buses."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import redis

from shared.bus import connect
from shared.bus.port import MAX_RECORD_BYTES, Bus, BusUnavailable, Ends, OutRecord, Producer, Record
from shared.contracts.registry import dead_letter_topic
from shared.messaging.relay import LeaseLost, Relay
from shared.messaging.relay_state import LogWentBack, bus_health
from tests.messaging.conftest import outbox_fields
from tests.support import eventually

OUTBOX, CURSOR, STATE = "{booking}:outbox", "{booking}:relay:cursor", "{booking}:relay:state"
LEASE = "{booking}:relay:lease"


def fill(store: Any, topic: str, numbers: range, keys: Sequence[str] = ("k",)) -> list[bytes]:
    pipe = store.pipeline(transaction=False)
    for n in numbers:
        for key in keys:
            pipe.xadd(OUTBOX, outbox_fields(topic, n, key=key))
    ids: list[bytes] = pipe.execute()
    return ids


def header(record: Record, name: str) -> str:
    return dict(record.headers)[name].decode()


def ids(records: Sequence[Record]) -> list[str]:
    return [header(record, "ce_id") for record in records]


def drain(relay: Relay) -> None:
    assert relay.take_over()
    relay.check_bus(now=True)
    while relay.step(block_s=0.01):
        pass


@pytest.fixture
def relay(store: Any, bus: Bus) -> Iterator[Relay]:
    relay = Relay(store, "{booking}", bus, chunk=50)
    yield relay
    relay.close()


def test_the_outbox_arrives_whole_in_order_and_untouched(
    store: Any, bus: Bus, topic: str, relay: Relay
) -> None:
    keys = [f"centre-{n}" for n in range(9)]
    entries = fill(store, topic, range(40), keys)
    fields = outbox_fields(topic, 0, key=keys[0])
    drain(relay)
    got = list(bus.read_all(topic))
    for key in keys:
        of_key = [r for r in got if r.key == key.encode()]
        assert ids(of_key) == [f"{key}-{n}" for n in range(40)]
    assert {header(r, "ce_sequence").encode() for r in got} == set(entries)
    first = next(r for r in got if ids([r]) == [f"{keys[0]}-0"])
    assert first.value == fields["v"]
    assert header(first, "content-type") == "application/json"
    assert store.get(CURSOR) == entries[-1]


def test_a_waiting_relay_sends_a_new_entry(store: Any, bus: Bus, topic: str, relay: Relay) -> None:
    stop = threading.Event()
    loop = threading.Thread(target=relay.run, args=(stop,))
    loop.start()
    eventually(lambda: store.hget(STATE, "bus") == b"ok")
    fill(store, topic, range(1))
    eventually(lambda: ids(list(bus.read_all(topic))) == ["k-0"])
    stop.set()
    loop.join(10)
    assert not loop.is_alive()
    assert store.get(LEASE) is None  # given up, so that the next one need not wait


def test_trimming_never_passes_the_cursor(store: Any, bus: Bus, topic: str, relay: Relay) -> None:
    fill(store, topic, range(130))
    assert relay.take_over()
    while relay.step(block_s=0.01):
        kept = [n.decode() for n, _ in store.xrange(OUTBOX)]
        acknowledged = {header(r, "ce_sequence") for r in bus.read_all(topic)}
        cursor = store.get(CURSOR).decode()
        assert kept[0] == cursor  # and nothing below it is kept
        assert set(kept) | acknowledged == acknowledged | set(kept[1:])
        assert len(acknowledged) + len(kept) - 1 == 130
    assert store.xlen(OUTBOX) == 1


class FailingBus:
    """A real bus whose producers fail as told, before or after the records were written."""

    name = "redis"

    def __init__(self, bus: Bus, *, after: bool) -> None:
        self._bus, self._after = bus, after

    def producer(self) -> Producer:
        real, after = self._bus.producer(), self._after

        class Failing:
            def send(self, records: Sequence[OutRecord]) -> Ends:
                if after:
                    real.send(records)
                raise BusUnavailable("no acknowledgement")

            def close(self) -> None:
                real.close()

        return Failing()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)


@pytest.mark.parametrize("after", [True, False])
def test_a_failed_send_raises_moves_nothing_and_is_repeated_by_the_next_relay(
    store: Any, bus: Bus, topic: str, after: bool
) -> None:
    entries = fill(store, topic, range(10))
    failing = Relay(store, "{booking}", FailingBus(bus, after=after), chunk=4)  # type: ignore[arg-type]
    assert failing.take_over()
    with pytest.raises(BusUnavailable):
        failing.step()
    assert store.get(CURSOR) is None
    assert store.xlen(OUTBOX) == 10
    assert store.hget(STATE, "bus") == b"down"
    failing.close()

    drain(Relay(store, "{booking}", bus, chunk=4))
    repeated = ["k-0", "k-1", "k-2", "k-3"] if after else []
    assert ids(list(bus.read_all(topic))) == repeated + [f"k-{n}" for n in range(10)]
    assert store.get(CURSOR) == entries[-1]
    assert bus_health(store, "{booking}").bus == "ok"


def test_of_two_relays_the_one_that_lost_its_lease_moves_nothing(
    store: Any, bus: Bus, topic: str, relay: Relay
) -> None:
    fill(store, topic, range(100))
    other = Relay(store, "{booking}", bus, chunk=50)
    assert relay.take_over()
    assert not other.take_over()
    assert relay.step() == 50
    store.delete(LEASE)  # as if the first had been stopped for longer than its lease
    drain(other)
    last = fill(store, topic, range(100, 150))[-1]
    with pytest.raises(LeaseLost):
        relay.step()
    assert store.get(CURSOR) != last
    assert not relay.take_over()
    drain(other)
    assert store.get(CURSOR) == last
    got = ids(list(bus.read_all(topic)))
    assert list(dict.fromkeys(got)) == [f"k-{n}" for n in range(150)]
    other.close()
    assert relay.take_over()


def test_an_entry_too_large_for_the_bus_is_set_aside_and_the_others_go_on(
    store: Any, bus: Bus, topic: str, relay: Relay
) -> None:
    fill(store, topic, range(2))
    huge = {**outbox_fields(topic, 2), "v": b"x" * MAX_RECORD_BYTES}
    entry = store.xadd(OUTBOX, huge)
    fill(store, topic, range(3, 5))
    drain(relay)
    assert ids(list(bus.read_all(topic))) == ["k-0", "k-1", "k-3", "k-4"]
    [letter] = bus.read_all(dead_letter_topic(topic))
    assert letter.value is None
    assert header(letter, "dlq_reason") == "too large for the bus"
    assert entry.decode() in header(letter, "dlq_value_omitted")
    [(_, kept)] = store.xrange("{booking}:outbox:oversize")
    assert kept[b"v"] == huge["v"]
    assert kept[b"t"].decode() == topic


def test_a_bus_that_lost_what_it_acknowledged_stops_the_relay(
    store: Any, redis_bus_url: str
) -> None:
    bus = connect(redis_bus_url)
    relay = Relay(store, "{booking}", bus)
    fill(store, "bookings", range(3))
    drain(relay)
    with redis.Redis.from_url(redis_bus_url) as client:
        client.flushdb()
    fill(store, "bookings", range(3, 5))
    with pytest.raises(LogWentBack, match="bookings/0 ends at 0"):
        relay.check_bus(now=True)
    assert store.hget(STATE, "bus") == b"went_back"
    assert b"was acknowledged" in store.hget(STATE, "error")

    stop = threading.Event()
    loop = threading.Thread(target=relay.run, args=(stop,))
    loop.start()
    stop.wait(1.0)
    assert store.xlen(OUTBOX) == 3  # the last acknowledged one, and two that wait
    assert list(bus.read_all("bookings")) == []
    stop.set()
    loop.join(10)
    assert not loop.is_alive()


def test_a_loss_between_two_looks_is_noticed_by_the_next_send(
    store: Any, redis_bus_url: str
) -> None:
    relay = Relay(store, "{booking}", connect(redis_bus_url))
    fill(store, "bookings", range(3))
    drain(relay)
    with redis.Redis.from_url(redis_bus_url) as client:
        client.flushdb()
    last = fill(store, "bookings", range(3, 5))[-1]
    with pytest.raises(LogWentBack, match="bookings/0 ends at 2, but 3 was acknowledged"):
        relay.step()
    assert store.get(CURSOR) != last
    relay.close()


def test_a_bus_of_another_kind_is_not_compared(
    store: Any, bus: Bus, topic: str, relay: Relay
) -> None:
    store.hset(STATE, f"end:pigeons:{topic}:0", 2**60)
    fill(store, topic, range(2))
    drain(relay)
    assert ids(list(bus.read_all(topic))) == ["k-0", "k-1"]
