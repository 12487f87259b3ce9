"""A checkout to run `make` in, as somebody has it who cloned the project.

Everything in it is the project's own, by links, but `.venv`, which stands for an installed
environment: its python is the one that runs the tests.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.servers import ROOT

_NOT_LINKED = (".git", ".venv", ".venv.lock", ".venv.log", "var")


def make_checkout(folder: Path) -> Path:
    for entry in ROOT.iterdir():
        if entry.name not in _NOT_LINKED:
            (folder / entry.name).symlink_to(entry)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (programs / "python").chmod(0o755)
    for lock in ROOT.glob("requirements*.lock"):
        shutil.copy(lock, folder / ".venv" / f"installed-{lock.name}")
    return folder


def make(folder: Path, *arguments: str, **environ: str) -> tuple[int, list[str]]:
    """The exit code, and every line on stderr but make's own last word."""
    ours = {k: v for k, v in os.environ.items() if not k.startswith(("KEZEK_", "MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", *arguments], cwd=folder, env={**ours, "LC_ALL": "C", **environ},
        capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, [
        line for line in done.stderr.splitlines() if not line.startswith("make")
    ]
