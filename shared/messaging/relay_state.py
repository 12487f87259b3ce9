"""What a relay knows of its bus, kept in the hash `{svc}:relay:state` for health, metrics and
successors.

Owns the fields `bus` (`ok`, `down`, `went_back`), `error`, `at_ms`, and
`end:<bus>:<topic>:<partition>`: how far the log reached with what was acknowledged. The one thing
to know: an end never goes back unless a broker came back without its data, and that must not pass
unnoticed.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from shared.bus.port import Ends
from shared.contracts.registry import TOPICS
from shared.errors import KezekError
from shared.store.connection import Client

OK, DOWN, WENT_BACK, UNKNOWN = "ok", "down", "went_back", "unknown"


class LogWentBack(KezekError):
    """A topic ends below what was acknowledged: the broker came back without its data. Going on
    would hide that; restore the broker's data, or publish the full state again."""


class BusHealth(NamedTuple):
    """`unknown` where no relay has run yet. `at_ms` is real time; a running relay renews it about
    every 5 s while it is idle."""

    bus: str
    error: str
    at_ms: int


def state_key(prefix: str) -> str:
    return f"{prefix}:relay:state"


def bus_health(client: Client, prefix: str) -> BusHealth:
    """What the relay of that service last said of its bus. For health checks of web processes."""
    kept: Any = client.hmget(state_key(prefix), ["bus", "error", "at_ms"])
    return BusHealth((kept[0] or b"unknown").decode(), (kept[1] or b"").decode(), int(kept[2] or 0))


class RelayState:
    """The ends acknowledged on one kind of bus; those of another kind say nothing about this
    one."""

    def __init__(self, client: Client, prefix: str, bus_name: str) -> None:
        self.key = state_key(prefix)
        self._client = client
        self._bus_name = bus_name
        self._ends: dict[tuple[str, int], int] = {}

    def load(self) -> None:
        """What the last relay left."""
        kept: Any = self._client.hgetall(self.key)
        self._ends = {}
        for name, value in kept.items():
            parts = name.decode().split(":")
            if parts[:2] == ["end", self._bus_name]:
                self._ends[parts[2], int(parts[3])] = int(value)

    @property
    def topics(self) -> Iterable[str]:
        """Those to look at; any one, where nothing was acknowledged yet."""
        return {topic for topic, _ in self._ends} or {next(iter(TOPICS))}

    def compare(self, topic: str, found: Mapping[int, int]) -> None:
        """Raises `LogWentBack` if the topic ends below what was acknowledged."""
        for (known, partition), acknowledged in self._ends.items():
            if known == topic and found.get(partition, 0) < acknowledged:
                self._went_back(topic, partition, found.get(partition, 0))

    def check_growth(self, ends: Ends) -> None:
        """Raises `LogWentBack` unless what was just acknowledged lies beyond what was before."""
        for (topic, partition), end in ends.items():
            if end <= self._ends.get((topic, partition), 0):
                self._went_back(topic, partition, end)

    def reached(self, ends: Ends) -> list[str]:
        """Takes note of ends; the fields and values to be stored."""
        self._ends.update(ends)
        return [
            part
            for (topic, partition), end in ends.items()
            for part in (f"end:{self._bus_name}:{topic}:{partition}", str(end))
        ]

    def say(self, bus: str, error: str = "") -> None:
        fields: dict[Any, Any] = {"bus": bus, "error": error, "at_ms": int(time.time() * 1000)}
        self._client.hset(self.key, mapping=fields)

    def _went_back(self, topic: str, partition: int, end: int) -> None:
        acknowledged = self._ends[topic, partition]
        message = f"{topic}/{partition} ends at {end}, but {acknowledged} was acknowledged"
        self.say(WENT_BACK, message)
        raise LogWentBack(message)
