"""What the loops report of themselves: counts, for metrics and tests.

Owns the names. The one thing to know: an observer must not raise and must be cheap; it is called
for every event.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Protocol

from shared import metrics
from shared.contracts.registry import TOPICS

HANDLED = "handled"
UNKNOWN = "unknown"  # a type that this reader's contracts do not declare: skipped
IGNORED = "ignored"  # a declared type without a handler here: skipped
RETRIED = "retried"
DEAD_LETTERED = "dead_lettered"
RELAYED = "relayed"
OWNERSHIP_LOST = "ownership_lost"

MALFORMED, HANDLER_FAILED, TOO_LARGE = "malformed", "handler_failed", "too_large"
"""Why a record was set aside."""


class Observer(Protocol):
    def count(self, what: str, by: int = 1) -> None: ...
    def dead_lettered(self, topic: str, reason: str) -> None:
        """`reason` is one of the few below."""


class Counts:
    """Keeps totals since the start; thread-safe."""

    def __init__(self) -> None:
        self._totals: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, what: str, by: int = 1) -> None:
        with self._lock:
            self._totals[what] += by

    def dead_lettered(self, topic: str, reason: str) -> None:
        self.count(DEAD_LETTERED)

    def __getitem__(self, what: str) -> int:
        with self._lock:
            return self._totals[what]


class _Metered(Counts):
    """Counts for Prometheus too."""

    def __init__(self) -> None:
        super().__init__()
        for topic in TOPICS:
            for reason in (MALFORMED, HANDLER_FAILED, TOO_LARGE):
                # There as 0 from the start: an alert sees the first one only as a growth.
                metrics.DEAD_LETTERS.labels(topic, reason)

    def dead_lettered(self, topic: str, reason: str) -> None:
        super().dead_lettered(topic, reason)
        metrics.DEAD_LETTERS.labels(topic, reason).inc()


class ConsumerMetrics(_Metered):
    """What one group of consumers does."""

    def __init__(self, group: str) -> None:
        super().__init__()
        self._group = group

    def count(self, what: str, by: int = 1) -> None:
        super().count(what, by)
        metrics.CONSUMED.labels(self._group, what).inc(by)


class RelayMetrics(_Metered):
    """What the relay of one app does."""

    def __init__(self, app: str) -> None:
        super().__init__()
        self._app = app

    def count(self, what: str, by: int = 1) -> None:
        super().count(what, by)
        if what == RELAYED:
            metrics.RELAYED.labels(self._app).inc(by)
