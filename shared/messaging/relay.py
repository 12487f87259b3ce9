"""The relay: a service's outbox, in order, to the bus.

Owns `{svc}:relay:cursor`, `{svc}:relay:lease` and trimming the outbox. One
relay per service works, others stand by. The one thing to know: the next chunk is sent only when
every record of the last one is acknowledged and the cursor has moved; after a send that failed the
process must end, because what is still under way could land after what is sent next.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import orjson

from shared.bus.lease import STANDBY_S, Lease
from shared.bus.port import Bus, BusUnavailable, Ends, OutRecord, RecordTooLarge
from shared.errors import KezekError
from shared.logs import get_logger
from shared.messaging import observer as counts
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.observer import Counts, Observer
from shared.messaging.problems import describe
from shared.messaging.relay_state import DOWN, OK, LogWentBack, RelayState
from shared.store.connection import Client
from shared.store.scripts import WAIT_TIMEOUT_MS, Scripts

CHUNK = 500
"""Entries per send. More gains little throughput; each is sent again if the process dies before the
cursor moved."""
BLOCK_S = 1.0  # below the store's time-out; a new entry ends it at once
CHECK_EVERY_S = 5.0  # how late an idle relay notices that the bus is down, and says so
RETRY_S = 1.0  # between two looks at a bus that is down

SEQUENCE = "ce_sequence"
"""The outbox entry's id: for lag and for finding it again, never for dropping."""

LUA = Path(__file__).parent / "lua"
log = get_logger(__name__)


class LeaseLost(KezekError):
    """Another relay has taken over: nothing was written; this one stands by."""


class _NotReady(KezekError):
    """The bus is down, or replicas are behind, and nothing is under way: wait."""


