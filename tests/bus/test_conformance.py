"""One suite for both buses: what `shared/bus/port.py` promises."""

from __future__ import annotations

import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence

import pytest
import redis

from shared.bus import connect
from shared.bus.port import (
    MAX_RECORD_BYTES,
    Bus,
    Consumer,
    OutRecord,
    OwnershipLost,
    Record,
    RecordTooLarge,
    TopicSpec,
)
from tests.servers import ROOT
from tests.support import eventually

MakeConsumer = Callable[..., Consumer]


@pytest.fixture
def bus(bus_url: str) -> Iterator[Bus]:
    bus = connect(bus_url)
    yield bus
    bus.close()


def new_topic(bus: Bus) -> str:
    name = f"t-{uuid.uuid4().hex[:12]}"
    assert bus.ensure_topics([TopicSpec(name, -1)]) == [name]
    return name


@pytest.fixture
def topic(bus: Bus) -> str:
    return new_topic(bus)


@pytest.fixture
def group() -> str:
    return f"g-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def consumer(bus: Bus, group: str, topic: str) -> Iterator[MakeConsumer]:
    """Makes consumers of `group` and `topic`, closed at the end."""
    made: list[Consumer] = []

    def make(**differs: object) -> Consumer:
        topics = differs.get("topics", [topic])
        assert isinstance(topics, list)
        made.append(bus.consumer(str(differs.get("group", group)), topics))
        return made[-1]

    yield make
    for one in made:
        one.close()


def record(topic: str, n: int, *, key: str = "almaty-1", size: int = 0) -> OutRecord:
    return OutRecord(topic, key.encode(), f"{n}".encode().ljust(size), (("n", str(n).encode()),))


def numbers(records: Sequence[Record]) -> list[int]:
    return [int(dict(r.headers)["n"]) for r in records]


def send(bus: Bus, *records: OutRecord) -> None:
    producer = bus.producer()
    producer.send(records)
    producer.close()


def take(consumer: Consumer, count: int) -> list[Record]:
    """Polls until that many records have come; uncommitted."""
    got: list[Record] = []

    def enough() -> bool:
        got.extend(consumer.poll(1.0))
        return len(got) >= count

    eventually(enough)
    assert len(got) == count
    return got


def test_records_of_a_key_keep_their_order(bus: Bus, topic: str, consumer: MakeConsumer) -> None:
    keys = [f"centre-{n}" for n in range(30)]
    producer = bus.producer()
    for first in range(0, 40, 10):
        producer.send([record(topic, n, key=k) for n in range(first, first + 10) for k in keys])
    got = take(consumer(), 40 * 30)
    for key in keys:
        assert numbers([r for r in got if r.key == key.encode()]) == list(range(40))


def test_what_comes_is_what_was_sent_byte_for_byte(
    bus: Bus, topic: str, consumer: MakeConsumer
) -> None:
    every_byte = bytes(range(256))
    headers = (("ce_type", "ә".encode()), ("raw", every_byte), ("twice", b"1"), ("twice", b""))
    send(
        bus,
        OutRecord(topic, every_byte, every_byte, headers),
        OutRecord(topic, every_byte, None, ()),
        OutRecord(topic, every_byte, b"", ()),
    )
    got = take(consumer(), 3)
    assert [(r.topic, r.key, r.value, r.headers) for r in got] == [
        (topic, every_byte, every_byte, headers),
        (topic, every_byte, None, ()),
        (topic, every_byte, b"", ()),
    ]
    assert got[0].partition == got[1].partition == got[2].partition
    assert got[0].offset < got[1].offset < got[2].offset
    assert got[0].timestamp_ms > 1_700_000_000_000


def test_send_returns_when_everything_is_in_the_log_and_says_how_far_it_reaches(
    bus: Bus, topic: str
) -> None:
    producer = bus.producer()
    before = dict(bus.end_offsets(topic))
    ends = producer.send([record(topic, n, key=str(n % 7)) for n in range(100)])
    after = bus.end_offsets(topic)
    assert sorted(numbers(list(bus.read_all(topic)))) == list(range(100))
    for (_, partition), end in ends.items():
        assert after[partition] == end > before.get(partition, 0)


