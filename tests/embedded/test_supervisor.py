"""The supervisor, with small commands in the place of the apps."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from embedded.errors import CannotRun, Stopped
from embedded.process import MAX_LOG_BYTES, Process, Spec, last_lines, rotate
from embedded.supervisor import DEATHS_AT_START, Supervisor
from tests.support import eventually

STAYS = "import time; time.sleep(600)"
# Says when it is told to end, and by which name.
ENDS_IN_ORDER = """
import signal, sys, time
def end(*_):
    with open(sys.argv[1], "a") as file: file.write(sys.argv[2] + "\\n")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
open(sys.argv[1] + "." + sys.argv[2], "w").close()
time.sleep(600)
"""
REFUSES_TO_END = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
open(sys.argv[1], "w").close()
time.sleep(600)
"""
# A leader with a child that would outlive it.
HAS_A_CHILD = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
with open(sys.argv[1] + ".new", "w") as file: file.write(str(child.pid))
import os; os.replace(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)
"""


class Waiting:
    """In the place of real signals: waits, and asks to stop when a test says so."""

    def __init__(self) -> None:
        self.stop_asked = 0
        self._nothing = threading.Event()

    def wait(self, timeout_s: float) -> None:
        self._nothing.wait(min(timeout_s, 0.02))


class Run:
    """A supervisor and what it said."""

    def __init__(self, folder: Path, grace_s: float = 20.0) -> None:
        self.folder = folder
        self.signals = Waiting()
        self.said: list[str] = []
        self.changes: list[dict[str, int]] = []
        self.supervisor = Supervisor(
            self.signals,
            say=self.said.append,
            changed=lambda: self.changes.append(self.supervisor.pids()),
            grace_s=grace_s,
        )

    def spec(self, name: str, program: str, *arguments: str, stage: int = 0) -> Spec:
        return Spec(
            name=name,
            command=(sys.executable, "-c", program, *arguments),
            cwd=self.folder,
            environ=os.environ,
            stage=stage,
            log=self.folder / f"{name}.log",
        )

    def until(self, true: Callable[[], bool]) -> None:
        self.supervisor.wait_until(true, timeout_s=30, otherwise="it did not happen")


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path)
    yield run
    run.supervisor.stop()


def gone(pid: int) -> bool:
    """No process, or one that only waits to be noted by its parent."""
    shown = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return shown.stdout.strip()[:1] in ("", "Z")


def test_a_killed_process_is_started_again_and_told_of(run: Run) -> None:
    run.supervisor.start(run.spec("web", STAYS))
    run.supervisor.started()
    before = run.supervisor.pids()["web"]
    os.kill(before, signal.SIGKILL)
    run.until(lambda: run.supervisor.pids().get("web", before) != before)
    assert run.changes == [run.supervisor.pids()]
    assert run.said == ["web ended (signal 9); starting it again at once"]


def test_what_a_dead_process_started_is_ended_before_it_is_started_again(run: Run) -> None:
    note = run.folder / "child"
    run.supervisor.start(run.spec("web", HAS_A_CHILD, str(note)))
    run.until(note.exists)
    child, leader = int(note.read_text()), run.supervisor.pids()["web"]
    os.kill(leader, signal.SIGKILL)
    run.until(lambda: run.supervisor.pids().get("web", leader) != leader)
    eventually(lambda: gone(child))


def test_a_process_that_does_not_stay_up_is_waited_for_longer_each_time(run: Run) -> None:
    run.supervisor.started()
    run.supervisor.start(run.spec("worker", "raise SystemExit(3)"))
    run.until(lambda: len(run.said) == 3)
    assert run.said == [
        "worker ended (exit code 3); starting it again at once",
        "worker ended (exit code 3); starting it again in 0.2 s",
        "worker ended (exit code 3); starting it again in 0.5 s",
    ]


def test_a_process_that_fails_at_start_is_a_failure_with_its_last_words(run: Run) -> None:
    run.supervisor.start(run.spec("web", "raise SystemExit('no such setting')"))
    with pytest.raises(CannotRun) as failed:
        run.until(lambda: False)
    assert "web does not start (exit code 1)" in str(failed.value)
    assert str(failed.value).count("no such setting") == DEATHS_AT_START
    assert failed.value.code == 1


def test_a_program_that_is_not_there_is_a_failure_at_start(run: Run) -> None:
    spec = Spec(name="caddy", command=("/nowhere/caddy",), cwd=run.folder)
    run.supervisor.start(spec)
    with pytest.raises(CannotRun, match="caddy does not start .no such file"):
        run.until(lambda: False)


def test_waiting_ends_with_a_message_or_with_a_wish_to_stop(run: Run) -> None:
    with pytest.raises(CannotRun, match="see the log"):
        run.supervisor.wait_until(lambda: False, timeout_s=0, otherwise="see the log")
    run.signals.stop_asked = 1
    with pytest.raises(Stopped):
        run.until(lambda: False)


def test_a_command_is_run_to_its_end_while_others_are_kept_alive(run: Run) -> None:
    run.supervisor.start(run.spec("web", STAYS))
    assert run.supervisor.run_once(run.spec("load", "raise SystemExit(7)")) == 7
    assert set(run.supervisor.pids()) == {"web"}


def test_a_command_is_ended_when_the_user_asks_to_stop(run: Run) -> None:
    note = run.folder / "child"

    class AsksToStop(Waiting):
        def wait(self, timeout_s: float) -> None:
            super().wait(timeout_s)
            self.stop_asked = int(note.exists())

    signals = AsksToStop()
    supervisor = Supervisor(signals, say=run.said.append)
    with pytest.raises(Stopped):
        supervisor.run_once(run.spec("load", HAS_A_CHILD, str(note)))
    eventually(lambda: gone(int(note.read_text())))


def test_stop_goes_stage_by_stage(run: Run) -> None:
    told = run.folder / "told"
    for name, stage in (("store", 3), ("web", 1), ("gateway", 0)):
        run.supervisor.start(run.spec(name, ENDS_IN_ORDER, str(told), name, stage=stage))
    run.until(lambda: len(list(run.folder.glob("told.*"))) == 3)
    pids = run.supervisor.pids().values()
    run.supervisor.stop()
    assert told.read_text().split() == ["gateway", "web", "store"]
    assert all(gone(pid) for pid in pids)
    assert run.supervisor.pids() == {}


def test_what_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    run = Run(tmp_path, grace_s=0.1)
    ready = tmp_path / "ready"
    run.supervisor.start(run.spec("web", REFUSES_TO_END, str(ready)))
    run.until(ready.exists)
    pid = run.supervisor.pids()["web"]
    run.supervisor.stop()
    assert gone(pid)
    assert run.said == ["ending at once: web"]


def test_asking_again_while_stopping_ends_all_at_once(tmp_path: Path) -> None:
    run = Run(tmp_path, grace_s=600)
    for name, stage in (("web", 0), ("store", 1)):
        ready = tmp_path / name
        run.supervisor.start(run.spec(name, REFUSES_TO_END, str(ready), stage=stage))
        run.until(ready.exists)
    run.signals.stop_asked = 1

    def ask_again(_: float) -> None:
        run.signals.stop_asked = 2

    run.signals.wait = ask_again  # type: ignore[method-assign]
    run.supervisor.stop()
    assert run.said == ["ending at once: web", "ending at once: store"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_nothing_is_left_of_a_supervisor_that_was_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    program = f"""
