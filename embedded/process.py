"""One process of the launcher: how it is started, noticed dead, and ended with all it started.

What a newcomer must know: each process leads a session of its own, so that Ctrl-C in the terminal
reaches the supervisor alone and so that its whole group can be killed; and on Linux the kernel
kills it when the supervisor dies, whatever the supervisor dies of.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

MAX_LOG_BYTES = 5_000_000
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, kw_only=True)
class Spec:
    """What to run. `sockets` are file descriptors it inherits under the same numbers.

    `stage` orders the stop: lower ones first, each stage at once. `log` is where its output goes;
    None lets it write to the supervisor's own output.
    """

    name: str
    command: tuple[str, ...]
    cwd: Path
    environ: Mapping[str, str] = field(default_factory=dict)
    sockets: tuple[int, ...] = ()
    stage: int = 0
    log: Path | None = None


class Process:
    """A started process. Not thread-safe, and to be made by the thread that outlives it."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        with contextlib.ExitStack() as files:
            out = None
            if spec.log is not None:
                rotate(spec.log)
                out = files.enter_context(open(spec.log, "ab"))
            self._popen = subprocess.Popen(
                spec.command,
                cwd=spec.cwd,
                env=dict(spec.environ),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT if out else None,
                pass_fds=spec.sockets,
                start_new_session=True,
                preexec_fn=_dies_with(os.getpid()),
            )
        self.code: int | None = None

    @property
    def pid(self) -> int:
        return self._popen.pid

    def ended(self) -> bool:
        """Whether it is dead; the first time it is, what is left of its group is killed as well.

        The group goes before the leader's number is given back to the system, so that it cannot
        be another's by then.
        """
        if self.code is not None:
            return True
        if os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
            return False
        self.kill_group()
        self.code = self._popen.wait()
        return True

    def terminate(self) -> None:
        """Ask its leader to end in order; it ends its own children."""
        if self.code is None:
            # Not Popen's own, which would take note of a death behind the back of `ended`.
            os.kill(self.pid, signal.SIGTERM)

    def kill_group(self) -> None:
        """End it and all it started, at once."""
        if self.code is None:
            # EPERM is what macOS answers for a group of zombies.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)


def rotate(log: Path) -> None:
    """Keep the old log as `.1` once it has grown too large."""
    with contextlib.suppress(FileNotFoundError):
        if log.stat().st_size > MAX_LOG_BYTES:
            log.replace(log.with_name(log.name + ".1"))


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log, to show with a failure."""
    try:
        with open(log, "rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 8192))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-count:])
    except OSError:
        return ""


def _dies_with(supervisor: int) -> Callable[[], None] | None:
    """To be run in the child before its program: the kernel ends it with the supervisor.

    None where the system has no such thing. The library is loaded before the fork, since after
    it only plain system calls are safe.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def run() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != supervisor:  # it died between the fork and the line above
            os._exit(1)

    return run