def test_a_send_of_nothing_is_fine(bus: Bus) -> None:
    assert bus.producer().send([]) == {}


def test_a_new_group_starts_at_the_earliest_record(
    bus: Bus, topic: str, consumer: MakeConsumer
) -> None:
    send(bus, *(record(topic, n) for n in range(3)))
    assert numbers(take(consumer(), 3)) == [0, 1, 2]


def test_a_waiting_consumer_gets_a_new_record(bus: Bus, topic: str, consumer: MakeConsumer) -> None:
    waiting = consumer()
    waiting.poll(1.0)
    threading.Timer(0.2, send, (bus, record(topic, 7))).start()
    assert numbers(take(waiting, 1)) == [7]


def test_a_consumer_goes_on_after_the_last_commit(
    bus: Bus, topic: str, consumer: MakeConsumer
) -> None:
    send(bus, *(record(topic, n) for n in range(5)))
    first = consumer()
    got = take(first, 5)
    first.commit(got[2])  # and so 0 and 1
    first.close()
    assert numbers(take(consumer(), 2)) == [3, 4]


def test_a_commit_of_an_earlier_record_does_not_move_the_group_back(
    bus: Bus, topic: str, consumer: MakeConsumer
) -> None:
    send(bus, *(record(topic, n) for n in range(4)))
    first = consumer()
    got = take(first, 4)
    first.commit(got[2])
    first.commit(got[0])
    first.commit()
    first.close()
    assert numbers(take(consumer(), 1)) == [3]


def test_what_was_handled_but_not_committed_comes_again(
    bus: Bus, topic: str, consumer: MakeConsumer
) -> None:
    """A handler that fails: the process ends without a commit."""
    send(bus, *(record(topic, n) for n in range(3)))
    first = consumer()
    take(first, 3)
    first.close()
    assert numbers(take(consumer(), 3)) == [0, 1, 2]


VICTIM = """
import sys, time
from shared.bus import connect
url, group, topic = sys.argv[1:]
consumer, got = connect(url).consumer(group, [topic]), []
while len(got) < 3:
    got += consumer.poll(1.0)
consumer.commit(got[0])
print("effect", flush=True)
time.sleep(600)
"""


