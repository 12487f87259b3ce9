"""The embedded system of a test, run as its user runs it, and the few things a user can do with it.

Owns starting, stopping and asking over HTTP. Knows nothing of centres and bookings: that is
`journey`.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

from tests.servers import ROOT
from tests.support import eventually, free_port

APPS = ("centres", "booking", "notify")
START_S = 120.0
_WITHOUT_PROXY = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Answer(NamedTuple):
    """What came back; `json` is None for an empty body."""

    status: int
    json: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str | None:
        return self.json.get("error_code") if isinstance(self.json, dict) else None


class System:
    """One `var/` folder on one port. `environ` is added to ours, of which KEZEK_ is left out."""

    def __init__(self, var: Path, *arguments: str, **environ: str) -> None:
        self.var = var
        self.port = free_port()
        self.output = var.parent / f"{var.name}.out"
        place = ("--port", str(self.port), "--var", str(var))
        self._command: Sequence[str] = (sys.executable, "-m", "embedded", *place, *arguments)
        self._mark = f"KEZEK_TEST_MARK={uuid.uuid4()}"
        name, _, value = self._mark.partition("=")
        ours = {k: v for k, v in os.environ.items() if not k.startswith("KEZEK_")}
        self._environ = {**ours, "KEZEK_SIMULATED_CLOCK": "1", name: value, **environ}
        self._process: subprocess.Popen[bytes] | None = None
        self._ends: Mapping[str, str] = {}

    # Starting and stopping

    def start(
        self, *, command: Sequence[str] | None = None, folder: Path = ROOT, wait: bool = True
    ) -> None:
        """Until `run.json` is there, which is written last; `command` instead of our own."""
        (self.var / "run.json").unlink(missing_ok=True)  # left by one that was killed
        with self.output.open("ab") as out:
            self._process = subprocess.Popen(
                command or self._command, cwd=folder, env=self._environ, stdout=out, stderr=out,
                start_new_session=True,
            )  # fmt: skip
        if wait:
            eventually(self._has_started, timeout=START_S, every=0.1)

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def end(self, number: signal.Signals, *, group: bool = False) -> int:
        """Sends the signal, to the whole group as a terminal does or to the launcher; the exit
        code."""
        assert self._process is not None
        (os.killpg if group else os.kill)(self._process.pid, number)
        return self._process.wait(timeout=60)

    def close(self) -> None:
        """Ends with SIGTERM, and nothing may be left running."""
        if self.runs:
            code = self.end(signal.SIGTERM)
            assert code == 0, self.said()
        assert self.left() == []

    def left(self) -> list[str]:
        """Commands that still run and were started by this system."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if self._mark.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found

    def said(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def told(self) -> dict[str, Any]:
        """What `run.json` says."""
        told: dict[str, Any] = json.loads((self.var / "run.json").read_text("utf-8"))
        return told

    def kill(self, name: str) -> int:
        """As by `kill -9`; the pid of the one that was started again."""
        before = self.told()["pids"][name]
        os.kill(before, signal.SIGKILL)
        return eventually(lambda: self._another(name, before), timeout=60)

    def _another(self, name: str, before: int) -> int | None:
        now = self.told()["pids"].get(name)
        return now if now != before else None

    def _has_started(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"it ended instead of starting: {self.said()[-2000:]}")
        if not (self.var / "run.json").exists():
            return False
        self._ends = self.told()
        return True

    # Asking

    @property
    def ops(self) -> str:
        return str(self._ends["ops_token"])

    @property
    def url(self) -> str:
        return str(self._ends["url"])

    @property
    def mail_url(self) -> str:
        return str(self._ends["mail_url"])

    def get(self, path: str, token: str = "", **headers: str) -> Answer:
        return self.call("GET", path, None, token, **headers)

    def post(self, path: str, body: Any = None, token: str = "", **headers: str) -> Answer:
        return self.call("POST", path, body, token, **headers)

    def call(
        self, method: str, path: str, body: Any = None, token: str = "", **headers: str
    ) -> Answer:
        """One request; raises OSError where nobody answers. `if_match=` is the header If-Match."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token:
            sent["Authorization"] = f"Bearer {token}"
        data = None
        if body is not None:
            sent["Content-Type"], data = "application/json", json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, sent, method=method)
        try:
            with _WITHOUT_PROXY.open(request, timeout=60) as answer:
                return _answer(answer)
        except urllib.error.HTTPError as error:
            with error:
                return _answer(error)

    def fetch(self, url: str) -> bytes:
        with _WITHOUT_PROXY.open(url, timeout=60) as answer:
            content: bytes = answer.read()
            return content

    def ready(self, app: str) -> Answer:
        return self.get(f"/{app}/health/ready")

    # Time

    def now(self, app: str = "booking") -> datetime:
        """The simulated time of an app."""
        answer = self.post(f"/{app}/clock", {"advance_s": 0}, self.ops)
        return datetime.fromisoformat(answer.json["now"])

    def move_clocks(self, to: datetime) -> None:
        """The clocks of all three apps forward to an instant; one that is later stays as it is."""
        for app in APPS:
            ahead_s = ceil((to - self.now(app)).total_seconds())
            if ahead_s > 0:
                answer = self.post(f"/{app}/clock", {"advance_s": ahead_s}, self.ops)
                assert answer.status == 200, answer


_NUMBERS = itertools.count(int(time.time()) % 1_000_000 * 100)


def fresh_number() -> int:
    """Another one each time, in this run and in those after it on the same servers."""
    return next(_NUMBERS)


def _answer(answer: Any) -> Answer:
    content = answer.read()
    return Answer(answer.status, json.loads(content) if content else None, answer.headers)