class Relay:
    """One service's relay; `prefix` as `{booking}`. `run` for the process's life, `step` for a
    chunk."""

    def __init__(
        self,
        client: Client,
        prefix: str,
        bus: Bus,
        *,
        chunk: int = CHUNK,
        lease_ttl_ms: int | None = None,
        wait_replicas: int = 0,
        observer: Observer | None = None,
    ) -> None:
        self._client = client
        self._bus = bus
        self._chunk = chunk
        self._wait_replicas = wait_replicas
        self._observer = observer or Counts()
        self._name = f"relay {prefix}"
        self._outbox = f"{prefix}:outbox"
        self._oversize = f"{prefix}:outbox:oversize"
        self._cursor_key = f"{prefix}:relay:cursor"
        self._state = RelayState(client, prefix, bus.name)
        ttl = {} if lease_ttl_ms is None else {"ttl_ms": lease_ttl_ms}
        self._lease = Lease(client, f"{prefix}:relay:lease", **ttl)
        self._scripts = Scripts(client, LUA)
        self._producer = bus.producer()
        self._cursor: bytes | None = None
        self._checked_at = 0.0

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set. Raises after a failed send, or when the store is down: the process
        must end then. A bus that is down while nothing is under way is waited for."""
        try:
            while not stop.is_set():
                if not self.take_over():
                    stop.wait(STANDBY_S)
                    continue
                try:
                    self.check_bus()
                    self.step()
                except LeaseLost as error:
                    log.warning("lease_lost", relay=self._name, error=str(error))
                except _NotReady:
                    stop.wait(RETRY_S)
                except LogWentBack as error:
                    # Parked, not ended: the other loops of this process have work that can be done.
                    log.error("log_went_back", relay=self._name, error=str(error))
                    self._checked_at = 0.0
                    stop.wait(CHECK_EVERY_S)
                    self._state.load()  # `make reseed` forgets the ends, and then it goes on
        finally:
            self.close()

    def take_over(self) -> bool:
        """True if this relay holds the lease; the cursor is then the store's."""
        if self._lease.held:
            return True
        if not self._lease.acquire():
            return False
        cursor: Any = self._client.get(self._cursor_key)
        self._cursor = cursor or b"0-0"
        self._state.load()
        self._checked_at = 0.0
        log.info("relay_took_over", relay=self._name)
        return True

    def check_bus(self, *, now: bool = False) -> None:
        """At the start of a turn and every few seconds: is the bus there, with all it acknowledged?

        Raises `LogWentBack`, or `_NotReady` for a bus that is down; both are recorded for health.
        """
        if not now and time.monotonic() - self._checked_at < CHECK_EVERY_S:
            return
        self._checked_at = 0.0  # whatever is wrong: look again before anything is sent
        try:
            for topic in self._state.topics:
                self._state.compare(topic, self._bus.end_offsets(topic))
        except BusUnavailable as error:
            self._state.say(DOWN, describe(error))
            raise _NotReady(str(error)) from error
        self._checked_at = time.monotonic()
        self._state.say(OK)

    def step(self, block_s: float = BLOCK_S) -> int:
        """Sends one chunk, if there is one within `block_s`; how many entries. Call `take_over`
        first.

        Raises `BusUnavailable` (end the process), `LeaseLost`, `LogWentBack`.
        """
        if self._cursor is None or not self._lease.held:
            raise LeaseLost(self._name)
        answer: Any = self._client.xread(
            {self._outbox: self._cursor}, count=self._chunk, block=max(1, int(block_s * 1000))
        )
        if not answer:
            return 0
        entries = answer[0][1]
        self._wait_for_replicas()
        if not self._lease.held:
            raise LeaseLost(self._name)
        try:
            ends = self._send([to_out_record(entry_id, fields) for entry_id, fields in entries])
        except BusUnavailable as error:
            self._state.say(DOWN, describe(error))
            raise
        self._state.check_growth(ends)
        self._advance(entries[-1][0], ends)
        self._observer.count(counts.RELAYED, len(entries))
        return len(entries)

    def _wait_for_replicas(self) -> None:
        """Nothing is told that a new primary might not know: what was read is on the replicas first."""
        if not self._wait_replicas:
            return
        # The server waits for what this connection wrote, and with it for all that was before.
        wrote = ("HSET", self._state.key, "read_at_ms", int(time.time() * 1000))
        wait = ("WAITAOF", 1, self._wait_replicas, WAIT_TIMEOUT_MS)
        _, (_, replicas) = self._client.direct.run([wrote, wait], reads_only=False)
        if replicas < self._wait_replicas:
            raise _NotReady(f"{replicas} of {self._wait_replicas} replicas have what is to be sent")

    def close(self) -> None:
        self._lease.release()
        self._producer.close()

    def _send(self, records: list[OutRecord]) -> Ends:
        """All of a chunk, but for records that no send can bring through: those become dead
        letters."""
        while True:
            try:
                return self._producer.send(records)
            except RecordTooLarge as error:
                for record in error.records:
                    self._set_aside(record)
                records = [record for record in records if record not in error.records]

    def _set_aside(self, record: OutRecord) -> None:
        """The dead letter cannot hold the value either: the whole entry stays in the store."""
        sequence = dict(record.headers)[SEQUENCE].decode()
        headers = orjson.dumps({name: value.decode() for name, value in record.headers})
        fields: dict[Any, Any] = {
            "t": record.topic, "k": record.key, "h": headers, "v": record.value or b"",
        }  # fmt: skip
        self._client.xadd(self._oversize, fields)
        letters = DeadLetters(self._producer, self._name)
        letters.send(
            record,
            "too large for the bus",
            {"dlq_topic": record.topic},
            kept_at=f"{self._oversize} of the store, {SEQUENCE} {sequence}",
        )
        self._observer.dead_lettered(record.topic, counts.TOO_LARGE)
        log.error("record_too_large", relay=self._name, topic=record.topic, sequence=sequence)

    def _advance(self, entry_id: bytes, ends: Ends) -> None:
        answer = self._scripts.run(
            "relay_advance",
            keys=[self._lease.key, self._cursor_key, self._outbox, self._state.key],
            args=[self._lease.token, entry_id, *self._state.reached(ends)],
        )
        if answer[0] != b"ok":
            self._lease.drop()
            raise LeaseLost(self._name)
        self._cursor = entry_id


def to_out_record(entry_id: bytes, fields: dict[bytes, bytes]) -> OutRecord:
    """The record of one outbox entry (`t`, `k`, `h`, `v`)."""
    headers: dict[str, str] = orjson.loads(fields[b"h"])
    pairs = tuple((name, value.encode()) for name, value in headers.items())
    return OutRecord(
        fields[b"t"].decode(), fields[b"k"], fields[b"v"], (*pairs, (SEQUENCE, entry_id))
    )
