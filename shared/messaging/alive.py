"""`python -m shared.messaging.alive APP`: is the work of that app's workers being done?

Owns the health check of worker containers: that every loop of the worker in here turns, by the file
that KEZEK_WORKER_HEARTBEAT names, and that its app relays. The one thing to know: workers share one
relay, which shows itself in `{app}:relay:state` every few seconds, also while the bus is down; so a
silent state means that no worker of the app does its work, and a store that is down that none can.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from shared.config import Environment
from shared.errors import ConfigurationError, StoreUnavailable
from shared.messaging import heartbeat
from shared.messaging.relay_state import bus_health
from shared.store.connection import connect

SILENT_S = 60.0
"""Longer than the longest send, during which the relay says nothing."""


def problem(store_url: str, app: str) -> str | None:
    """What is wrong, in a few words; None if nothing. Raises nothing."""
    try:
        with connect(store_url) as client:
            health = bus_health(client, f"{{{app}}}")
    except StoreUnavailable as error:
        return f"the store does not answer: {error}"
    silent_s = time.time() - health.at_ms / 1000
    if not health.at_ms:
        return "no relay has run yet"
    return f"no relay for {silent_s:.0f} s" if silent_s > SILENT_S else None


def main(arguments: Sequence[str]) -> int:
    """The exit code: 0 alive, 1 not, with one line that says why; 2 for a wrong call."""
    if len(arguments) != 1:
        print("usage: python -m shared.messaging.alive APP", file=sys.stderr)
        return 2
    env = Environment(os.environ)
    try:
        store_url, beats = env.required("KEZEK_STORE_URL"), env.text("KEZEK_WORKER_HEARTBEAT", "")
    except ConfigurationError as error:
        print(f"alive: {error}", file=sys.stderr)
        return 2
    found = (heartbeat.problem(Path(beats)) if beats else None) or problem(store_url, arguments[0])
    if found:
        print(f"{arguments[0]}: {found}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
