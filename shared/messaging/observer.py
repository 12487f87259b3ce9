"""What the loops report of themselves: counts, for metrics and tests.

Owns the names. The one thing to know: an observer must not raise and must be cheap; it is called
for every event.
"""

from __future__ import annotations

import threading
from collections import Counter
from typing import Protocol

HANDLED = "handled"
UNKNOWN = "unknown"  # a type that this reader's contracts do not declare: skipped
IGNORED = "ignored"  # a declared type without a handler here: skipped
RETRIED = "retried"
DEAD_LETTERED = "dead_lettered"
RELAYED = "relayed"
OWNERSHIP_LOST = "ownership_lost"


class Observer(Protocol):
    def count(self, what: str, by: int = 1) -> None: ...


class Counts:
    """Keeps totals since the start; thread-safe."""

    def __init__(self) -> None:
        self._totals: Counter[str] = Counter()
        self._lock = threading.Lock()

    def count(self, what: str, by: int = 1) -> None:
        with self._lock:
            self._totals[what] += by

    def __getitem__(self, what: str) -> int:
        with self._lock:
            return self._totals[what]
