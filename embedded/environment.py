"""Makes `.venv` from a lock file. Run by environment.sh, with the standard library only.

One at a time; what was half done is done again. Output is kept for the case that it fails.
"""

import fcntl
import shutil
import subprocess
import sys
import time
from pathlib import Path

VENV = Path(".venv")
LOG = Path(".venv.log")
LINES_SHOWN = 15


def main(lock: Path, others: list[Path]) -> int:
    with open(".venv.lock", "w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        if _fits() and any(_installed(each) for each in (lock, *others)):
            return 0
        began = time.monotonic()
        print(f"installing {lock} into {VENV} (only when it changed) ...", flush=True)
        try:
            if not _fits():
                shutil.rmtree(VENV, ignore_errors=True)
                _run("the environment cannot be made", sys.executable, "-m", "venv", str(VENV))
            _install(lock)
        except _Failed as failed:
            print(failed, file=sys.stderr)
            return 1
        print(f"installed in {time.monotonic() - began:.0f} s", flush=True)
        return 0


class _Failed(Exception):
    """One line, and the last ones of the tool that failed."""


def _install(lock: Path) -> None:
    _run(
        f"{lock} cannot be installed",
        *(str(VENV / "bin/python"), "-m", "pip", "install", "--quiet", "--no-input"),
        # Compiled when first imported: most of what the packages hold never is.
        *("--disable-pip-version-check", "--no-compile", "--no-deps", "--require-hashes"),
        *("-r", str(lock)),
    )
    for stamp in VENV.glob("installed-*"):
        stamp.unlink()
    shutil.copyfile(lock, VENV / f"installed-{lock.name}")


def _fits() -> bool:
    """Whether the environment works and is of our own version of Python."""
    ours = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    try:
        command = [str(VENV / "bin/python"), "-c", f"{ours} or __import__('pip')"]
        return subprocess.run(command, capture_output=True).returncode == 0
    except OSError:
        return False


def _installed(lock: Path) -> bool:
    stamp = VENV / f"installed-{lock.name}"
    return stamp.exists() and stamp.read_bytes() == lock.read_bytes()


def _run(what_failed: str, *command: str) -> None:
    with open(LOG, "wb") as log:
        code = subprocess.run(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL).returncode
    if code != 0:
        said = LOG.read_text("utf-8", "replace").splitlines()[-LINES_SHOWN:]
        raise _Failed("\n".join([f"kezek: {what_failed}; the last lines of {LOG}:", *said]))
    LOG.unlink()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]]))
