"""`kill -9` of the store under load: no acknowledged booking lost, none doubled."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator

import pytest

from services.booking.store import keys
from tests.booking.books import audit, bookings
from tests.booking.conftest import direct
from tests.booking.refusing import change
from tests.booking.serving import Reply, Request, Served, send, serving
from tests.conftest import running
from tests.servers import ValkeyServer
from tests.support import eventually

pytestmark = pytest.mark.slow
CLIENTS = 8
PLACES = 400


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    """A Valkey for one test, to be killed; it fsyncs before each reply."""
    yield from running(ValkeyServer(save=True))


class Load:
    """Clients that book without pause, each wish under a key of its own, until told to stop.

    A wish whose outcome is unknown (503, or no answer) is repeated with the same key.
    """

    def __init__(self, served: Served) -> None:
        self.served = served
        self.stop = threading.Event()
        self.numbers = iter(range(10**6))
        self.lock = threading.Lock()
        self.acknowledged: dict[int, list[Reply]] = {}
        self.others: Counter[int] = Counter()
        self.odd: list[Reply] = []
        self.threads = [threading.Thread(target=self._run) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def _run(self) -> None:
        while not self.stop.is_set():
            with self.lock:
                number = next(self.numbers)
            request = Request(
                "/bookings", direct(number=number), {"Idempotency-Key": f"load-{number:020d}"}
            )
            while not self._once(number, request) and not self.stop.is_set():
                self.stop.wait(0.01)

    def _once(self, number: int, request: Request) -> bool:
        reply = send(self.served.port, request)
        with self.lock:
            if reply.status == 201:
                self.acknowledged.setdefault(number, []).append(reply)
                return True
            self.others[reply.status] += 1
            if reply.status == 409:
                return True
            if reply.status != 503 or not reply.retry_after:
                self.odd.append(reply)
            return False

    def booked(self, least: int) -> bool:
        with self.lock:
            return len(self.acknowledged) >= least

    def end(self) -> None:
        self.stop.set()
        for thread in self.threads:
            thread.join()


def test_a_killed_store_loses_no_acknowledged_booking_and_doubles_none(
    own_valkey: ValkeyServer,
) -> None:
    with serving(own_valkey.url()) as served:
        served.world.centre()
        change(served.world, resources={"pick-up-window": PLACES}, walk_in={})
        load = Load(served)
        try:
            for round_ in range(2):
                eventually(lambda least=40 * (round_ + 1): load.booked(least))
                own_valkey.kill()
                refused = load.others[503]
                eventually(lambda before=refused: load.others[503] > before)
                own_valkey.start()
            eventually(lambda: load.booked(120))
        finally:
            load.end()
        assert load.odd == [], "only success, 409 or 503 with Retry-After"
        audit(served.world)
        kept = bookings(served.world)
        told = {
            number: {r.body["reference"] for r in rs} for number, rs in load.acknowledged.items()
        }
        assert all(len(references) == 1 for references in told.values())
        assert {r for references in told.values() for r in references} <= set(kept)
        persons = Counter(booking["person"] for booking in kept.values())
        assert set(persons.values()) == {1}, "somebody has two"
        for number, replies in load.acknowledged.items():
            request = Request(
                "/bookings", direct(number=number), {"Idempotency-Key": f"load-{number:020d}"}
            )
            assert send(served.port, request).body == replies[0].body


def test_without_its_store_booking_says_so_and_recovers_by_itself(own_valkey: ValkeyServer) -> None:
    with serving(own_valkey.url()) as served:
        world = served.world
        world.centre()
        assert world.get("/health/ready").json["checks"]["network"] == {"centres": 1}
        own_valkey.kill()
        ready = world.get("/health/ready")
        assert (ready.status_code, world.get("/health/live").status_code) == (503, 200)
        for language in ("kk", "ru", "en"):
            answer = world.post(f"/bookings?lang={language}", direct())
            assert (answer.status_code, answer.json["error_code"]) == (503, "unavailable")
            assert int(answer.headers["Retry-After"]) >= 1
        assert world.get("/slots?service=plates&near=43,76").status_code == 503
        own_valkey.start()
        assert world.post("/bookings", direct()).status_code == 201
        assert world.deps.client.exists(keys.OUTBOX)
