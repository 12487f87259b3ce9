"""`python -m embedded` from an empty folder to nothing left, with tiny apps in the place of ours.

The launcher runs as it is, with a real Valkey, a real Caddy and real gunicorns; only `services` and
the topics command are stand-ins, in a copy of the tree.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from embedded.sockets import Sockets, port_of
from tests.support import eventually, free_port

ROOT = Path(__file__).parents[2]
NAMES = {
    "valkey", "gateway", "mail", "centres-web", "centres-worker", "booking-web", "booking-worker",
    "notify-web", "notify-worker",
}  # fmt: skip

# Knows as many centres as there are lines in the file that the load writes.
APP = """
import json, os
from pathlib import Path
LOADED = Path(__file__).with_name("loaded")
def create_app():
    def app(environ, start_response):
        centres = len(LOADED.read_text().split()) if LOADED.exists() else 0
        told = {"status": "ok", "checks": {"network": {"centres": centres}}, "pid": os.getpid(),
                "store": os.environ["KEZEK_STORE_URL"], "bus": os.environ["KEZEK_BUS_URL"]}
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(told).encode()]
    return app
"""
WORKER = "import time; time.sleep(600)"
LOAD = """
from pathlib import Path
services = Path(__file__).parents[1]
for app in ("centres", "booking"):
    with open(services / app / "loaded", "a") as file: file.write("one two ")
