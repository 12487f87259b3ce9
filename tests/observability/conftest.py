"""One running system for this folder, as `make run` starts it, and one booking's life in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.conftest import missing
from tests.e2e import journey
from tests.e2e.journey import Citizen
from tests.e2e.system import System
from tests.observability.prometheus import Prometheus
from tests.servers import Unavailable
from tests.support import eventually

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
BOOKING_TRACE = f"00-{TRACE}-00f067aa0ba902b7-01"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if {"system", "life"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    made = System(tmp_path_factory.mktemp("kezek") / "var")
    made.start()
    yield made
    made.close()


@dataclass(frozen=True)
class Life:
    """A booking that was made, moved and cancelled, every mail of it delivered."""

    system: System
    centre: str
    citizen: Citizen
    traces: list[str]

    @property
    def reference(self) -> str:
        return str(self.citizen.reference)


@pytest.fixture(scope="session")
def life(system: System) -> Life:
    centre = journey.opened(system)
    first, *later = journey.starts(system, centre)
    citizen = Citizen(system, "en")
    held = citizen.hold(centre, first[-1])
    body = {"hold": held.json["hold"], "language": "en", "person": citizen.person}
    booked = system.post("/booking/bookings", body, traceparent=BOOKING_TRACE)
    assert booked.status == 201, booked
    citizen.reference, citizen.token = booked.json["reference"], booked.json["manage_token"]
    moved = citizen.does("move", start=later[0][0])
    cancelled = citizen.does("cancel")
    assert (moved.status, cancelled.status) == (200, 200), (moved, cancelled)
    eventually(lambda: len(citizen.mails()) == 3)
    answers = (booked, moved, cancelled)
    return Life(system, centre, citizen, [a.headers["traceparent"][3:35] for a in answers])


@pytest.fixture(scope="session")
def web_ports(system: System) -> dict[str, int]:
    """Where each app itself listens, as the gateway was told: it hides the metrics."""
    text = (system.var / "caddy" / "gateway.json").read_text("utf-8")
    routes = json.loads(text)["apps"]["http"]["servers"]["kezek"]["routes"]
    found = {}
    for app in ("centres", "booking", "notify"):
        [route] = [r for r in routes if f"/{app}/*" in json.dumps(r) and '"dial"' in json.dumps(r)]
        dial = json.dumps(route).partition('"dial": "127.0.0.1:')[2]
        found[app] = int(dial.partition('"')[0])
    return found


@pytest.fixture(scope="session")
def prometheus(
    life: Life, web_ports: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """A real one that has scraped that system, after that life."""
    targets = {
        f"{app}-web": (f"127.0.0.1:{port}", f"/{app}/metrics") for app, port in web_ports.items()
    }
    server = Prometheus(tmp_path_factory.mktemp("prometheus"), targets)
    try:
        server.start()
        eventually(lambda: len(server.query("count_over_time(up[5m]) >= 3")) == len(targets))
        yield server
    except Unavailable as reason:
        missing(reason)
    finally:
        server.stop()
