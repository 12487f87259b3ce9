"""A loop that hangs is seen from outside the process, and one that waits is not taken for it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from shared.messaging import alive, heartbeat
from shared.messaging.heartbeat import HUNG_S, SILENT_S, Heartbeat, LoopStop
from tests.servers import ROOT
from tests.support import eventually

PROGRAM = """
import sys, time
from pathlib import Path
from shared.messaging import heartbeat, worker
heartbeat.HUNG_S, worker.BEAT_S = 0.3, 0.05

def turns(stop):
    while not stop.is_set():
        stop.wait(0.05)

def idles(stop):
    stop.wait(60)

def hangs(stop):
    stop.is_set()
    time.sleep(60)

loops = {"turns": turns, "idles": idles, **({"hangs": hangs} if sys.argv[2:] else {})}
sys.exit(worker.run_worker("test", loops, heartbeat=Path(sys.argv[1])))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "beat"


def aged(stop: LoopStop, seconds: float) -> LoopStop:
    stop._expected -= seconds
    return stop


def start(file: Path, *more: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(file), *more], cwd=ROOT, stderr=subprocess.DEVNULL
    )


def test_loops_that_turn_or_wait_are_well(file: Path) -> None:
    worker = start(file)
    try:
        eventually(file.exists)
        since = file.stat().st_mtime
        eventually(lambda: file.stat().st_mtime > since + 1)  # longer than what counts as hung here
        assert heartbeat.problem(file) is None
    finally:
        worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 0


def test_a_loop_that_hangs_is_named_while_the_others_turn(file: Path) -> None:
    worker = start(file, "hangs")
    try:
        eventually(lambda: file.exists() and heartbeat.problem(file) == "hangs: hangs")
    finally:
        worker.kill()
        worker.wait()


def test_it_is_well_again_when_the_loop_turns_again(file: Path) -> None:
    stop = aged(LoopStop(threading.Event()), HUNG_S + 1)
    heart = Heartbeat(file, {"consume": stop, "relay": LoopStop(threading.Event())})
    heart.beat()
    assert heartbeat.problem(file) == "hangs: consume"
    stop.is_set()
    heart.beat()
    assert heartbeat.problem(file) is None


def test_a_loop_has_its_time_while_it_waits_and_none_after(file: Path) -> None:
    stop = LoopStop(threading.Event())
    waiting = threading.Thread(target=stop.wait, args=(None,), daemon=True)
    waiting.start()
    eventually(lambda: stop.late_s() < 0)
    stop.set()
    waiting.join(10)
    assert stop.late_s() >= 0
    assert stop.is_set()


def test_a_process_that_stands_still_is_seen_by_the_age_of_its_file(file: Path) -> None:
    Heartbeat(file, {}).beat()
    then = time.time() - SILENT_S - 10
    os.utime(file, (then, then))
    assert (heartbeat.problem(file) or "").startswith("no heartbeat for 4")


def test_a_file_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    file = tmp_path / "missing" / "beat"
    Heartbeat(file, {}).beat()
    assert heartbeat.problem(file) == "no heartbeat: No such file or directory"


def test_the_health_check_tells_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Heartbeat(file, {"consume": aged(LoopStop(threading.Event()), HUNG_S + 1)}).beat()
    monkeypatch.setenv("KEZEK_STORE_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("KEZEK_WORKER_HEARTBEAT", str(file))
    assert alive.main(["booking"]) == 1
    assert capsys.readouterr().err == "booking: hangs: consume\n"