print("loaded 2 centres")
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout with apps that do nothing."""
    root = tmp_path_factory.mktemp("tree")
    shutil.copytree(ROOT / "embedded", root / "embedded")
    shutil.copytree(ROOT / "shared", root / "shared")
    (root / "shared/messaging/topics.py").write_text("")
    for app in ("centres", "booking", "notify"):
        folder = root / "services" / app
        folder.mkdir(parents=True)
        (folder / "app.py").write_text(APP)
        (folder / "worker.py").write_text(WORKER)
    (root / "services/centres/load.py").write_text(LOAD)
    return root


class Launched:
    """A launcher that runs."""

    def __init__(self, tree: Path, *arguments: str, **environ: str) -> None:
        self.mark = f"KEZEK_TEST_MARK={uuid.uuid4()}"
        name, _, value = self.mark.partition("=")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "embedded", *arguments],
            cwd=tree,
            env={**os.environ, name: value, **environ},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def end(self, number: signal.Signals) -> tuple[int, str]:
        """Exit code and all that was printed."""
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=60)
        return self.process.returncode, output

    def left(self) -> list[str]:
        """Commands that still run and were started by this run."""
        found = []
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if self.mark.encode() in (folder / "environ").read_bytes():
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue
        return found


class Folder:
    """A `var/` of this test with its port."""

    def __init__(self, tree: Path, var: Path) -> None:
        self.tree = tree
        self.var = var
        self.port = free_port()

    def launch(self, *arguments: str, **environ: str) -> Launched:
        place = ("--port", str(self.port), "--var", str(self.var))
        launched = Launched(self.tree, *place, *arguments, **environ)
        eventually(
            lambda: (self.var / "run.json").exists() or launched.process.poll() is not None,
            timeout=120,
        )
        return launched

    def told(self) -> Any:
        return json.loads((self.var / "run.json").read_text())

    def ready(self, app: str) -> Any:
        url = f"http://127.0.0.1:{self.port}/{app}/health/ready"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                return {"status": error.code}


@pytest.fixture(scope="module")
def folder(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    return Folder(tree, tmp_path_factory.mktemp("run") / "var")


@pytest.fixture(scope="module")
def launched(folder: Folder) -> Iterator[Launched]:
    launched = folder.launch()
    yield launched
    if launched.process.poll() is None:
        launched.end(signal.SIGTERM)


def refused(tree: Path, *arguments: str, **environ: str) -> str:
    """The one line that a launcher prints which cannot run."""
    launched = Launched(tree, *arguments, **environ)
    output, _ = launched.process.communicate(timeout=60)
    lines = output.strip().splitlines()
    assert launched.process.returncode == 2, output
    assert len(lines) == 1, output
    assert launched.left() == []
    return lines[0]


def test_run_json_tells_scripts_all_they_need(launched: Launched, folder: Folder) -> None:
    told = folder.told()
    assert (folder.var / "run.json").stat().st_mode & 0o777 == 0o600
    assert folder.var.stat().st_mode & 0o777 == 0o700
    assert told["url"] == f"http://127.0.0.1:{folder.port}"
    assert set(told["pids"]) == NAMES
    assert len(told["ops_token"]) >= 32
    assert urllib.request.urlopen(f"{told['mail_url']}/readyz", timeout=30).status == 200


def test_the_apps_are_behind_one_origin_with_the_first_data(
    launched: Launched, folder: Folder
) -> None:
    for app in ("centres", "booking"):
        answer = folder.ready(app)
        assert answer["checks"]["network"]["centres"] == 2
        assert answer["store"] == answer["bus"] == folder.told()["store_url"]


@pytest.mark.parametrize("name", sorted(NAMES))
def test_whatever_dies_is_started_again(launched: Launched, folder: Folder, name: str) -> None:
    before = folder.told()["pids"]
    os.kill(before[name], signal.SIGKILL)
    after = eventually(lambda: _changed(folder, before), timeout=60)
    assert {other for other in NAMES if after[other] != before[other]} == {name}
    eventually(lambda: folder.ready("booking").get("status") == "ok")


def _changed(folder: Folder, before: dict[str, int]) -> dict[str, int] | None:
    now: dict[str, int] = folder.told()["pids"]
    return now if now != before else None


def test_a_second_run_in_the_same_folder_is_refused(launched: Launched, folder: Folder) -> None:
    line = refused(folder.tree, "--port", str(free_port()), "--var", str(folder.var))
    assert f"already running, pid {launched.process.pid}, see {folder.var}/run.json" in line


def test_a_second_run_on_the_same_port_is_refused(
    launched: Launched, folder: Folder, tmp_path: Path
) -> None:
    line = refused(folder.tree, "--port", str(folder.port), "--var", str(tmp_path / "var"))
    assert line == f"kezek: port {folder.port} is already taken: try PORT={folder.port + 1}"


def test_sigterm_ends_all_and_the_next_run_finds_everything(
    launched: Launched, folder: Folder
) -> None:
    token = folder.told()["ops_token"]
    code, output = launched.end(signal.SIGTERM)
    assert code == 0
    assert output.count("loading the first data") == 1
    assert token in output
    assert output.rstrip().endswith("stopped")
    assert not (folder.var / "run.json").exists()
    assert launched.left() == []

    again = folder.launch()
    assert folder.told()["ops_token"] == token
    code, output = again.end(signal.SIGINT)
    assert (code, "loading the first data" in output) == (0, False)
    assert again.left() == []


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends children with their parent")
def test_nothing_is_left_of_a_launcher_that_was_killed(tree: Path, tmp_path: Path) -> None:
    """Beside that: a folder too deep for a socket, and a load that was cut short before."""
    folder = Folder(tree, tmp_path / ("deep" * 25) / "var")
    folder.var.mkdir(parents=True)
    (folder.var / "loading").touch()
    launched = folder.launch()
    assert not (folder.var / "loading").exists()
    _, output = launched.end(signal.SIGKILL)
    assert "loading the first data" in output
    eventually(lambda: launched.left() == [])


def test_a_failing_app_is_told_with_the_end_of_its_log(tree: Path, tmp_path: Path) -> None:
    folder = Folder(tree, tmp_path / "var")
    launched = folder.launch(KEZEK_WEB_WORKERS="many")
    output, _ = launched.process.communicate(timeout=60)
    assert launched.process.returncode == 1
    assert "-web does not start (exit code" in output
    assert "many" in output
    assert launched.left() == []


def test_a_folder_that_cannot_be_written_is_refused(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = refused(tree, "--port", str(free_port()), "--var", str(tmp_path / "file" / "var"))
    assert "cannot be written (not a directory): give another folder with VAR=" in line


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--port", "http"], "PORT=http is not a port"),
        (["--port", "70000"], "PORT=70000 is not a port"),
        (["--store", "localhost:6379"], "STORE is not an address"),
        (["--bus", "localhost:9092"], "BUS is not an address"),
        (["--bus", "kafka://127.0.0.1:1"], "BUS=kafka://127.0.0.1:1 cannot be reached: connection"),
        (["--store", "redis://u:secret@127.0.0.1:1"], "STORE=redis://127.0.0.1:1 cannot be used"),
        (["--wrong"], "unrecognized arguments"),
    ],
)
def test_what_cannot_be_meant_or_reached_is_one_clear_line(
    tree: Path, tmp_path: Path, arguments: list[str], says: str
) -> None:
    place = ["--port", str(free_port()), "--var", str(tmp_path / "var")]
    line = refused(tree, *place, *arguments)
    assert says in line
    assert "secret" not in line


def test_a_store_that_is_too_old_is_refused(tree: Path, tmp_path: Path) -> None:
    with Sockets() as sockets:
        listener = sockets.listen()
        server = subprocess.Popen(
            [sys.executable, "-c", OLD_REDIS, str(listener.fileno())],
            pass_fds=[listener.fileno()],
        )
        try:
            url = f"redis://127.0.0.1:{port_of(listener)}"
            place = ["--port", str(free_port()), "--var", str(tmp_path / "var")]
            assert "is version 6.2.14: 7.0 or later is needed" in refused(
                tree, *place, "--store", url
            )
        finally:
            server.kill()
            server.wait()


OLD_REDIS = r"""
import socket, sys
listener = socket.socket(fileno=int(sys.argv[1]))
while True:
    client = listener.accept()[0].makefile("rwb", buffering=0)
    while (line := client.readline()):
        words = [(client.readline(), client.readline().strip())[1] for _ in range(int(line[1:]))]
        info = b"redis_version:6.2.14\r\n"
        body = b"$%d\r\n%s\r\n" % (len(info), info)
        client.write(body if words[0].upper() == b"INFO" else b"-ERR unknown command\r\n")
"""