import sys; sys.path[:0] = {sys.path!r}
import time; from pathlib import Path; from embedded.process import Process, Spec
child = Process(Spec(name="x", command=(sys.executable, "-c", {STAYS!r}), cwd=Path.cwd()))
Path({str(note)!r}).write_text(str(child.pid)); time.sleep(600)
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    try:
        child = eventually(lambda: note.exists() and note.read_text())
    finally:
        parent.kill()
        parent.wait()
    eventually(lambda: gone(int(child)))


def test_a_log_is_put_aside_when_it_has_grown(tmp_path: Path) -> None:
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * (MAX_LOG_BYTES + 1))
    rotate(log)
    assert not log.exists()
    assert (tmp_path / "web.log.1").stat().st_size > MAX_LOG_BYTES
    rotate(log)


def test_last_lines_of_a_log_that_is_not_there_are_none(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "no.log") == ""


def test_a_process_that_ended_unnoticed_can_be_told_to_end(tmp_path: Path) -> None:
    process = Process(Spec(name="x", command=(sys.executable, "-c", "pass"), cwd=tmp_path))
    waited = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert waited is not None
    process.terminate()
    assert (process.ended(), process.code) == (True, 0)


def test_an_ended_process_keeps_its_exit_code(tmp_path: Path) -> None:
    process = Process(
        Spec(name="x", command=(sys.executable, "-c", "raise SystemExit(5)"), cwd=tmp_path)
    )
    eventually(process.ended)
    process.kill_group()
    assert (process.ended(), process.code) == (True, 5)
