"""A primary with two replicas under three sentinels, all real, on loopback."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

import redis

from embedded import valkey
from tests.support import eventually, free_port

NAME = "booking"
PASSWORD = "a-password-for-tests"
DOWN_AFTER_MS = 2000


class Node:
    """One process: a store, or a sentinel."""

    def __init__(self, folder: Path, port: int, command: list[str], password: str | None) -> None:
        self.port, self._folder, self._command = port, folder, command
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with (self._folder / "log").open("ab") as out:
            self._process = subprocess.Popen(self._command, stdout=out, stderr=out)
        eventually(self._answers)

    def kill(self) -> None:
        """As by `kill -9`."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, password=self._password, decode_responses=True)

    def _answers(self) -> bool:
        try:
            with self.client() as client:
                return bool(client.ping())
        except redis.RedisError:
            return False


class Valkeys:
    """`url` is what the apps are given; `primary()` whoever is it now."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="kz-sentinel-"))
        first = free_port(neighbours=5)
        self.stores = [self._store(number, first + number, first) for number in range(3)]
        self.sentinels = [self._sentinel(number, first + 3 + number, first) for number in range(3)]

    @property
    def url(self) -> str:
        hosts = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"sentinel://:{PASSWORD}@{hosts}/{NAME}"

    def start(self) -> None:
        for node in [*self.stores, *self.sentinels]:
            node.start()
        eventually(self.whole, timeout=90)  # on a busy machine sentinels meet slowly

    def primary(self) -> Node:
        with self.sentinels[0].client() as client:
            _, port = client.execute_command("SENTINEL", "get-master-addr-by-name", NAME)
        return next(node for node in self.stores if node.port == int(port))

    def replicas(self) -> list[Node]:
        primary = self.primary()
        return [node for node in self.stores if node is not primary]

    def whole(self) -> bool:
        """Everybody knows everybody, and both replicas have everything on their disks."""
        for sentinel in self.sentinels:
            with sentinel.client() as client:
                state = client.sentinel_master(NAME)
            if state["num-slaves"] != 2 or state["num-other-sentinels"] != 2:
                return False
        with self.primary().client() as client:
            client.set("{test}:whole", "1")
            return client.execute_command("WAITAOF", 1, 2, 1000) == [1, 2]

    def remove(self) -> None:
        for node in [*self.sentinels, *self.stores]:
            node.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _store(self, number: int, port: int, primary_port: int) -> Node:
        folder = self.folder / f"store-{number}"
        folder.mkdir()
        command = valkey.command(folder, port=port, password=PASSWORD)
        # As deploy/valkey/cluster.conf has it.
        command += ["--primaryauth", PASSWORD, "--replica-serve-stale-data", "no"]
        if number:
            command += ["--replicaof", "127.0.0.1", str(primary_port)]
        return Node(folder, port, command, PASSWORD)

    def _sentinel(self, number: int, port: int, primary_port: int) -> Node:
        folder = self.folder / f"sentinel-{number}"
        folder.mkdir()
        (folder / "conf").write_text(
            f"port {port}\nbind 127.0.0.1\ndir {folder}\n"
            f"sentinel monitor {NAME} 127.0.0.1 {primary_port} 2\n"
            f"sentinel auth-pass {NAME} {PASSWORD}\n"
            f"sentinel down-after-milliseconds {NAME} {DOWN_AFTER_MS}\n"
            f"sentinel failover-timeout {NAME} 10000\n"
        )
        command = [str(valkey.binary()), str(folder / "conf"), "--sentinel"]
        return Node(folder, port, command, None)
