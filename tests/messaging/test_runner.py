"""The runner, row by row of architecture.md's table, on both buses."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.bus.port import Bus, BusUnavailable, Consumer, OutRecord, Record
from shared.contracts import bookings, centres
from shared.contracts.codec import Event
from shared.contracts.registry import dead_letter_topic
from shared.errors import Retryable, StoreUnavailable
from shared.messaging import observer as counts
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.handlers import Handlers
from shared.messaging.observer import Counts
from shared.messaging.runner import STOP_AFTER, TRIES, Runner, TooManyFailures
from tests.messaging.conftest import as_record
from tests.support import eventually

Publish = Callable[..., None]


class Bench:
    """A runner with one handler for `booking.confirmed` that notes sequences, or fails as told."""

    def __init__(self, bus: Bus, topic: str) -> None:
        self.bus, self.topic = bus, topic
        self.group = f"g-{uuid.uuid4().hex[:12]}"
        self.counts = Counts()
        self.seen: list[int] = []
        self.fail: Callable[[int], None] = lambda sequence: None
        self.handlers = Handlers()
        self.handlers.handles(bookings.CONFIRMED)(self._note)
        self._consumers: list[Consumer] = []

    def _note(self, event: Event, deps: Any) -> None:
        assert deps == "deps"
        self.fail(event.data["booking"]["sequence"])
        self.seen.append(event.data["booking"]["sequence"])

    def runner(self, **differs: Any) -> Runner:
        """As after a start of the process."""
        self.close()
        self._consumers.append(self.bus.consumer(self.group, [self.topic]))
        letters = DeadLetters(self.bus.producer(), self.group)
        return Runner(
            self._consumers[-1],
            self.handlers,
            "deps",
            differs.pop("dead_letters", letters),
            observer=self.counts,
            patience_s=1.0,
            wait=lambda seconds: False,
            **differs,
        )

    def work_off(self, runner: Runner, count: int) -> None:
        handled = 0

        def enough() -> bool:
            nonlocal handled
            handled += runner.step()
            return handled >= count

        eventually(enough)

    def letters(self) -> list[tuple[Record, dict[str, str]]]:
        found = self.bus.read_all(dead_letter_topic(self.topic))
        return [(r, {n: v.decode("utf-8", "replace") for n, v in r.headers}) for r in found]

    def close(self) -> None:
        for consumer in self._consumers:
            consumer.close()


@pytest.fixture
def bench(bus: Bus, topic: str) -> Iterator[Bench]:
    bench = Bench(bus, topic)
    yield bench
    bench.close()


def step_raises(bench: Bench, runner: Runner, error: type[Exception]) -> None:
    """Steps until the runner raises: the first polls may be empty."""

    def raised() -> bool:
        try:
            runner.step()
        except error:
            return True
        return False

    eventually(raised)


def test_events_are_handled_in_order_and_committed(bench: Bench, publish: Publish) -> None:
    publish(0, 1, 2)
    bench.work_off(bench.runner(), 3)
    publish(3)
    bench.work_off(bench.runner(), 1)
    assert bench.seen == [0, 1, 2, 3]
    assert bench.counts[counts.HANDLED] == 4


def test_an_unknown_type_is_counted_and_skipped(bench: Bench, publish: Publish) -> None:
    strange = as_record(bench.topic, 0)
    headers = tuple(
        (n, b"kz.kezek.booking.sung.v9" if n == "ce_type" else v) for n, v in strange.headers
    )
    publish(strange._replace(headers=headers), 1)
    bench.work_off(bench.runner(), 2)
    assert bench.seen == [1]
    assert bench.counts[counts.UNKNOWN] == 1
    assert bench.letters() == []


def test_a_declared_type_without_a_handler_is_skipped(bench: Bench, publish: Publish) -> None:
    publish(as_record(bench.topic, 0, event_type=bookings.SERVED), 1)
    bench.work_off(bench.runner(), 2)
    assert bench.seen == [1]
    assert bench.counts[counts.IGNORED] == 1


def test_bytes_that_do_not_validate_become_a_dead_letter_and_others_go_on(
    bench: Bench, publish: Publish
) -> None:
    good = as_record(bench.topic, 0)
    bad = [
        good._replace(value=b"{not json"),
        good._replace(value=b'{"booking": {}}'),
        good._replace(value=None),
        good._replace(value=b"\xff\xfe"),
        OutRecord(bench.topic, b"k", good.value, ()),
        OutRecord(bench.topic, b"k", good.value, (("ce_type", b"\xff"),)),
    ]
    publish(*bad, 7)
    bench.work_off(bench.runner(), len(bad) + 1)
    assert bench.seen == [7]
    letters = bench.letters()
    assert sorted(r.value or b"" for r, _ in letters) == sorted(r.value or b"" for r in bad)
    [(record, headers)] = [found for found in letters if found[0].value == b"{not json"]
    assert record.key == good.key
    assert headers["dlq_topic"] == bench.topic
    assert headers["dlq_by"] == bench.group
    assert headers["dlq_reason"].startswith("not JSON")
    assert headers["ce_type"] == bookings.CONFIRMED.ce_type
    assert {"dlq_partition", "dlq_offset", "dlq_at"} <= headers.keys()
    bench.runner().step()
    assert len(bench.letters()) == len(bad)


@pytest.mark.parametrize(
    "error", [StoreUnavailable("down"), BusUnavailable("down"), Retryable("down")]
)
def test_a_dependency_that_comes_back_is_waited_for(
    bench: Bench, publish: Publish, error: Exception
) -> None:
    outages = iter([error, error])

    def fail(sequence: int) -> None:
        if outage := next(outages, None):
            raise outage

    bench.fail = fail
    publish(0, 1)
    bench.work_off(bench.runner(), 2)
    assert bench.seen == [0, 1]
    assert bench.counts[counts.RETRIED] == 2
    assert bench.letters() == []


def test_a_dependency_that_stays_down_ends_the_process_uncommitted(
    bench: Bench, publish: Publish
) -> None:
    def fail(sequence: int) -> None:
        if sequence == 1:
            raise StoreUnavailable("down")

    bench.fail = fail
    publish(0, 1, 2)
    step_raises(bench, bench.runner(), StoreUnavailable)
    assert bench.seen == [0]
    bench.fail = lambda sequence: None
    bench.work_off(bench.runner(), 2)
    assert bench.seen == [0, 1, 2]
    assert bench.letters() == []


def test_an_unexpected_error_is_tried_a_few_times_then_dead_lettered_without_its_message(
    bench: Bench, publish: Publish
) -> None:
    tries: list[int] = []

    def fail(sequence: int) -> None:
        if sequence == 1:
            tries.append(sequence)
            raise KeyError("Айгерім 010101100018")

    bench.fail = fail
    publish(0, 1, 2)
    bench.work_off(bench.runner(), 3)
    assert bench.seen == [0, 2]
    assert len(tries) == TRIES
    [(record, headers)] = bench.letters()
    assert headers["ce_id"] == "almaty-spec-6-1"
    assert headers["dlq_reason"].startswith("KeyError at tests/messaging/test_runner.py:")
    assert "010101100018" not in headers["dlq_reason"]


def test_an_unexpected_error_that_passes_leaves_no_trace(bench: Bench, publish: Publish) -> None:
    errors = iter([ZeroDivisionError()])

    def fail(sequence: int) -> None:
        if error := next(errors, None):
            raise error

    bench.fail = fail
    publish(0)
    bench.work_off(bench.runner(), 1)
    assert bench.seen == [0]
    assert bench.letters() == []


def test_several_unexpected_errors_in_a_row_stop_the_runner(bench: Bench, publish: Publish) -> None:
    def fail(sequence: int) -> None:
        raise ZeroDivisionError

    bench.fail = fail
    publish(*range(STOP_AFTER + 3))
    step_raises(bench, bench.runner(), TooManyFailures)
    assert len(bench.letters()) == STOP_AFTER - 1
    bench.fail = lambda sequence: None
    bench.work_off(bench.runner(), 4)
    assert bench.seen == list(range(STOP_AFTER - 1, STOP_AFTER + 3))


def test_failures_with_a_success_between_do_not_stop_it(bench: Bench, publish: Publish) -> None:
    def fail(sequence: int) -> None:
        if sequence % 2:
            raise ZeroDivisionError

    bench.fail = fail
    publish(*range(STOP_AFTER * 3))
    bench.work_off(bench.runner(), STOP_AFTER * 3)
    assert bench.seen == list(range(0, STOP_AFTER * 3, 2))


def test_a_dead_letter_that_cannot_be_written_ends_the_process_uncommitted(
    bench: Bench, publish: Publish
) -> None:
    class Down:
        def put(self, record: Record, reason: str) -> None:
            raise BusUnavailable("down")

    publish(0, as_record(bench.topic, 1)._replace(value=b"?"), 2)
    step_raises(bench, bench.runner(dead_letters=Down()), BusUnavailable)
    assert bench.seen == [0]
    bench.work_off(bench.runner(), 2)
    assert bench.seen == [0, 2]
    assert len(bench.letters()) == 1


def test_run_works_until_asked_to_stop(bench: Bench, publish: Publish) -> None:
    stop = threading.Event()
    loop = threading.Thread(target=bench.runner().run, args=(stop,))
    loop.start()
    publish(0)
    eventually(lambda: bench.seen == [0])
    stop.set()
    loop.join(10)
    assert not loop.is_alive()


def test_a_stop_while_a_dependency_is_down_leaves_the_record_uncommitted(
    bench: Bench, publish: Publish
) -> None:
    stop, waiting = threading.Event(), threading.Event()

    def fail(sequence: int) -> None:
        waiting.set()
        raise StoreUnavailable("down")

    bench.fail = fail
    publish(0)
    runner = bench.runner()
    runner._wait = stop.wait
    loop = threading.Thread(target=runner.run, args=(stop,))
    loop.start()
    assert waiting.wait(20)
    stop.set()
    loop.join(10)
    assert not loop.is_alive()
    bench.fail = lambda sequence: None
    bench.work_off(bench.runner(), 1)
    assert bench.seen == [0]


def test_one_type_has_one_handler_and_topics_follow() -> None:
    handlers = Handlers()
    handlers.handles(bookings.MOVED, bookings.CANCELLED)(lambda event, deps: None)
    handlers.handles(centres.EVENTS[0])(lambda event, deps: None)
    assert handlers.topics == ("bookings", "centres")
    with pytest.raises(ValueError, match="has a handler already"):
        handlers.handles(bookings.MOVED)(lambda event, deps: None)
    with pytest.raises(ValueError, match="at least one"):
        handlers.handles()