def test_a_consumer_killed_between_effect_and_commit_is_replaced(
    bus: Bus, bus_url: str, topic: str, group: str, consumer: MakeConsumer
) -> None:
    send(bus, *(record(topic, n) for n in range(3)))
    victim = subprocess.Popen(
        [sys.executable, "-c", VICTIM, bus_url, group, topic],
        stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip
    assert victim.stdout is not None
    assert victim.stdout.readline() == "effect\n"
    victim.kill()
    victim.wait()
    victim.stdout.close()
    assert numbers(take(consumer(), 2)) == [1, 2]


def test_two_groups_do_not_know_each_other(
    bus: Bus, topic: str, group: str, consumer: MakeConsumer
) -> None:
    send(bus, *(record(topic, n) for n in range(3)))
    one, other = consumer(), consumer(group=f"{group}-other")
    got = take(one, 3)
    one.commit(*got)
    assert numbers(take(other, 3)) == [0, 1, 2]


def test_a_chunk_and_a_group_can_span_topics(
    bus: Bus, topic: str, group: str, consumer: MakeConsumer
) -> None:
    other = new_topic(bus)
    send(bus, *(record(topic if n % 2 else other, n) for n in range(10)))
    both = consumer(topics=[topic, other])
    got = take(both, 10)
    assert numbers([r for r in got if r.topic == topic]) == [1, 3, 5, 7, 9]
    assert numbers([r for r in got if r.topic == other]) == [0, 2, 4, 6, 8]
    both.commit(*got)
    both.close()
    send(bus, record(other, 10))
    assert numbers(take(consumer(topics=[topic, other]), 1)) == [10]


def test_a_record_that_is_too_large_is_refused_and_the_others_can_be_sent(
    bus: Bus, topic: str, consumer: MakeConsumer
) -> None:
    fits = record(topic, 0, size=MAX_RECORD_BYTES - 20)
    too_large = record(topic, 1, size=MAX_RECORD_BYTES)
    producer = bus.producer()
    with pytest.raises(RecordTooLarge) as refused:
        producer.send([fits, too_large, record(topic, 2)])
    assert refused.value.records == (too_large,)
    assert list(bus.read_all(topic)) == []
    producer.send([fits, record(topic, 2)])
    assert numbers(take(consumer(), 2)) == [0, 2]


def test_a_second_consumer_takes_over_without_loss_and_in_order(
    bus: Bus, topic: str, consumer: MakeConsumer
) -> None:
    """One works, a second joins, the first leaves, while records keep coming."""
    keys = [f"centre-{n}" for n in range(24)]
    handled: list[tuple[bytes | None, int]] = []
    lock = threading.Lock()

    def work(one: Consumer, stop: threading.Event) -> None:
        while not stop.is_set():
            got = one.poll(0.2)
            with lock:
                handled.extend((r.key, n) for r, n in zip(got, numbers(got), strict=True))
            try:
                one.commit(*got)
            except OwnershipLost:
                continue
        one.close()

    def all_handled(count: int) -> bool:
        with lock:
            return len({*handled}) >= count * len(keys)

    stops = [threading.Event(), threading.Event()]
    threads = [threading.Thread(target=work, args=(consumer(), stop)) for stop in stops]
    producer = bus.producer()
    for n in range(60):
        producer.send([record(topic, n, key=key) for key in keys])
        if n in (10, 20):
            threads[n // 10 - 1].start()
        if n == 30:
            eventually(lambda: all_handled(20))
            stops[0].set()
    eventually(lambda: all_handled(60))
    stops[1].set()
    for thread in threads:
        thread.join()
    first_time = list(dict.fromkeys(handled))
    for key in keys:
        assert [n for k, n in first_time if k == key.encode()] == list(range(60))


def usurp(bus_url: str, group: str, old: Consumer, new: Consumer) -> list[Record]:
    """Lets `new` take over while `old` still thinks it owns everything; what is polled since."""
    if not bus_url.startswith("kafka"):
        # As if `old` had been stopped (SIGSTOP) for longer than its lease.
        with redis.Redis.from_url(bus_url) as client:
            client.delete(f"{{bus}}:lease:{group}")
    got: list[Record] = []
    by_new: list[Record] = []

    def owns_some() -> bool:
        if bus_url.startswith("kafka"):
            got.extend(old.poll(0.2))
        by_new.extend(new.poll(0.2))
        return bool(by_new)

    eventually(owns_some)
    return got + by_new


def test_the_late_commit_of_an_old_owner_is_refused(
    bus: Bus, bus_url: str, topic: str, group: str, consumer: MakeConsumer
) -> None:
    send(bus, *(record(topic, n, key=f"k{n}") for n in range(100)))
    old, new = consumer(), consumer()
    late = take(old, 100)
    again = usurp(bus_url, group, old, new)
    with pytest.raises(OwnershipLost):
        old.commit(*late)

    def everything_came_again() -> bool:
        again.extend(new.poll(0.2))
        again.extend(old.poll(0.2))
        return {*numbers(again)} == set(range(100))

    eventually(everything_came_again)


def test_creating_topics_again_changes_nothing(bus: Bus, topic: str) -> None:
    send(bus, record(topic, 1))
    assert bus.ensure_topics([TopicSpec(topic, 1000)]) == []
    assert numbers(list(bus.read_all(topic))) == [1]


def test_a_topic_that_does_not_exist_has_no_ends(bus: Bus) -> None:
    assert bus.end_offsets(f"t-{uuid.uuid4().hex}") == {}
