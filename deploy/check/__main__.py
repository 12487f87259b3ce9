"""`make compose-check`: brings docker-compose.yml up, uses it, breaks it, and says what was seen.

Exit code 0 if all is well, and where there is no engine (with one line that says so); 1 otherwise.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

from deploy.check.engine import PROJECT, ROOT, Failed, NoEngine, Stack, compose_command
from deploy.check.steps import Check

LOG = ROOT / "var" / "compose-check.log"


def main() -> int:
    parser = argparse.ArgumentParser(prog="make compose-check")
    parser.add_argument("--keep", action="store_true", help="leave everything running at the end")
    keep = parser.parse_args().keep
    try:
        compose = compose_command()
    except NoEngine as missing:
        print(f"compose-check: skipped: {missing}")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        stack = Stack(compose, Path(folder))
        try:
            return _run(stack)
        finally:
            if keep:
                print(f"left running: project {PROJECT}, http://127.0.0.1:{stack.port}")
            else:
                stack.remove()


def _run(stack: Stack) -> int:
    """The steps; the first one that fails ends it, since each builds on those before."""
    stack.remove()
    began = time.monotonic()
    number = 0
    for number, (name, step) in enumerate(Check(stack).steps(), start=1):
        since = time.monotonic()
        try:
            said = step()
        except (Failed, OSError) as error:
            print(f"FAILED {number:2} {name}: {error}", flush=True)
            _keep_logs(stack)
            return 1
        print(f"ok     {number:2} {name}: {said} ({time.monotonic() - since:.1f} s)", flush=True)
    print(f"compose-check: all {number} steps are well, in {time.monotonic() - began:.0f} s")
    return 0


def _keep_logs(stack: Stack) -> None:
    LOG.parent.mkdir(mode=0o700, exist_ok=True)
    LOG.write_text(stack.compose("logs", "--no-color", "--timestamps", check=False), "utf-8")
    print(f"what the containers said: {LOG.relative_to(ROOT)}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
