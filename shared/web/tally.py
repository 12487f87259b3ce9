"""Requests as they are counted on their way, and written into the metrics a little later.

Owns the pause between the two. A number in a file shared by processes costs more than all else that is
measured of a request, so a request only appends its seconds to a list. The one thing to know: a
process that is killed loses what it counted in its last second, and nothing else.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import MutableMapping

from shared import metrics

FLUSH_EVERY_S = 1.0
NO_ROUTE = "none"
_METHODS = frozenset(("GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS"))


class Tally:
    """The seconds of requests of one app, by route, method and status line. Thread-safe; begins its
    thread with the first request, so after any fork."""

    def __init__(self, app: str) -> None:
        self._app = app
        self._lock = threading.Lock()
        self._begun = False
        self.seconds: MutableMapping[tuple[str, str, str], list[float]] = {}
        """To append to; `list_of` for what is not in it yet."""

    def list_of(self, what: tuple[str, str, str]) -> list[float]:
        """A list of its own; methods that clients invent share one."""
        route, method, status = what
        if method not in _METHODS:
            what = route, "other", status
        with self._lock:
            if not self._begun:
                self._begun = True
                threading.Thread(target=self._keep_flushing, name="tally", daemon=True).start()
                atexit.register(self.flush)
            return self.seconds.setdefault(what, [])

    def flush(self) -> None:
        """Everything counted until now is in the metrics afterwards."""
        with self._lock:
            for (route, method, status), seconds in list(self.seconds.items()):
                taken = seconds[:]
                if not taken:
                    continue
                del seconds[: len(taken)]  # what was appended meanwhile stays
                metrics.REQUESTS.labels(self._app, route, method, status[:3]).inc(len(taken))
                duration = metrics.REQUEST_SECONDS.labels(self._app, route, method)
                for each in taken:
                    duration.observe(each)

    def _keep_flushing(self) -> None:
        pause = threading.Event()
        while True:
            pause.wait(FLUSH_EVERY_S)
            self.flush()
