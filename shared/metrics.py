"""Metrics, by Prometheus's conventions: names, units in names, labels with few values.

Owns what several apps count, and how the numbers of all processes of one app come together; an app's
own stand in `services/<app>/metrics.py`, and what lies in a store is read at each scrape
(`shared.web.gauges`). The one thing to know: with PROMETHEUS_MULTIPROC_DIR, which prometheus-client
itself reads when it is imported, each process counts in a file of that folder and every scrape adds
them up; therefore no gauge is declared here, since gauges of several processes do not add up.
"""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    start_http_server,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

disable_created_metrics()  # type: ignore[no-untyped-call]

FOLDER = "PROMETHEUS_MULTIPROC_DIR"

REQUESTS = Counter(
    "kezek_http_requests_total",
    "Answered requests; `route` is the rule, never the path.",
    ["app", "route", "method", "status"],
)
REQUEST_SECONDS = Histogram(
    "kezek_http_request_duration_seconds",
    "From the request's arrival in the app to its answer.",
    ["app", "route", "method"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
EVENTS = Counter(
    "kezek_events_total", "Events stored in an outbox, by the transition they tell.", ["event"]
)
CONSUMED = Counter(
    "kezek_consumer_events_total",
    "What became of records that were read: handled, ignored or unknown (both skipped), retried, "
    "dead_lettered, ownership_lost.",
    ["group", "outcome"],
)
RELAYED = Counter("kezek_relay_entries_total", "Outbox entries acknowledged by the bus.", ["app"])
DEAD_LETTERS = Counter(
    "kezek_dead_letters_total",
    "Records set aside: malformed, handler_failed or too_large.",
    ["topic", "reason"],
)


def of_all_processes() -> CollectorRegistry:
    """What to scrape: the sum over the processes that share a folder, else this process alone."""
    if FOLDER not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


def prepare_folder() -> None:
    """Makes the folder where one is named and missing. Before any number is counted."""
    if FOLDER in os.environ:
        Path(os.environ[FOLDER]).mkdir(parents=True, exist_ok=True)


def process_ended(pid: int) -> None:
    """What a process counted stays; what it held only while it lived goes."""
    if FOLDER in os.environ:
        mark_process_dead(pid)  # type: ignore[no-untyped-call]


def serve(port: int) -> None:
    """Answers scrapes on a port of its own, in a thread; 0 for none. For processes without a web
    server, on a network that only the inside reaches. Raises OSError where the port is taken."""
    if port:
        start_http_server(port, registry=of_all_processes())
