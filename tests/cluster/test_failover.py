"""Past one machine: the primary of the store, and a broker, die under load.

The one thing to know: what matters is that nothing acknowledged is lost or doubled, and that the
service comes back by itself; how long that took is printed, never asserted.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import orjson
import pytest

from services.booking.store import keys
from shared.bus import connect as connect_bus
from shared.bus.port import Bus
from shared.contracts import bookings
from shared.contracts.codec import Event
from shared.errors import Retryable
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.handlers import Handlers
from shared.messaging.runner import Runner
from shared.store.connection import connect
from tests.booking.conftest import centre_document
from tests.cluster.brokers import Brokers
from tests.cluster.conftest import Apps
from tests.cluster.load import Load
from tests.cluster.valkeys import Valkeys
from tests.recovery.conftest import announce
from tests.servers import ValkeyServer
from tests.support import eventually

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

PLACES = 500
BEFORE, AFTER = 60, 120
"""Bookings answered before the kill, and in all before the end."""


def starts() -> list[str]:
    """Of the next three working days of a centre that observes no holidays."""
    today = datetime.now(ZoneInfo("Asia/Almaty")).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [d for n in range(1, 8) if (d := today + timedelta(days=n)).weekday() < 5][:3]
    return [(d + timedelta(hours=10, minutes=15 * n)).isoformat() for d in days for n in range(8)]


class Heard:
    """What a consumer of the bookings topic knows, by the version rule."""

    def __init__(self, bus: Bus, before: Heard | None = None) -> None:
        self.newest: dict[str, dict[str, Any]] = before.newest if before else {}
        self._stop = threading.Event()
        handlers = Handlers()

        @handlers.handles(*bookings.EVENTS)
        def keep(event: Event, _deps: Any) -> None:
            booking = event.data["booking"]
            known = self.newest.get(booking["reference"])
            if known is None or known["sequence"] < booking["sequence"]:
                self.newest[booking["reference"]] = booking

        self._bus, self._handlers = bus, handlers
        self._thread = threading.Thread(target=self._hear, daemon=True)
        self._thread.start()

    def _hear(self) -> None:
        """A consumer that ends because a broker died is started again, as a supervisor would."""
        while not self._stop.is_set():
            letters = DeadLetters(self._bus.producer(), "cluster")
            consumer = self._bus.consumer("cluster", ["bookings"])
            with suppress(Retryable):
                Runner(consumer, self._handlers, None, letters).run(self._stop)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()


@contextmanager
def under_load(apps: Apps, bus_url: str) -> Iterator[tuple[Load, Heard]]:
    """Opens a centre, books until the end of the context and until enough is answered."""
    apps.start()
    bus = connect_bus(bus_url)
    period = {
        "resources": {"counter": 1, "inspection-bay": 1, "pick-up-window": PLACES},
        "observes_holidays": False,
        "exceptions": [],
    }
    announce(bus, centre_document(period=period))
    eventually(apps.know_a_centre, timeout=120)
    heard, load = Heard(bus), Load(apps.port, starts())
    load.start()
    try:
        eventually(lambda: len(load.answered) >= BEFORE or load.refused, timeout=120)
        yield load, heard
        enough = len(load.answered) + AFTER
        eventually(lambda: len(load.answered) >= enough or load.refused, timeout=90)
    finally:
        load.finish()
        heard.close()
        bus.close()


def audit(store_url: str, load: Load, heard: Heard) -> None:
    """One booking per answered request in the store, and the same in the log."""
    assert load.refused == []
    references = [answer["reference"] for answer in load.answered.values()]
    assert len(set(references)) == len(references)
    with connect(store_url) as client:
        names = client.keys(f"{keys.PREFIX}:booking:*")
        kept = {orjson.loads(raw)["reference"] for raw in client.mget(names) if raw}
    assert kept == set(references)
    assert heard.newest.keys() == kept


def told_all(heard: Heard, load: Load) -> None:
    """Waits until the consumer has heard of every booking that was answered."""
    references = {answer["reference"] for answer in load.answered.values()}
    eventually(lambda: references <= heard.newest.keys(), timeout=60)


def test_the_stores_primary_dies_under_load(
    valkeys: Valkeys,
    scratch_server: ValkeyServer,
    redis_bus_url: str,
) -> None:
    apps = Apps(
        valkeys.url, redis_bus_url, KEZEK_WAIT_REPLICAS="1",
        KEZEK_SCRATCH_URL=scratch_server.url(),
    )  # fmt: skip
    try:
        with under_load(apps, redis_bus_url) as (load, heard):
            killed = valkeys.primary()
            killed_at = time.monotonic()
            killed.kill()
            eventually(lambda: valkeys.primary() is not killed, timeout=60)
            elected_s = time.monotonic() - killed_at
            enough = len(load.answered) + 20
            eventually(lambda: len(load.answered) >= enough or load.refused, timeout=60)
            killed.start()
            told_all(heard, load)
        gap_s = load.longest_gap_s(killed_at)
        eventually(valkeys.whole, timeout=60)
        told_all_after(heard, load, redis_bus_url)
        audit(valkeys.url, load, heard)
        said = apps.run("services.booking.recovery", "verify")
        print(
            f"\nprimary killed: another one after {elected_s:.1f} s, {gap_s:.1f} s without an answer; "
            f"{dict(load.statuses)}, {len(load.answered)} bookings; {said.strip()}"
        )
    finally:
        apps.remove()


def test_a_broker_dies_under_load(
    brokers: Brokers, valkey_server: ValkeyServer, store_url: str,
    scratch_server: ValkeyServer,
) -> None:  # fmt: skip
    apps = Apps(
        store_url, brokers.url, KEZEK_KAFKA_REPLICATION="3",
        KEZEK_SCRATCH_URL=scratch_server.url(),
    )  # fmt: skip
    try:
        with under_load(apps, brokers.url) as (load, heard):
            killed_at = time.monotonic()
            brokers.nodes[0].kill()
            # Every booking answered from here on is told of by the brokers that are left.
            enough = len(load.answered) + 20
            eventually(lambda: len(load.answered) >= enough or load.refused, timeout=60)
            told_all(heard, load)
            told_s = time.monotonic() - killed_at
            brokers.nodes[0].start()
        told_all_after(heard, load, brokers.url)
        audit(store_url, load, heard)
        said = apps.run("services.booking.recovery", "verify")
        print(
            f"\nbroker killed: events again after {told_s:.1f} s at most; "
            f"{dict(load.statuses)}, {len(load.answered)} bookings; {said.strip()}"
        )
    finally:
        apps.remove()


def told_all_after(heard: Heard, load: Load, bus_url: str) -> None:
    """The consumer ended with the load: another one of its group hears the rest."""
    bus = connect_bus(bus_url)
    rest = Heard(bus, heard)
    try:
        told_all(rest, load)
    finally:
        rest.close()
        bus.close()
