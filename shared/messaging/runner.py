"""The consumer runner: decode, handle, commit.

Owns what happens when that fails, row by row as architecture.md has it. Leaves the effect to
handlers and order to the bus. The one thing to know: the commit comes after the effect, so whatever
stops the process here makes records come again, and never makes one disappear.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from shared import trace
from shared.bus.port import BusUnavailable, Consumer, OwnershipLost, Record
from shared.contracts.codec import Event, MalformedEvent, UnknownEventType, decode
from shared.errors import KezekError, Retryable
from shared.logs import bound, get_logger
from shared.messaging import observer as counts
from shared.messaging.handlers import Handlers
from shared.messaging.observer import Counts, Observer
from shared.messaging.problems import describe

POLL_TIMEOUT_S = 1.0  # how late a stop is noticed by an idle loop
PATIENCE_S = (
    60.0  # for dependencies that are down, per poll: well inside the bus's POLL_LIMIT_S (300)
)
FIRST_DELAY_S, LONGEST_DELAY_S = 0.1, 5.0  # doubling in between
TRIES = 3  # of a handler that raises something unexpected
STOP_AFTER = 5  # events in a row that end as unexpected errors: it is us, not them

log = get_logger(__name__)


class Letters(Protocol):
    def put(self, record: Record, reason: str) -> None: ...


class TooManyFailures(KezekError):
    """Several events in a row failed unexpectedly: somebody must look before more are set aside."""


class Stopped(KezekError):
    """Asked to stop while waiting for a dependency; the record stays uncommitted."""


class Runner:
    """One consumer's loop. `run` for the process's life, `step` for one poll."""

    def __init__(
        self,
        consumer: Consumer,
        handlers: Handlers,
        deps: Any,
        dead_letters: Letters,
        *,
        observer: Observer | None = None,
        patience_s: float = PATIENCE_S,
        wait: Callable[[float], bool] | None = None,
    ) -> None:
        """`wait(seconds)` returns True when asked to stop meanwhile; the default waits for `run`'s
        `stop`."""
        self._consumer = consumer
        self._handlers = handlers
        self._deps = deps
        self._dead_letters = dead_letters
        self._observer = observer or Counts()
        self._patience_s = patience_s
        self._stop = threading.Event()
        self._wait = wait or (lambda seconds: self._stop.wait(seconds))
        self._failed_in_a_row = 0

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set. Raises when the process must end uncommitted; closes the
        consumer."""
        self._stop = stop
        delay_s = FIRST_DELAY_S
        try:
            while not stop.is_set():
                try:
                    records = self._consumer.poll(POLL_TIMEOUT_S)
                except BusUnavailable as error:
                    # Nothing is half done: waiting here loses nothing and spares the other loops.
                    log.warning("bus_unavailable", error=describe(error))
                    self._wait(delay_s)
                    delay_s = min(delay_s * 2, LONGEST_DELAY_S)
                    continue
                delay_s = FIRST_DELAY_S
                self._work(records)
        except Stopped:
            return
        finally:
            self._consumer.close()

    def step(self, timeout_s: float = POLL_TIMEOUT_S) -> int:
        """One poll, all of it handled and committed; how many records that were."""
        records = self._consumer.poll(timeout_s)
        self._work(records)
        return len(records)

    def _work(self, records: Sequence[Record]) -> None:
        done: list[Record] = []
        deadline = time.monotonic() + self._patience_s
        try:
            for record in records:
                if self._stop.is_set():
                    break
                self._handle(record, deadline)
                done.append(record)
        except BaseException:
            # What was handled is committed even if what follows it was not.
            self._commit(done)
            raise
        self._commit(done)

    def _commit(self, done: Sequence[Record]) -> None:
        try:
            self._consumer.commit(*done)
        except OwnershipLost:
            # The new owner gets them again; applying by version makes that harmless.
            self._observer.count(counts.OWNERSHIP_LOST)
            log.warning("ownership_lost", records=len(done))

    def _handle(self, record: Record, deadline: float) -> None:
        try:
            event = decode(dict(record.headers), record.value)
        except UnknownEventType:
            self._observer.count(counts.UNKNOWN)
            return
        except MalformedEvent as error:
            self._give_up(record, error.reason, counts.MALFORMED)
            return
        with trace.following(event.traceparent), bound(event_id=event.id):
            problem = self._apply(event, deadline)
        if problem is None:
            self._failed_in_a_row = 0
            return
        self._failed_in_a_row += 1
        if self._failed_in_a_row >= STOP_AFTER:
            raise TooManyFailures(f"{self._failed_in_a_row} events in a row; the last: {problem}")
        self._give_up(record, problem, counts.HANDLER_FAILED)

    def _apply(self, event: Event, deadline: float) -> str | None:
        """What was wrong with it after all tries, or None. Raises `Retryable` past the deadline."""
        delay_s, tries = FIRST_DELAY_S, 0
        while True:
            try:
                handled = self._handlers.dispatch(event, self._deps)
            except Retryable as error:
                if time.monotonic() + delay_s > deadline:
                    raise
                log.warning("dependency_unavailable", error=describe(error))
            except Exception as error:
                tries += 1
                problem = describe(error)
                log.error("handler_failed", error=problem, type=event.type.name)
                if tries >= TRIES:
                    return problem
            else:
                self._observer.count(counts.HANDLED if handled else counts.IGNORED)
                return None
            self._observer.count(counts.RETRIED)
            if self._wait(delay_s):
                raise Stopped("while waiting to try again")
            delay_s = min(delay_s * 2, LONGEST_DELAY_S)

    def _give_up(self, record: Record, reason: str, kind: str) -> None:
        self._dead_letters.put(record, reason)
        self._observer.dead_lettered(record.topic, kind)
        log.error(
            "dead_lettered",
            reason=reason[:200],
            topic=record.topic,
            partition=record.partition,
            # An entry of a Redis stream counts beyond 64 bits, which the log's JSON does not have.
            offset=str(record.offset),
        )
