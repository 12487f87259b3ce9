"""HTTP through the gateway, as a client of the outside sees it.

The one thing to know: `patiently` is what a well-behaved client does: it repeats a 503 with the same
idempotency key, and nothing but a 503 that says when to come back.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple, TypeVar

from deploy.check.engine import Failed

T = TypeVar("T")
DEADLINE_S = 90.0


class Answer(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: Any


class Client:
    """One origin on loopback. A connection for each call, so that none outlives a restart."""

    def __init__(self, port: int) -> None:
        self._port = port

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = None,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """`body`: bytes as they are, anything else as JSON. Raises OSError without an answer."""
        sent = dict(headers or {})
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        if token:
            sent["Authorization"] = f"Bearer {token}"
        if key:
            sent["Idempotency-Key"] = key
        connection = HTTPConnection("127.0.0.1", self._port, timeout=70)
        try:
            connection.request(method, path, body, sent)
            answer = connection.getresponse()
            raw = answer.read()
            is_json = "json" in (answer.getheader("Content-Type") or "")
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, found, json.loads(raw) if is_json and raw else raw)
        finally:
            connection.close()

    def expect(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The body of an answer with that status; raises `Failed` for any other."""
        return _body(status, f"{method} {path}", self.call(method, path, body, **more))

    def patiently(self, status: int, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """As `expect`, but a 503 with Retry-After is asked again until the deadline."""
        deadline = time.monotonic() + DEADLINE_S
        while True:
            answer = self.call(method, path, body, **more)
            if answer.status != 503 or time.monotonic() > deadline:
                return _body(status, f"{method} {path}", answer)
            check_refusal(answer)
            time.sleep(0.5)


def check_refusal(answer: Answer) -> None:
    """A 429 or 503 has the body of all errors, and says when to come back."""
    body = answer.body if isinstance(answer.body, dict) else {}
    # Readiness answers 503 in a form of its own.
    told = body.get("status") in (answer.status, "unavailable")
    if not told or not answer.headers.get("retry-after"):
        raise Failed(f"a {answer.status} without Retry-After or error body: {answer.body!r:.200}")


def _body(status: int, what: str, answer: Answer) -> Any:
    if answer.status != status:
        raise Failed(f"{what}: {answer.status}, not {status}: {answer.body!r:.300}")
    return answer.body


def eventually(what: str, look: Callable[[], T | None], deadline_s: float = DEADLINE_S) -> T:
    """The first true answer of `look`. Raises `Failed` when the time is over."""
    deadline = time.monotonic() + deadline_s
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Failed(f"not within {deadline_s:.0f} s: {what}")
        time.sleep(0.1)
