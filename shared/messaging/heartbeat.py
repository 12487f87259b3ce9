"""The heartbeat of a worker process: a file that says whether each of its loops still turns.

Owns the file and what counts as hung. The one thing to know: a loop shows itself by asking its `stop`
event, which every loop does each turn; while it waits by that event it is idle and not hung, however
long it said that it would wait.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from shared.logs import get_logger

BEAT_S = 5.0
SILENT_S = 30.0
"""A file older than this: the process itself stands still, or cannot write."""
HUNG_S = 120.0
"""Longer than any step: than a send (25 s) and than the patience with a dependency that is down (60 s)."""

log = get_logger(__name__)


class LoopStop(threading.Event):
    """One loop's view of the process's `stop`, which notes when it is asked."""

    def __init__(self, stop: threading.Event) -> None:
        super().__init__()
        self._stop = stop
        self._expected = time.monotonic()

    def is_set(self) -> bool:
        self._expected = time.monotonic()
        return self._stop.is_set()

    def set(self) -> None:
        self._stop.set()

    def wait(self, timeout: float | None = None) -> bool:
        self._expected = time.monotonic() + (float("inf") if timeout is None else timeout)
        try:
            return self._stop.wait(timeout)
        finally:
            self._expected = time.monotonic()

    def late_s(self) -> float:
        """How long ago the loop should have asked again; below 0 while it waits."""
        return time.monotonic() - self._expected


class Heartbeat:
    """Writes `file`: the names of the loops that hang, one a line; empty if all is well."""

    def __init__(self, file: Path, loops: Mapping[str, LoopStop]) -> None:
        self._file = file
        self._loops = loops
        self._told: set[str] = set()

    def beat(self) -> None:
        """Raises nothing: a file that cannot be written grows old, which says enough."""
        hung = {name for name, stop in self._loops.items() if stop.late_s() > HUNG_S}
        for name in sorted(hung - self._told):
            log.error("loop_hangs", loop=name, late_s=round(self._loops[name].late_s()))
        self._told = hung
        with suppress(OSError):
            _write(self._file, sorted(hung))


def _write(file: Path, lines: Iterable[str]) -> None:
    new = file.with_name(f"{file.name}.new")
    new.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    os.replace(new, file)


def problem(file: Path) -> str | None:
    """What is wrong with the worker that writes this file, in a few words; None if nothing."""
    try:
        silent_s = time.time() - file.stat().st_mtime
        hung = file.read_text("utf-8").split()
    except OSError as error:
        return f"no heartbeat: {error.strerror}"
    if silent_s > SILENT_S:
        return f"no heartbeat for {silent_s:.0f} s"
    return f"hangs: {', '.join(hung)}" if hung else None
