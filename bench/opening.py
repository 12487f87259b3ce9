"""From the answer to "open" in one app to the first booking accepted in another, whole system."""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from bench.figures import Figure, percentile
from bench.requests import Wishes
from bench.servers import ROOT, free_port, until

IDLE_MS, LOADED_MS = 25.0, 100.0


@contextmanager
def system(bus_url: str | None) -> Iterator[dict[str, Any]]:
    """`make run`'s system in a folder of its own; what its run.json says."""
    with tempfile.TemporaryDirectory(prefix="kz-bench-") as folder:
        var = Path(folder) / "var"
        command = [sys.executable, "-m", "embedded", "--port", str(free_port()), "--var", str(var)]
        knobs = {"KEZEK_RATE_LIMITS": "off", "KEZEK_LEAD_S": "0"}
        server = subprocess.Popen(
            [*command, "--bus", bus_url or "", "--store", ""], cwd=ROOT,
            env={**os.environ, **knobs}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            until((var / "run.json").exists, "the system is ready", 180)
            yield json.loads((var / "run.json").read_text())
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait()


class Client:
    def __init__(self, run: dict[str, Any]) -> None:
        self._connection = http.client.HTTPConnection(run["url"].removeprefix("http://"))
        self._token = {"Authorization": f"Bearer {run['ops_token']}"}

    def call(self, method: str, path: str, body: Any = None, *, as_ops: bool = False) -> Any:
        headers = {"Content-Type": "application/json"} if body is not None else {}
        content = json.dumps(body) if body is not None else None
        self._connection.request(method, path, content, headers | (self._token if as_ops else {}))
        answer = self._connection.getresponse()
        return answer.status, json.loads(answer.read() or b"null")


def measure(name: str, bus_url: str | None, times: int) -> Iterator[Figure]:
    """Milliseconds, idle and while citizens search and book elsewhere as fast as they can."""
    wishes = Wishes()
    with system(bus_url) as run:
        client = Client(run)
        for load, goal in (("idle", IDLE_MS), ("under load", LOADED_MS)):
            with _pressing(run, wishes) if load != "idle" else _nothing():
                taken = [_open_and_book(client, wishes) for _ in range(times)]
            for label, share in (("p50", 0.5), ("p99", 0.99)):
                figure = Figure(f"opened to booked {label}, {name}, {load}", "ms")
                figure.goal = goal if label == "p99" else None
                figure.values.append(percentile(taken, share))
                figure.note = f"{times} centres"
                yield figure


_NUMBERS = count(1)


def _open_and_book(client: Client, wishes: Wishes) -> float:
    """Registers a centre, opens it, and books there until it is accepted; milliseconds since the
    answer to "open"."""
    centre_id = f"bench-{next(_NUMBERS)}-{time.time_ns()}"[:40]
    words = {"kk": "Орталық", "ru": "Центр", "en": "Centre"}
    _expect(201, client.call("POST", "/centres", {
        "id": centre_id, "kind": "specialised", "names": words, "addresses": words,
        "region": "almaty-city", "location": {"lat": 43.2, "lon": 76.9},
        "resources": {"pick-up-window": 4}, "services": ["plates"],
    }, as_ops=True))  # fmt: skip
    _expect(
        200, client.call("POST", f"/centres/{centre_id}/open", {"reason": "bench"}, as_ops=True)
    )
    began = time.perf_counter()
    wish = wishes.booking(centre_id)
    while True:
        status, answer = client.call("POST", "/booking/bookings", wish)
        if status == 201:
            return (time.perf_counter() - began) * 1000
        if answer["error_code"] not in ("unknown_centre", "centre_not_open", "service_not_offered"):
            raise SystemExit(f"bench: a booking was refused: {answer}")


def _expect(status: int, found: Any) -> None:
    if found[0] != status:
        raise SystemExit(f"bench: {status} was expected, and {found} came")


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _pressing(run: dict[str, Any], wishes: Wishes) -> Iterator[None]:
    """Two citizens without a pause: a search, then a booking at a centre of the network."""
    stop = threading.Event()

    def press() -> None:
        client = Client(run)
        while not stop.is_set():
            client.call("GET", "/booking/slots?service=plates&near=43.2389,76.8897")
            client.call("POST", "/booking/bookings", wishes.booking("src-imp-alm1"))

    threads = [threading.Thread(target=press, daemon=True) for _ in range(2)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()
