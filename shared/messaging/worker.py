"""A worker process: several loops in threads, one life.

Owns signals and the exit code. The one thing to know: loops are not restarted in here. One that
raises ends the process with 1 and a supervisor starts it afresh; SIGTERM lets every loop finish its
step.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType

from shared import metrics
from shared.logs import get_logger
from shared.messaging.heartbeat import BEAT_S, Heartbeat, LoopStop
from shared.messaging.problems import describe

Loop = Callable[[threading.Event], None]

STOP_LIMIT_S = 30.0
"""For finishing a step; longer than a send may take. After it the threads end with the process."""

log = get_logger(__name__)


def run_worker(
    name: str,
    loops: Mapping[str, Loop],
    *,
    metrics_port: int = 0,
    heartbeat: Path | None = None,
) -> int:
    """Runs every loop in a thread of its own until SIGTERM or SIGINT, or until one raises. With a
    `metrics_port`, answers scrapes there meanwhile; keeps a `heartbeat` file where one is named.

    Returns the exit code: 0 when asked to stop, 1 when a loop failed. Main thread only.
    """
    stop, failed = threading.Event(), threading.Event()

    def stopped(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, stopped) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        try:
            metrics.serve(metrics_port)
        except OSError as error:
            log.error("metrics_port_taken", port=metrics_port, error=error.strerror)
            return 1
        stops = {loop: LoopStop(stop) for loop in loops}
        threads = _start(loops, stops, failed)
        log.info("worker_started", worker=name, loops=sorted(loops))
        _wait(stop, Heartbeat(heartbeat, stops) if heartbeat else None)
        deadline = time.monotonic() + STOP_LIMIT_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        late = [thread.name for thread in threads if thread.is_alive()]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    log.info("worker_stopped", worker=name, failed=failed.is_set(), unfinished=late)
    return 1 if failed.is_set() or late else 0


def _wait(stop: threading.Event, heart: Heartbeat | None) -> None:
    while heart:
        heart.beat()
        if stop.wait(BEAT_S):
            return
    stop.wait()


def _start(
    loops: Mapping[str, Loop], stops: Mapping[str, LoopStop], failed: threading.Event
) -> list[threading.Thread]:
    def guarded(loop_name: str, loop: Loop) -> None:
        stop = stops[loop_name]
        try:
            loop(stop)
        except Exception as error:
            log.error("loop_failed", loop=loop_name, error=describe(error))
            failed.set()
        finally:
            if not stop.is_set():
                # A loop that returns unasked is as bad: its work is no longer done.
                failed.set()
            stop.set()

    threads = [
        threading.Thread(target=guarded, args=item, name=item[0], daemon=True)
        for item in loops.items()
    ]
    for thread in threads:
        thread.start()
    return threads
