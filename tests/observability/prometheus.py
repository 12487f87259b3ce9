"""Debian's Prometheus for tests: promtool, and a server that scrapes what a test names.

Found on the PATH. The server has a folder and a port of its own, and can be asked queries.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import yaml

from tests.servers import ROOT, Unavailable
from tests.support import eventually, free_port

RULES = ROOT / "deploy" / "observability" / "rules"


def program(name: str) -> str:
    """Raises `Unavailable`."""
    found = shutil.which(name)
    if found is None:
        raise Unavailable(f"{name} is not installed: apt-get install prometheus")
    return found


class Prometheus:
    """`targets` maps a job to its address and path. The deployed rules are loaded."""

    def __init__(self, folder: Path, targets: dict[str, tuple[str, str]]) -> None:
        self._folder = folder
        self._port = free_port()
        jobs = [
            {"job_name": job, "metrics_path": path, "static_configs": [{"targets": [address]}]}
            for job, (address, path) in targets.items()
        ]
        config = {
            "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
            "rule_files": [str(RULES / "*.yml")],
            "scrape_configs": jobs,
        }
        (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            program("prometheus"),
            f"--config.file={self._folder / 'prometheus.yml'}",
            f"--storage.tsdb.path={self._folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{self._port}",
            "--log.level=warn",
        ]
        with (self._folder / "log").open("wb") as out:
            self._process = subprocess.Popen(command, stdout=out, stderr=out)
        eventually(self._ready)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def ask(self, path: str, **query: str) -> Any:
        """The `data` of an answer of /api/v1; fails for anything but success."""
        url = f"http://127.0.0.1:{self._port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(url, timeout=10) as answer:
            said = json.load(answer)
        assert said["status"] == "success", said
        return said["data"]

    def query(self, text: str) -> list[Any]:
        """The samples of an instant query; urllib raises for one that does not parse."""
        found: list[Any] = self.ask("query", query=text)["result"]
        return found

    def _ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise Unavailable((self._folder / "log").read_text()[-500:])
        try:
            self.ask("label/__name__/values")
        except OSError:
            return False
        return True
