"""The `var/` folder: who may read it, who holds it, and how its small files are written."""

import fcntl
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from embedded.errors import CannotRun


def prepare(var: Path) -> None:
    """Make the folder, readable by its owner only; CannotRun where it cannot be written."""
    try:
        var.mkdir(parents=True, exist_ok=True)
        var.chmod(0o700)
        for name in ("log", "mail", "valkey", "caddy", "metrics"):
            (var / name).mkdir(mode=0o700, exist_ok=True)
        with tempfile.TemporaryFile(dir=var):
            pass
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise CannotRun(
            f"{var} cannot be written ({reason}): give another folder with VAR="
        ) from error


def lock(var: Path) -> IO[str]:
    """Hold the folder for as long as the returned file is open; the kernel lets go when we die.

    Raises CannotRun, naming the holder, where another run has it.
    """
    file = open(var / "lock", "a+", encoding="utf-8")  # noqa: SIM115 - open for the whole run
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        raise CannotRun(
            f"already running, pid {holder}, see {var / 'run.json'}; "
            "a second one beside it needs another PORT= and VAR="
        ) from error
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def emptied(folder: Path) -> Path:
    """The folder, made or emptied of the files in it; the same path comes back."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    return folder


def write_private(path: Path, text: str) -> None:
    """Put a whole file in place, mode 0600: a reader sees the old one or the new one."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


class RunFile:
    """`run.json`: there while everything is up, for scripts. Written last, removed first."""

    def __init__(self, var: Path) -> None:
        self.path = var / "run.json"
        self._facts: dict[str, Any] | None = None
        self.remove()  # left by a run that was killed

    def write(self, facts: Mapping[str, Any], pids: Mapping[str, int]) -> None:
        """Everything is ready: tell."""
        self._facts = dict(facts)
        self.update(pids)

    def update(self, pids: Mapping[str, int]) -> None:
        """A process was started again; nothing to tell before everything was ready once."""
        if self._facts is not None:
            write_private(
                self.path, json.dumps(self._facts | {"pids": dict(pids)}, indent=2) + "\n"
            )

    def remove(self) -> None:
        self._facts = None
        self.path.unlink(missing_ok=True)
