"""The broker's outside listener: a system of a centre reads two topics over TLS, and can do nothing else.

The one thing to know: that system is a container of the engine's own network, so it comes in by the
published port, as one outside does.
"""

from __future__ import annotations

import json
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from deploy.check.client import eventually
from deploy.check.engine import ROOT, TAG, Failed, Stack, free_port, run

HOST = "127.0.0.1"
USER = "check-display"
SCRIPT = ROOT / "deploy" / "check" / "outside.py"
OVERRIDE = ["docker-compose.yml", "deploy/compose.external.yml"]
READING_S = 6.0  # for it to connect, and to read again and again
REFUSED = "TopicAuthorizationFailedError"


class External:
    """The listener of one stack, from `on` to the removal of its user."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._port = free_port()
        self._password = ""

    def on(self) -> str:
        """As `make external` and `make up`; whoever calls it waits until the apps are ready."""
        run(["sh", "deploy/external/certificate.sh", str(self._stack.env_file), HOST])
        self._stack.use_files(OVERRIDE, KEZEK_EXTERNAL_PORT=str(self._port))
        self._stack.compose("up", "--detach")
        return f"the broker listens on {HOST}:{self._port}"

    def reads(self) -> str:
        told = self._user("add", USER)
        self._password = told.split("password: ")[1].split()[0]
        found = eventually("the new user is known", self._let_in)
        wrong = {what: got for what, got in found.items() if not _as_it_should(what, got)}
        if wrong:
            raise Failed(f"a system outside: {wrong}")
        records = f"{found['read bookings']} of bookings, {found['read centres']} of centres"
        return f"{records} read; all else refused"

    def refuses(self) -> str:
        """A wrong password, and the name that means everybody inside; the right one goes on working."""
        for name, password in ((USER, self._password + "x"), ("ANONYMOUS", "x"), ("nobody", "x")):
            found = self._ask(name, password)
            if "connect" not in found:
                raise Failed(f"{name} with a wrong password: {found}")
        if not self._let_in():
            raise Failed("the user is not let in any more")
        called = ("run", "--rm", "--no-deps", "-T", "topics", *_words("add", "ANONYMOUS"))
        if "a name has" not in self._stack.refusal(*called):
            raise Failed("a user can be called ANONYMOUS")
        return "a wrong password, ANONYMOUS, and somebody else"

    def removed(self) -> str:
        """Access ends for those who are connected, and for those who come."""
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(self._ask, USER, self._password, "--until-refused")
            time.sleep(READING_S)
            if reading.done():
                raise Failed(f"a system that should read: {reading.result()}")
            self._user("remove", USER)
            connected = reading.result()["refused"]
        if not connected:
            raise Failed("a removed user who is connected goes on reading")
        coming = eventually("a removed user is not let in", self._shut_out)
        if USER in self._user("list"):
            raise Failed("a removed user is on the list")
        return f"who was connected: {connected}; who comes: {coming}"

    def _let_in(self) -> dict[str, Any] | None:
        found = self._ask(USER, self._password)
        return None if "connect" in found else found

    def _shut_out(self) -> str | None:
        return self._ask(USER, self._password).get("connect")

    def _user(self, *words: str) -> str:
        return self._stack.compose("run", "--rm", "--no-deps", "-T", "topics", *_words(*words))

    def _ask(self, user: str, password: str, *more: str) -> dict[str, Any]:
        done = subprocess.run(
            self._command(user, *more),
            input=f"{password}\n",
            text=True,
            capture_output=True,
            cwd=ROOT,
        )
        if done.returncode:
            raise Failed(f"the system outside: {done.stderr[-300:]}")
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    def _command(self, user: str, *more: str) -> list[str]:
        mounts = [
            (SCRIPT, "/outside.py"),
            (self._stack.env_file.parent / "kafka-ca.pem", "/ca.pem"),
        ]
        volumes = [f"--volume={here.resolve()}:{there}:ro" for here, there in mounts]
        server = f"{HOST}:{self._port}"
        return [
            "docker", "run", "--rm", "--interactive", "--network=host", *volumes,
            f"kezek:{TAG}", "python", "/outside.py", server, "/ca.pem", user, *more,
        ]  # fmt: skip


def _words(*words: str) -> list[str]:
    return ["python", "-m", "shared.bus.kafka_users", *words]


def _as_it_should(what: str, got: object) -> bool:
    if what in ("read bookings", "read centres", "group"):
        return isinstance(got, int) and got > 0
    if what == "another's group":
        return got == "GroupAuthorizationFailedError"
    return got == REFUSED
