"""The container engine, as far as the check needs it: one compose project, apart from all others.

Owns the command lines of `docker` and `docker compose`. The one thing to know: the project has its own
name, image tag, ports and secrets, so that a stack that is in use is never touched.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PROJECT = "kezek-check"
TAG = "check"


class NoEngine(Exception):
    """Nothing here can run containers; the text says what is missing."""


class Failed(Exception):
    """Something is not as it should be."""


def run(command: Sequence[str], *, env: dict[str, str] | None = None, check: bool = True) -> str:
    """What the command printed; raises `Failed` with its last words."""
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
    if check and done.returncode != 0:
        words = (done.stderr or done.stdout).strip().splitlines()[-5:]
        raise Failed(f"{' '.join(command[:6])} ...: {' / '.join(words)}")
    return done.stdout


def compose_command() -> list[str]:
    """`docker compose`, or what there is of it. Raises `NoEngine`."""
    if not shutil.which("docker"):
        raise NoEngine("docker is not installed")
    if subprocess.run(["docker", "info"], capture_output=True).returncode != 0:
        raise NoEngine("no container engine answers to `docker info`")
    for command in (["docker", "compose"], ["docker-compose"]):
        if shutil.which(command[0]):
            found = subprocess.run([*command, "version"], capture_output=True)
            if found.returncode == 0:
                return command
    raise NoEngine("docker has no compose")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


class Stack:
    """The project. `folder` is for its secrets; `secrets` are what was made."""

    def __init__(self, compose: list[str], folder: Path) -> None:
        self.port, self.mail_port = free_port(), free_port()
        self.env_file = folder / "env"
        run(["sh", "deploy/secrets.sh", str(self.env_file)])
        lines = self.env_file.read_text("utf-8").splitlines()
        self.secrets = dict(line.split("=", 1) for line in lines if "=" in line and line[0] != "#")
        self._compose = compose
        # None of the caller's settings: the defaults are what is checked.
        self._env = {
            k: v for k, v in os.environ.items() if not k.startswith(("KEZEK_", "COMPOSE_"))
        }
        self._env |= {
            "KEZEK_PORT": str(self.port), "KEZEK_MAIL_PORT": str(self.mail_port),
            "KEZEK_TAG": TAG, "COMPOSE_PROJECT_NAME": PROJECT,
        }  # fmt: skip

    def compose(self, *words: str, env_file: Path | None = None, check: bool = True) -> str:
        chosen = ["--env-file", str(env_file or self.env_file)]
        return run([*self._compose, *chosen, *words], env=self._env, check=check)

    def use_files(self, files: Sequence[str], **settings: str) -> None:
        """From now on these compose files and, beside the secrets, these settings."""
        self._env |= {"COMPOSE_FILE": ":".join(files), **settings}

    def recover(self, *words: str) -> str:
        """As `make compose-backup` and the like."""
        command = " ".join([*self._compose, "--env-file", str(self.env_file)])
        env = {**self._env, "COMPOSE": command}
        return run(["sh", "deploy/recover.sh", *words], env=env)

    def refusal(self, *words: str, env_file: Path | None = None) -> str:
        """What compose, or the command it runs, says when it refuses; empty where it does not."""
        command = [*self._compose, "--env-file", str(env_file or self.env_file), *words]
        done = subprocess.run(command, cwd=ROOT, env=self._env, capture_output=True, text=True)
        return done.stderr.strip() if done.returncode else ""

    def ids(self, service: str = "", *, stopped: bool = False) -> list[str]:
        """The containers of this service; of all where none is named. Those that run, or all."""
        labels = [f"project={PROJECT}", *([f"service={service}"] if service else [])]
        filters = [f"--filter=label=com.docker.compose.{label}" for label in labels]
        every = ["--all"] if stopped else []
        return run(["docker", "ps", "--quiet", "--no-trunc", *every, *filters]).split()

    def one(self, service: str) -> str:
        found = self.ids(service)
        if len(found) != 1:
            raise Failed(f"{service} has {len(found)} containers, not one")
        return found[0]

    def inspect(self, *containers: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(run(["docker", "inspect", *containers]))
        return found

    def kill(self, container: str) -> None:
        """`kill -9` of the container's first process, as an accident would: unlike with `docker
        kill`, the restart policy acts. From a container that sees the engine's processes."""
        pid = self.inspect(container)[0]["State"]["Pid"]
        script = f"import os; os.kill({pid}, 9)"
        words = ["--rm", "--pid=host", "--network=none", "--user=0", "--entrypoint=python"]
        run(["docker", "run", *words, f"kezek:{TAG}", "-c", script])

    def logs(self, *containers: str) -> str:
        return "".join(
            subprocess.run(
                ["docker", "logs", container], text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            ).stdout
            for container in containers
        )  # fmt: skip

    def remove(self) -> None:
        self.compose("down", "--volumes", "--remove-orphans", "--timeout", "5", check=False)
        run(["docker", "image", "rm", f"kezek:{TAG}"], check=False)
