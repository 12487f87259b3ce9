"""Real servers for tests: a Valkey on a unix socket, a Kafka broker on a loopback port.

Owns starting and stopping them. The one thing to know: they can be killed and started again in the
middle of a test, with their data, and each belongs to one test session (so to one xdist worker).
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

import redis

from embedded import valkey
from tests.support import eventually, free_port

ROOT = Path(__file__).resolve().parent.parent
KAFKA_SH = ROOT / "deploy" / "kafka" / "kafka.sh"


class Unavailable(Exception):
    """The server cannot be had on this machine; the text says why."""


class ValkeyServer:
    """A Valkey in a folder of its own; `save=False` keeps nothing on disk and is faster."""

    def __init__(self, *, save: bool = True) -> None:
        # Short: a unix socket's path may have about 100 bytes, and pytest's folders are longer.
        self.folder = Path(tempfile.mkdtemp(prefix="kz-"))
        self.socket = self.folder / "s"
        self._save = save
        self._process: subprocess.Popen[bytes] | None = None

    def url(self, db: int = 0) -> str:
        return f"unix://{self.socket}?db={db}"

    def start(self) -> None:
        try:
            command = valkey.command(self.folder, socket=self.socket, save=self._save)
        except FileNotFoundError as error:
            raise Unavailable(str(error)) from error
        with (self.folder / "log").open("ab") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out)
        eventually(self._answers)

    def kill(self) -> None:
        """As by `kill -9`; `start` finds what was written."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def remove(self) -> None:
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise Unavailable(f"Valkey ended: {(self.folder / 'log').read_text()[-500:]}")
        try:
            with redis.Redis(unix_socket_path=str(self.socket)) as client:
                return bool(client.ping())
        except redis.exceptions.RedisError:
            return False


class KafkaServer:
    """A broker by deploy/kafka/kafka.sh. The jars come from $KEZEK_KAFKA_LIBS or var/kafka-libs."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kz-kafka-"))
        self.port = free_port(neighbours=1)
        self.environ: dict[str, str] = {}
        self._libs = os.environ.get("KEZEK_KAFKA_LIBS") or str(ROOT / "var" / "kafka-libs")

    @property
    def url(self) -> str:
        return f"kafka://127.0.0.1:{self.port}"

    def start(self) -> None:
        for program in ("java", "mvn"):
            if shutil.which(program) is None:
                raise Unavailable(f"{program} is not installed, and a Kafka broker needs it")
        self._call("libs", str(self.folder))
        self._call("start", str(self.folder), str(self.port))

    def stop(self) -> None:
        self._call("stop", str(self.folder))

    def kill(self) -> None:
        """As by `kill -9`; `start` finds what was written."""
        self.signal(signal.SIGKILL)
        eventually(lambda: not self._listens())

    def signal(self, number: signal.Signals) -> None:
        os.kill(self._pid(), number)

    def lose_data(self) -> None:
        """What a broker whose disk was replaced comes back with. Only while it is stopped."""
        shutil.rmtree(self.folder / "data")

    def remove(self) -> None:
        if (self.folder / "pid").exists():
            self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _pid(self) -> int:
        return int((self.folder / "pid").read_text())

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def _call(self, *args: str) -> None:
        environment = {**os.environ, "KEZEK_KAFKA_LIBS": self._libs, **self.environ}
        done = subprocess.run(
            [str(KAFKA_SH), *args], env=environment, capture_output=True, text=True, timeout=300
        )
        if done.returncode:
            raise Unavailable(f"kafka.sh {args[0]}: {done.stderr.strip()}")
