"""Servers of a measurement: a Valkey with fsync before every reply, and a Kafka broker if possible."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from embedded.valkey import command

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(check: Callable[[], bool], what: str, limit_s: float = 60) -> None:
    """Waits for a server; ends the bench with one line if it does not come."""
    deadline = time.monotonic() + limit_s
    while not check():
        if time.monotonic() > deadline:
            raise SystemExit(f"bench: {what} within {limit_s:.0f} s: no")
        time.sleep(0.02)


@contextmanager
def valkey() -> Iterator[str]:
    """Its URL."""
    with tempfile.TemporaryDirectory(prefix="kz-bench-") as folder:
        path = Path(folder) / "valkey.sock"
        server = subprocess.Popen(
            command(Path(folder), socket=path), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            until(path.exists, "Valkey answers")
            yield f"unix://{path}?db=0"
        finally:
            server.terminate()
            server.wait()


@contextmanager
def kafka() -> Iterator[str | None]:
    """Its URL; None, with the reason printed, where Java or Maven are missing."""
    if shutil.which("java") is None or shutil.which("mvn") is None:
        print("bench: no Kafka figures: Java and Maven are needed for a broker")
        yield None
        return
    script, port = ROOT / "deploy" / "kafka" / "kafka.sh", free_port()
    libs = {"KEZEK_KAFKA_LIBS": os.environ.get("KEZEK_KAFKA_LIBS") or str(ROOT / "var/kafka-libs")}

    def call(*args: str) -> None:
        subprocess.run([script, *args], check=True, env={**os.environ, **libs}, capture_output=True)

    with tempfile.TemporaryDirectory(prefix="kz-bench-") as folder:
        call("libs", folder)
        call("start", folder, str(port))
        try:
            yield f"kafka://127.0.0.1:{port}"
        finally:
            call("stop", folder)
