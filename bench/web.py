"""Booking's hot paths as ratios to a bare JSON echo on the same kind of server, interleaved."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from bench.figures import Figure
from bench.requests import Wishes, raw
from bench.servers import ROOT
from bench.system import System

CONNECTIONS = 16
GOALS = {"slots": 0.70, "slots near": 0.30, "hold": None, "booking": 0.45}
PATHS = {
    "slots": "/booking/slots?service=plates&centre=bench-0",
    "slots near": "/booking/slots?service=plates&near=43.2389,76.8897",
}
MOST = 10_000


def measure(rounds: int, seconds: float) -> Iterator[Figure]:
    """Requests a second of each path over those of the echo in the same round."""
    wishes = Wishes()
    names = ("echo", *GOALS)
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in names}
    with System() as system:
        for turn in range(rounds + 1):
            for name in names:
                port = system.echo if name == "echo" else system.booking
                one = load(port, *_requests(name, wishes), seconds if turn else 0.5)
                if turn:  # the first one warms up
                    found[name].append(one)
            print(f"web: round {turn} of {rounds}", file=sys.stderr)
    yield from _ratios(found)
    yield from _absolute(found)


def _requests(name: str, wishes: Wishes) -> tuple[list[bytes], bool]:
    """The requests, and whether they may be sent again."""
    if name == "echo":
        return [raw("POST", "/echo", wishes.booking("bench-0"))], True
    if name in PATHS:
        return [raw("GET", PATHS[name])], True
    if name == "hold":
        return [raw("POST", "/booking/holds", wishes.hold("bench-0")) for _ in range(MOST)], False
    return [raw("POST", "/booking/bookings", wishes.booking("bench-0")) for _ in range(MOST)], False


def load(port: int, requests: list[bytes], repeat: bool, seconds: float) -> dict[str, Any]:
    """One run of the load generator, in its own process."""
    job = {
        "host": "127.0.0.1", "port": port, "connections": CONNECTIONS, "seconds": seconds,
        "repeat": repeat, "requests": [base64.b64encode(r).decode() for r in requests],
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "bench.load"], cwd=ROOT, input=json.dumps(job), text=True,
        capture_output=True, check=True,
    )  # fmt: skip
    result: dict[str, Any] = json.loads(done.stdout)
    wrong = {s: n for s, n in result["statuses"].items() if s not in ("200", "201")}
    if wrong:
        raise SystemExit(f"bench: unexpected answers: {wrong}")
    return result


def _ratios(found: dict[str, list[dict[str, Any]]]) -> Iterator[Figure]:
    rates = {n: [f["count"] / f["seconds"] for f in of] for n, of in found.items()}
    for name, goal in GOALS.items():
        pairs = zip(rates[name], rates["echo"], strict=True)
        yield Figure(f"{name} / echo", "ratio", goal, [rate / echo for rate, echo in pairs])


def _absolute(found: dict[str, list[dict[str, Any]]]) -> Iterator[Figure]:
    for name, of in found.items():
        cpu = max(f["cpu_s"] / f["seconds"] for f in of)
        note = f"the load generator used at most {cpu:.0%} of a core"
        yield Figure(f"{name}, {CONNECTIONS} connections", "requests/s", None,
                     [f["count"] / f["seconds"] for f in of], note)  # fmt: skip
        yield Figure(f"{name} p50", "ms", None, [f["p50_ms"] for f in of])
        yield Figure(f"{name} p99", "ms", None, [f["p99_ms"] for f in of])
