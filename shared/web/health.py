"""Health: is the process alive, and can it serve?

Owns the two calls and the meaning of their answers: `live` says the process answers; `ready` runs the
app's checks and answers 503 only where it cannot serve (its store is down); anything else that is
wrong (bus down, worker away) is 200 `degraded`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response

from shared.errors import StoreUnavailable
from shared.web.answers import Answer

Checks = Callable[[], dict[str, Any]]
"""Names to "ok", a dict with facts, or a text that says what is wrong. Raises `StoreUnavailable`."""


def install(app: Flask, prefix: str, checks: Checks) -> None:
    def live() -> Response:
        return Answer(200, {"status": "ok"}).response()

    def ready() -> Response:
        try:
            found = checks()
        except StoreUnavailable:
            body = {"status": "unavailable", "checks": {"store": "down"}}
            return Answer(503, body, {"Retry-After": "2"}).response()
        wrong = [c for c in found.values() if isinstance(c, str) and c != "ok"]
        status = "degraded" if wrong else "ok"
        return Answer(200, {"status": status, "checks": found}).response()

    app.add_url_rule(f"{prefix}/health/live", view_func=live, endpoint="live")
    app.add_url_rule(f"{prefix}/health/ready", view_func=ready, endpoint="ready")


WORKER_SILENT_MS = 15_000
"""The relay writes its state every few seconds; after this long nobody is relaying."""


def worker_checks(client: Any, prefix: str) -> dict[str, str]:
    """What a service's relay last said of itself and of the bus, by `{app}:relay:state`."""
    at_ms, bus, error = client.hmget(f"{prefix}:relay:state", "at_ms", "bus", "error")
    if at_ms is None:
        return {"worker": "starting", "bus": "unknown"}
    silent_ms = time.time() * 1000 - int(at_ms)
    worker = "ok" if silent_ms < WORKER_SILENT_MS else f"silent for {int(silent_ms / 1000)} s"
    return {"worker": worker, "bus": "ok" if bus == b"ok" else f"down: {(error or b'').decode()}"}
