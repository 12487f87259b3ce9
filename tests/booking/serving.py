"""Booking's web processes for real: gunicorn on a Valkey, and clients in several processes."""

from __future__ import annotations

import http.client
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

from cryptography.fernet import Fernet

from services.booking.config import BookingSettings
from services.booking.wiring import build
from shared.config import Environment
from tests.booking.conftest import OPS, World
from tests.servers import ROOT
from tests.support import eventually, free_port


class Reply(NamedTuple):
    """`status` 0: the connection broke before an answer came."""

    status: int
    body: Any
    retry_after: str | None


class Request(NamedTuple):
    path: str
    body: Any
    headers: dict[str, str]


def environment(store_url: str, **knobs: str) -> dict[str, str]:
    return {
        "KEZEK_STORE_URL": store_url, "KEZEK_BUS_URL": store_url, "KEZEK_OPS_TOKEN": OPS,
        "KEZEK_TOKEN_KEY": "token-key-for-tests", "KEZEK_IIN_KEY": "iin-key-for-tests",
        "KEZEK_CONTACT_KEYS": Fernet.generate_key().decode(), "KEZEK_RATE_LIMITS": "off",
        "KEZEK_COOL_OFF_MAX_S": "0", **knobs,
    }  # fmt: skip


class Served(NamedTuple):
    port: int
    world: World
    """The same store, looked at from the test's own process."""


@contextmanager
def serving(store_url: str, **knobs: str) -> Iterator[Served]:
    """Two workers of eight threads, as `make run` starts them."""
    variables, port = environment(store_url, **knobs), free_port()
    command = [
        sys.executable, "-m", "gunicorn", "-c", "shared/web/gunicorn_conf.py", "-w", "2",
        "--bind", f"127.0.0.1:{port}", "services.booking.app:create_app()",
    ]  # fmt: skip
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **variables}, stdout=log, stderr=log
        )
        try:
            world = World(build(BookingSettings.read(Environment(variables))))
            eventually(lambda: _live(process, port))
            yield Served(port, world)
        finally:
            process.terminate()
            process.wait(timeout=30)


def _live(process: subprocess.Popen[bytes], port: int) -> bool:
    assert process.poll() is None, "gunicorn ended"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/booking/health/live")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def send(port: int, request: Request) -> Reply:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        headers = {"Content-Type": "application/json", **request.headers}
        body = json.dumps(request.body).encode()
        connection.request("POST", f"/booking{request.path}", body, headers)
        answer = connection.getresponse()
        return Reply(answer.status, json.loads(answer.read()), answer.headers["Retry-After"])
    except (OSError, http.client.HTTPException):
        return Reply(0, None, None)
    finally:
        connection.close()


Client = Callable[[int, Any], Any]
"""A module's function of port and task; runs in a process of its own."""


def _threads(client: Client, port: int, tasks: Sequence[Any], gate: Any, results: Any) -> None:
    answers: list[Any] = [None] * len(tasks)

    def one(index: int) -> None:
        gate.wait()
        answers[index] = client(port, tasks[index])

    threads = [threading.Thread(target=one, args=(i,)) for i in range(len(tasks))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    results.put(answers)


def race(client: Client, port: int, tasks: Sequence[Any], processes: int = 4) -> list[Any]:
    """Runs `client(port, task)` for all tasks at once, in several processes; their results."""
    spawn = multiprocessing.get_context("spawn")
    gate, results = spawn.Barrier(len(tasks)), spawn.Queue()
    parts = [tasks[n::processes] for n in range(processes)]
    workers = [
        spawn.Process(target=_threads, args=(client, port, part, gate, results)) for part in parts
    ]
    for worker in workers:
        worker.start()
    answers = [answer for _ in workers for answer in results.get(timeout=200)]
    for worker in workers:
        worker.join()
    return answers


def hold_and_book(port: int, request: Request) -> Reply:
    """A hold, tried again while holds have their share of the start, then the booking from it."""
    person = request.body["person"]
    wish = {name: value for name, value in request.body.items() if name != "person"}
    for _ in range(40):
        held = send(port, Request("/holds", wish, {}))
        if held.status == 201:
            return send(
                port, Request("/bookings", {"hold": held.body["hold"], "person": person}, {})
            )
        if held.status != 409:
            return held
    return held
