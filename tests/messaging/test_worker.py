"""The worker process: signals and exit codes."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

from tests.servers import ROOT

PROGRAM = """
import sys, threading
from shared import logs
from shared.messaging.worker import run_worker

logs.configure("test")

def works(stop):
    print("ready\\n", end="", flush=True)
    stop.wait()
    print("step finished\\n", end="", flush=True)

def fails(stop):
    raise ZeroDivisionError("a secret")

def returns(stop):
    return None

loops = {"works": works, "other": {"fails": fails, "returns": returns, "works": works}[sys.argv[1]]}
sys.exit(run_worker("test", loops))
"""


def start(other: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", PROGRAM, other],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_every_loop_finish_its_step(number: signal.Signals) -> None:
    worker = start("works")
    assert worker.stdout is not None
    assert [worker.stdout.readline() for _ in range(2)] == ["ready\n"] * 2
    worker.send_signal(number)
    out, _ = worker.communicate(timeout=30)
    assert out.count("step finished\n") == 2
    assert worker.returncode == 0


@pytest.mark.parametrize("other", ["fails", "returns"])
def test_a_loop_that_ends_by_itself_ends_the_process_with_1(other: str) -> None:
    worker = start(other)
    out, err = worker.communicate(timeout=30)
    assert worker.returncode == 1
    assert "step finished" in out
    assert "a secret" not in out + err
