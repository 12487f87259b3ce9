"""The command line of an app's recovery: `python -m services.<app>.recovery STEP [FILE]`.

Owns settings and words. The one thing to know: `verify` and `backup` need KEZEK_SCRATCH_URL, an empty
server that may be thrown away, since they look at a copy of the store, frozen at one instant.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from shared.bus.port import Bus
from shared.config import Environment
from shared.errors import KezekError
from shared.messaging import recovery
from shared.messaging.recovery import Recoverable
from shared.messaging.topics import bus_from
from shared.store.connection import connect
from shared.store.scratch import frozen

TIMEOUT_S = 60.0
"""Nobody waits for an answer here, and deleting or restoring many keys at once takes its time."""
SHOWN = 20
STEPS = ("reseed", "verify", "backup", "restore", "rebuild")


def main(app: Recoverable, arguments: Sequence[str]) -> int:
    """The exit code: 0 done, 1 failed or not the same, with one line that says why."""
    name = app.source.strip("/")
    parser = argparse.ArgumentParser(prog=f"python -m services.{name}.recovery")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("file", nargs="?", type=Path, help="of backup and restore")
    given = parser.parse_args(arguments)
    if (given.file is None) == (given.step in ("backup", "restore")):
        parser.error("backup and restore take a file, and no other step does")
    env, began = Environment(os.environ), time.monotonic()
    bus = None
    try:
        bus = bus_from(env)
        said, code = _STEPS[given.step](app, env, bus, given.file)
    except KezekError as error:
        said, code = f"{given.step} failed: {error}", 1
    finally:
        if bus is not None:
            bus.close()
    out = sys.stderr if code else sys.stdout
    print(f"{name}: {said} ({time.monotonic() - began:.1f} s)", file=out)
    return code


_Step = Callable[[Recoverable, Environment, Bus, Path], tuple[str, int]]


def _reseed(app: Recoverable, env: Environment, _bus: Bus, _file: Path) -> tuple[str, int]:
    with connect(env.required("KEZEK_STORE_URL"), timeout_s=TIMEOUT_S) as client:
        count = recovery.reseed(app, client, say=lambda line: print(line, flush=True))
    return f"{count} states are in the outbox", 0


def _verify(app: Recoverable, env: Environment, bus: Bus, _file: Path) -> tuple[str, int]:
    urls = env.required("KEZEK_STORE_URL"), env.required("KEZEK_SCRATCH_URL")
    with frozen(*urls) as (copy, scratch):
        verdict = recovery.verify(app, copy, scratch, bus)
    if not verdict.differing:
        return f"the log says what the store says; {verdict.facts} facts, {verdict.digest}", 0
    for name in verdict.differing[:SHOWN]:
        print(f"differs: {name}", file=sys.stderr)
    return f"{len(verdict.differing)} of the store's facts are not what the log says", 1


def _backup(app: Recoverable, env: Environment, _bus: Bus, file: Path) -> tuple[str, int]:
    urls = env.required("KEZEK_STORE_URL"), env.required("KEZEK_SCRATCH_URL")
    with frozen(*urls) as (copy, _):
        count = recovery.backup(app, copy, file)
    return f"{count} keys are in {file}, {file.stat().st_size} bytes", 0


def _restore(app: Recoverable, env: Environment, bus: Bus, file: Path) -> tuple[str, int]:
    with connect(env.required("KEZEK_STORE_URL"), timeout_s=TIMEOUT_S) as client:
        keys, facts = recovery.restore(app, client, file, bus)
    return f"{keys} keys restored, and {facts} facts of the log looked at", 0


def _rebuild(app: Recoverable, env: Environment, bus: Bus, _file: Path) -> tuple[str, int]:
    with connect(env.required("KEZEK_STORE_URL"), timeout_s=TIMEOUT_S) as client:
        facts = recovery.rebuild(app, client, bus)
    return f"rebuilt from {facts} facts of the log", 0


_STEPS: dict[str, _Step] = {
    "reseed": _reseed,
    "verify": _verify,
    "backup": _backup,
    "restore": _restore,
    "rebuild": _rebuild,
}
