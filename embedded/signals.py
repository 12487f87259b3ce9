"""Signals of the supervisor: a flag to read, and a wait that ends when something happened.

Handlers only set flags; everything is done by the loop that looks at them. Works in the main
thread only.
"""

import select
import signal
import socket
import time
from types import FrameType, TracebackType
from typing import Any, Self

_STOP = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_ONE_REQUEST_S = 0.5


class Signals:
    """While entered: `stop_asked` counts requests to stop, and `wait` ends on a child's death.

    SIGTERM, SIGINT and SIGHUP (the terminal was closed) each ask to stop.
    """

    def __init__(self) -> None:
        self.stop_asked = 0
        self._asked_at = float("-inf")
        self._before: dict[int, Any] = {}
        self._reader, self._writer = socket.socketpair()

    def __enter__(self) -> Self:
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._wakeup_before = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)
        for number in _STOP:
            self._before[number] = signal.signal(number, self._ask)
        # A handler that does nothing, so that the death of a child wakes `wait` at once.
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda number, frame: None)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._wakeup_before)
        self._reader.close()
        self._writer.close()

    def wait(self, timeout_s: float) -> None:
        """Until a signal came or the time is over, whichever is first."""
        if select.select([self._reader], [], [], max(0.0, timeout_s))[0]:
            self._reader.recv(4096)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        # `make` and `timeout` pass a signal on that the whole group had already: it is one request.
        now = time.monotonic()
        if now - self._asked_at > _ONE_REQUEST_S:
            self.stop_asked += 1
        self._asked_at = now
