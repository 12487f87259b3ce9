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
from types import FrameType

from shared.logs import get_logger
from shared.messaging.problems import describe

Loop = Callable[[threading.Event], None]

STOP_LIMIT_S = 30.0
"""For finishing a step; longer than a send may take. After it the threads end with the process."""

log = get_logger(__name__)


def run_worker(name: str, loops: Mapping[str, Loop]) -> int:
    """Runs every loop in a thread of its own until SIGTERM or SIGINT, or until one raises.

    Returns the exit code: 0 when asked to stop, 1 when a loop failed. Main thread only.
    """
    stop, failed = threading.Event(), threading.Event()

    def stopped(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    before = {number: signal.signal(number, stopped) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        threads = _start(loops, stop, failed)
        log.info("worker_started", worker=name, loops=sorted(loops))
        stop.wait()
        deadline = time.monotonic() + STOP_LIMIT_S
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        late = [thread.name for thread in threads if thread.is_alive()]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    log.info("worker_stopped", worker=name, failed=failed.is_set(), unfinished=late)
    return 1 if failed.is_set() or late else 0


def _start(
    loops: Mapping[str, Loop], stop: threading.Event, failed: threading.Event
) -> list[threading.Thread]:
    def guarded(loop_name: str, loop: Loop) -> None:
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
