"""Keeps processes alive, and ends them in order. Knows nothing of what they are.

One thread does everything, one `step` at a time: the kernel ties a child's life to the thread
that started it, and nothing has to be locked.
"""

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from embedded.errors import CannotRun, Stopped
from embedded.process import Process, Spec, last_lines

# Seconds before each further start of a process that does not stay up; the last one repeats.
BACKOFF_S = (0.0, 0.2, 0.5, 1.0, 2.0, 5.0)
# Up for so long, a process counts as well, and its next death as its first.
STEADY_AFTER_S = 10.0
# So many deaths while everything is being started are a failure, not bad luck.
DEATHS_AT_START = 3
# How often to look where nothing tells: a death wakes the loop by itself.
POLL_S = 0.1


class Waker(Protocol):
    """What the loop waits on: embedded.signals.Signals, or a stand-in of a test."""

    stop_asked: int

    def wait(self, timeout_s: float) -> None: ...


class _Slot:
    """A name under which one process after another runs."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.process: Process | None = None
        self.started_at = 0.0
        self.due_at = 0.0
        self.deaths = 0  # in a row


class Supervisor:
    """Starts, restarts and stops processes by name.

    `changed` is called after a process was started again, when `pids` differ. `say` gets one line
    for each event that a user should see.
    """

    def __init__(
        self,
        signals: Waker,
        *,
        say: Callable[[str], None],
        changed: Callable[[], None] = lambda: None,
        grace_s: float = 10.0,
    ) -> None:
        self._signals = signals
        self._say = say
        self._changed = changed
        self._grace_s = grace_s
        self._slots: dict[str, _Slot] = {}
        self._starting = True

    def pids(self) -> dict[str, int]:
        """The number of each process that is up, by name."""
        return {name: slot.process.pid for name, slot in self._slots.items() if slot.process}

    def start(self, spec: Spec) -> None:
        """Start a process and keep it alive from now on."""
        slot = self._slots[spec.name] = _Slot(spec)
        self._launch(slot)

    def step(self, timeout_s: float = POLL_S) -> None:
        """Wait for something to happen, then start again what is dead and due.

        Raises CannotRun when a process keeps dying before `started` was called.
        """
        self._signals.wait(timeout_s)
        for slot in self._slots.values():
            if slot.process and slot.process.ended():
                self._back_off(slot, _why(slot.process.code))
            if slot.process is None and time.monotonic() >= slot.due_at:
                self._launch(slot)
                self._changed()

    def started(self) -> None:
        """Everything is up: from now on a process is started again for ever."""
        self._starting = False

    def wait_until(self, true: Callable[[], bool], *, timeout_s: float, otherwise: str) -> None:
        """Keep everything alive until `true` says so.

        Raises CannotRun(otherwise) when the time is over, Stopped when the user asked to stop.
        """
        deadline = time.monotonic() + timeout_s
        while not true():
            if time.monotonic() > deadline:
                raise CannotRun(otherwise, code=1)
            self.step()
            self._raise_if_asked()

    def run_once(self, spec: Spec) -> int:
        """Run a command to its end beside the others; its exit code. Raises Stopped."""
        process = Process(spec)
        try:
            while not process.ended():
                self.step()
                self._raise_if_asked()
        finally:
            if not process.ended():
                self._end([process], self._signals.stop_asked)
        return process.code if process.code is not None else 1

    def run(self) -> None:
        """Keep everything alive until the user asks to stop."""
        while not self._signals.stop_asked:
            self.step(self._next_due())

    def stop(self) -> None:
        """End everything, stage by stage. One more request to stop ends what is left at once."""
        asked = self._signals.stop_asked
        slots, self._slots = list(self._slots.values()), {}
        for stage in sorted({slot.spec.stage for slot in slots}):
            self._end([s.process for s in slots if s.process and s.spec.stage == stage], asked)

    def _end(self, processes: Sequence[Process], asked: int) -> None:
        """Terminate and wait; kill when the grace is over, or asked more often than `asked`."""
        deadline = time.monotonic() + self._grace_s
        for process in processes:
            process.terminate()
        killed = False
        while left := [process for process in processes if not process.ended()]:
            if not killed and (self._signals.stop_asked > asked or time.monotonic() > deadline):
                self._say(f"ending at once: {', '.join(process.spec.name for process in left)}")
                for process in left:
                    process.kill_group()
                killed = True
            self._signals.wait(POLL_S)

    def _launch(self, slot: _Slot) -> None:
        slot.started_at = time.monotonic()
        try:
            slot.process = Process(slot.spec)
        except OSError as error:  # the program is not there, or the system has no room for it
            self._back_off(slot, (error.strerror or str(error)).lower())

    def _back_off(self, slot: _Slot, why: str) -> None:
        now = time.monotonic()
        slot.process = None
        slot.deaths = 1 if now - slot.started_at > STEADY_AFTER_S else slot.deaths + 1
        if self._starting and slot.deaths >= DEATHS_AT_START:
            raise CannotRun(_failed_at_start(slot.spec, why), code=1)
        delay_s = BACKOFF_S[min(slot.deaths, len(BACKOFF_S)) - 1]
        slot.due_at = now + delay_s
        soon = f"in {delay_s} s" if delay_s else "at once"
        self._say(f"{slot.spec.name} ended ({why}); starting it again {soon}")

    def _next_due(self) -> float:
        waiting = [slot.due_at for slot in self._slots.values() if slot.process is None]
        return max(0.0, min(waiting, default=time.monotonic() + 1.0) - time.monotonic())

    def _raise_if_asked(self) -> None:
        if self._signals.stop_asked:
            raise Stopped


def _why(code: int | None) -> str:
    return f"signal {-code}" if code is not None and code < 0 else f"exit code {code}"


def _failed_at_start(spec: Spec, why: str) -> str:
    text = f"{spec.name} does not start ({why})"
    return f"{text}; the end of {spec.log}:\n{last_lines(spec.log)}" if spec.log else text
