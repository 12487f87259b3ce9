"""Booking on several machines' worth of servers: gunicorn and the worker as processes, on loopback."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.cluster.brokers import Brokers
from tests.cluster.valkeys import Valkeys
from tests.conftest import missing
from tests.recovery.conftest import scratch_server  # noqa: F401 - a fixture
from tests.servers import ROOT, Unavailable
from tests.support import eventually, free_port


@pytest.fixture
def valkeys() -> Iterator[Valkeys]:
    try:
        made = Valkeys()
    except FileNotFoundError as reason:
        missing(reason)
    try:
        made.start()
        yield made
    finally:
        made.remove()


@pytest.fixture
def brokers() -> Iterator[Brokers]:
    made = Brokers()
    try:
        made.start()
        yield made
    except Unavailable as reason:
        missing(reason)
    finally:
        made.remove()


class Apps:
    """Booking's web processes and two workers, each started again when it ends, as compose does."""

    def __init__(self, store_url: str, bus_url: str, **environ: str) -> None:
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix="kz-apps-"))
        self.environ = {
            **os.environ,
            "KEZEK_STORE_URL": store_url,
            "KEZEK_BUS_URL": bus_url,
            "KEZEK_OPS_TOKEN": secrets.token_urlsafe(16),
            "KEZEK_TOKEN_KEY": secrets.token_urlsafe(16),
            "KEZEK_IIN_KEY": secrets.token_urlsafe(16),
            "KEZEK_CONTACT_KEYS": Fernet.generate_key().decode(),
            "KEZEK_RATE_LIMITS": "off",
            **environ,
        }
        gunicorn = (
            f"{sys.executable} -m gunicorn --no-control-socket -c shared/web/gunicorn_conf.py"
        )
        web = f"{gunicorn} -w 2 --bind 127.0.0.1:{self.port} 'services.booking.app:create_app()'"
        self._commands = [web] + [f"{sys.executable} -m services.booking.worker"] * 2
        self._processes: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        self.run("shared.messaging.topics")
        for number, command in enumerate(self._commands):
            again = f"while true; do {command}; sleep 0.2; done"
            with (self.folder / f"log-{number}").open("wb") as log:
                self._processes.append(
                    subprocess.Popen(
                        ["sh", "-c", again],
                        cwd=ROOT,
                        env=self.environ,
                        stdout=log,
                        stderr=log,
                        start_new_session=True,
                    )  # fmt: skip
                )
        eventually(self._ready)

    def run(self, module: str, *arguments: str) -> str:
        """A command of an app, to its end; what it said."""
        done = subprocess.run(
            [sys.executable, "-m", module, *arguments], cwd=ROOT, env=self.environ,
            capture_output=True, text=True, timeout=120,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done.stdout

    def remove(self) -> None:
        for process in self._processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def know_a_centre(self) -> bool:
        """Whether an announced centre has arrived."""
        return bool(self._health().get("checks", {}).get("network", {}).get("centres"))

    def _ready(self) -> bool:
        return bool(self._health())

    def _health(self) -> dict[str, Any]:
        """What `ready` answers; empty while it is not."""
        try:
            url = f"http://127.0.0.1:{self.port}/booking/health/ready"
            with urllib.request.urlopen(url, timeout=5) as answer:
                found: dict[str, Any] = json.loads(answer.read())
                return found
        except OSError:
            return {}
