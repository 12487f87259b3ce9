"""What the store knows, read at each scrape: so it is right whatever the number of processes.

Owns the gauges of readiness, of the outbox and its relay, of consumer lag and of the store itself.
The one thing to know: a scrape costs what `ready` costs and one round trip more, whatever is in the
store; one that is down is `kezek_store_up 0`, and nothing is said of what is in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from shared.errors import StoreUnavailable
from shared.messaging.lag import lag_key
from shared.messaging.relay_state import OK, state_key
from shared.store.connection import Client

Checks = Callable[[], dict[str, Any]]
_EMPTY = b"0-0"


class StoreGauges(Collector):
    """The gauges of one app. `checks` are those of `ready`; keys start with `{app}`."""

    def __init__(self, app: str, client: Client, checks: Checks) -> None:
        self._app = app
        self._client = client
        self._checks = checks
        self._prefix = f"{{{app}}}"

    def collect(self) -> Iterator[GaugeMetricFamily]:
        yield from self._of_disk()
        try:
            checks, facts = self._checks(), self._read()
        except StoreUnavailable:
            yield self._gauge("kezek_store_up", "1 if the app's store answers.", 0)
            return
        yield self._gauge("kezek_store_up", "1 if the app's store answers.", 1)
        yield from self._of_checks(checks)
        yield from self._of_outbox(facts)
        yield from self._of_lag(facts)
        yield from self._of_store(facts)

    def _read(self) -> dict[str, Any]:
        """One round trip. The outbox's ids are the store's time; the one at the cursor is sent."""
        outbox, cursor = f"{self._prefix}:outbox", f"{self._prefix}:relay:cursor"
        sent: Any = self._client.get(cursor) or _EMPTY
        pipe = self._client.pipeline(transaction=False)
        pipe.time()
        pipe.xlen(outbox)
        pipe.xrange(outbox, sent, sent)
        pipe.xrange(outbox, b"(" + sent, count=1)
        pipe.xlen(f"{outbox}:oversize")
        pipe.hmget(state_key(self._prefix), "bus", "at_ms")
        pipe.hgetall(lag_key(self._prefix))
        pipe.info("memory")
        pipe.info("persistence")
        names = (
            "time",
            "length",
            "at_cursor",
            "oldest",
            "oversize",
            "relay",
            "lag",
            "memory",
            "aof",
        )
        return dict(zip(names, pipe.execute(), strict=True))

    def _of_checks(self, checks: Mapping[str, Any]) -> Iterator[GaugeMetricFamily]:
        """A text becomes ok or not, a fact of a check a gauge: `kezek_network_centres`."""
        ready = GaugeMetricFamily(
            "kezek_ready_check", "1 if this check of readiness is ok.", labels=["app", "check"]
        )
        for name, said in checks.items():
            if isinstance(said, str):
                ready.add_metric([self._app, name], said == "ok")
        yield ready
        facts = [(n, said) for n, said in checks.items() if isinstance(said, dict)]
        for name, number_of in facts:
            for fact, number in number_of.items():
                text = f"What the check of the {name} tells of its {fact}."
                yield self._gauge(f"kezek_{name}_{fact}", text, number)

    def _of_outbox(self, facts: Mapping[str, Any]) -> Iterator[GaugeMetricFamily]:
        now_s = _seconds(facts["time"])
        waiting = facts["length"] - len(facts["at_cursor"])
        oldest = facts["oldest"]
        age_s = now_s - int(oldest[0][0].partition(b"-")[0]) / 1000 if oldest else 0.0
        yield self._gauge("kezek_outbox_entries", "Events not yet on the bus.", waiting)
        yield self._gauge(
            "kezek_outbox_oldest_age_seconds", "Age of the oldest of them.", max(0.0, age_s)
        )
        yield self._gauge(
            "kezek_outbox_oversize_entries", "Events too large for the bus.", facts["oversize"]
        )
        bus, at_ms = facts["relay"]
        if at_ms is not None:  # no relay has run yet
            silent_s = max(0.0, now_s - int(at_ms) / 1000)
            yield self._gauge("kezek_relay_silent_seconds", "Since the relay last spoke.", silent_s)
            up = bus == OK.encode()
            yield self._gauge("kezek_relay_bus_up", "1 if the relay reaches the bus.", up)

    def _of_lag(self, facts: Mapping[str, Any]) -> Iterator[GaugeMetricFamily]:
        found = {name.decode(): int(number) for name, number in facts["lag"].items()}
        at_ms = found.pop("at_ms", None)
        if at_ms is None:  # an app that consumes nothing
            return
        lag = GaugeMetricFamily(
            "kezek_consumer_lag_records", "Records not yet handled, when the worker last looked.",
            labels=["group", "topic", "partition"],
        )  # fmt: skip
        for place, records in found.items():
            lag.add_metric([self._app, *place.rsplit(":", 1)], records)
        yield lag
        silent_s = max(0.0, _seconds(facts["time"]) - at_ms / 1000)
        yield self._gauge(
            "kezek_consumer_silent_seconds", "Since a worker last looked at the lag.", silent_s
        )

    def _of_store(self, facts: Mapping[str, Any]) -> Iterator[GaugeMetricFamily]:
        memory, aof = facts["memory"], facts["aof"]
        used, limit = memory.get("used_memory", 0), memory.get("maxmemory", 0)
        yield self._gauge("kezek_store_memory_used_bytes", "Memory of the store's data.", used)
        yield self._gauge("kezek_store_memory_limit_bytes", "Its limit; 0 for none.", limit)
        good = aof.get("aof_last_write_status", "ok") == "ok"
        yield self._gauge("kezek_store_writes_ok", "1 if the last write to disk succeeded.", good)

    def _of_disk(self) -> Iterator[GaugeMetricFamily]:
        """Of the file system that the app runs on. In a container that is the engine's, where the
        volumes of the stores and the broker are too, unless they were put elsewhere."""
        disk = os.statvfs(".")
        available, size = disk.f_bavail * disk.f_frsize, disk.f_blocks * disk.f_frsize
        yield self._gauge("kezek_disk_available_bytes", "Free space where the app runs.", available)
        yield self._gauge("kezek_disk_size_bytes", "All space where the app runs.", size)

    def _gauge(self, name: str, text: str, value: float) -> GaugeMetricFamily:
        family = GaugeMetricFamily(name, text, labels=["app"])
        family.add_metric([self._app], value)
        return family


def _seconds(time: tuple[int, int]) -> float:
    """The store's TIME."""
    return time[0] + time[1] / 1_000_000
