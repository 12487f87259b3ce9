"""`python -m embedded.recover STEP`: what `make reseed`, `verify`, `backup`, `restore`, `rebuild` do.

Owns the addresses (those of what `make run` has up, or the environment's), the scratch server, and the
files of a backup. Leaves the steps themselves to the apps, which it knows by their command lines.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import redis

from embedded import credentials, valkey
from embedded.errors import CannotRun
from embedded.settings import ROOT

APPS = ("centres", "booking")
"""Centres first: booking's days are of their zones."""
START_LIMIT_S = 30.0


def main() -> int:
    """The exit code: of the first app that failed, 2 where nothing could be begun."""
    given = _arguments()
    try:
        environ = _environment(given.var.expanduser().absolute())
        folder = _folder(given)
    except CannotRun as error:
        print(f"kezek: {error}", file=sys.stderr)
        return error.code
    apps = [given.app] if given.app else list(APPS)
    if given.step == "verify":
        # A copy of each is taken at its own instant, so they may be looked at one after the other.
        apps = apps[::-1]
    with _scratch(environ if given.step in ("verify", "backup") else None) as scratch:
        codes = [_run(app, given.step, folder, {**environ, **scratch}) for app in apps]
    return next((code for code in codes if code), 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m embedded.recover")
    parser.add_argument("step", choices=("reseed", "verify", "backup", "restore", "rebuild"))
    parser.add_argument("--var", default="var", type=Path)
    parser.add_argument("--app", default="", choices=("", *APPS))
    parser.add_argument("--to", default="", help="of backup: the folder of the files")
    parser.add_argument("--from", dest="source", default="", help="of restore: such a folder")
    return parser.parse_args()


def _environment(var: Path) -> dict[str, str]:
    """The environment's addresses where it has them, else those of the run in `var`."""
    if os.environ.get("KEZEK_STORE_URL") and os.environ.get("KEZEK_BUS_URL"):
        return dict(os.environ)
    try:
        told = json.loads((var / "run.json").read_text("utf-8"))
        secrets = credentials.load_or_make(var, os.environ)
    except FileNotFoundError:
        raise CannotRun(f"nothing runs in {var}: make run comes first") from None
    addresses = {"KEZEK_STORE_URL": told["store_url"], "KEZEK_BUS_URL": told["bus_url"]}
    return {**os.environ, **secrets, **addresses}


def _folder(given: argparse.Namespace) -> Path | None:
    """Where the files of a backup are, one per app; None for steps without files."""
    if given.step == "backup":
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
        folder = Path(given.to) if given.to else given.var / "backup" / stamp
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder.expanduser().absolute()
    if given.step != "restore":
        return None
    if not given.source or not Path(given.source).expanduser().is_dir():
        raise CannotRun("restore needs FROM=, the folder of a backup")
    return Path(given.source).expanduser().absolute()


def _run(app: str, step: str, folder: Path | None, environ: Mapping[str, str]) -> int:
    files = [str(folder / f"{app}.backup")] if folder else []
    command = [sys.executable, "-m", f"services.{app}.recovery", step, *files]
    return subprocess.call(command, cwd=ROOT, env=environ)


@contextmanager
def _scratch(environ: Mapping[str, str] | None) -> Iterator[dict[str, str]]:
    """A server to throw away, unless one is named or none is needed."""
    if environ is None or environ.get("KEZEK_SCRATCH_URL"):
        yield {}
        return
    with tempfile.TemporaryDirectory(prefix="kz-") as name:
        socket = Path(name) / "s"
        command = valkey.command(Path(name), socket=socket, save=False)
        with open(Path(name) / "log", "wb") as log:
            server = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_for(socket, server)
            yield {"KEZEK_SCRATCH_URL": f"unix://{socket}?db=0"}
        finally:
            server.kill()
            server.wait()


def _wait_for(socket: Path, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with redis.Redis(unix_socket_path=str(socket)) as client:
                client.ping()
        except redis.RedisError:
            time.sleep(0.02)
        else:
            return
    raise CannotRun("the scratch server does not start")


if __name__ == "__main__":
    sys.exit(main())
