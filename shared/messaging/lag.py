"""How far a group of consumers is behind, written down for metrics.

Owns `{app}:consumer:lag`, a hash: `topic:partition` to records, and `at_ms`. Web processes open no
client of the bus, so a worker looks for them. The one thing to know: each worker of a group writes the
same, so any one that lives is enough.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from shared.bus.port import Bus, BusUnavailable
from shared.store.connection import Client

LOOK_EVERY_S = 5.0


def lag_key(prefix: str) -> str:
    return f"{prefix}:consumer:lag"


class LagWatch:
    """`prefix` as `{booking}`. `run` for the process's life, `look` for one look."""

    def __init__(
        self, client: Client, prefix: str, bus: Bus, group: str, topics: Sequence[str]
    ) -> None:
        self._client = client
        self._key = lag_key(prefix)
        self._bus = bus
        self._group = group
        self._topics = tuple(topics)

    def run(self, stop: threading.Event) -> None:
        """Until `stop` is set. Raises `StoreUnavailable`; a bus that is down is waited for, and seen
        by the age of the last look."""
        while not stop.is_set():
            with suppress(BusUnavailable):  # the relay says so
                self.look()
            stop.wait(LOOK_EVERY_S)

    def look(self) -> None:
        """Raises `BusUnavailable`, `StoreUnavailable`."""
        lag = self._bus.lag(self._group, self._topics)
        fields: dict[Any, Any] = {f"{topic}:{number}": n for (topic, number), n in lag.items()}
        self._client.hset(self._key, mapping={**fields, "at_ms": int(time.time() * 1000)})
