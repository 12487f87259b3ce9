"""What somebody meets who runs it for the first time and gets something wrong: one clear line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.checkout import make, make_checkout
from tests.e2e.system import System
from tests.support import free_port

# What an interpreter answers to the two questions that embedded/environment.sh asks.
OLD_PYTHON = """#!/bin/sh
case "$2" in *exit*) exit 1 ;; *) echo 3.9.2 ;; esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "kezek"
    folder.mkdir()
    return make_checkout(folder)


def refused(checkout: Path, target: str, *arguments: str) -> str:
    """The one line on stderr of a command that could not be done."""
    code, errors = make(checkout, target, *arguments)
    assert code != 0
    assert len(errors) == 1, errors
    assert "Traceback" not in errors[0]
    return errors[0]


def run_refused(checkout: Path, *arguments: str) -> str:
    return refused(checkout, "run", f"PORT={free_port()}", *arguments)


def test_a_wrong_command(checkout: Path) -> None:
    assert refused(checkout, "rnu") == "There is no target 'rnu': see make help"


def test_a_port_that_is_taken(checkout: Path, embedded_system: System) -> None:
    taken = embedded_system.port
    line = refused(checkout, "run", f"PORT={taken}")
    assert line == f"kezek: port {taken} is already taken: try PORT={taken + 1}"


def test_a_folder_that_is_in_use(checkout: Path, embedded_system: System) -> None:
    line = run_refused(checkout, f"VAR={embedded_system.var}")
    assert "already running, pid" in line
    assert "another PORT= and VAR=" in line


def test_a_folder_that_cannot_be_written(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    line = run_refused(checkout, f"VAR={tmp_path}/file/var")
    assert "cannot be written" in line
    assert "VAR=" in line


def test_a_kafka_that_cannot_be_reached(checkout: Path) -> None:
    nowhere = f"kafka://127.0.0.1:{free_port()}"
    line = run_refused(checkout, f"BUS={nowhere}")
    assert line.startswith(f"kezek: BUS={nowhere} cannot be reached: ")
    assert "`make kafka`" in line


def test_a_store_that_cannot_be_reached(checkout: Path) -> None:
    port = free_port()
    line = run_refused(checkout, f"STORE=redis://someone:password@127.0.0.1:{port}")
    assert line.startswith(f"kezek: STORE=redis://127.0.0.1:{port} cannot be used: ")


@pytest.mark.parametrize("given", ["STORE=localhost", "BUS=localhost:9092", "PORT=http"])
def test_what_cannot_be_meant(checkout: Path, given: str) -> None:
    name, _, value = given.partition("=")
    line = refused(checkout, "run", f"PORT={free_port()}", f"{name}={value}")
    assert line.startswith(f"kezek: {name}")


def test_a_setting_that_cannot_be_meant(checkout: Path) -> None:
    """Found by the apps: the launcher ends all of them, and shows the line that says so."""
    code, errors = make(checkout, "run", f"PORT={free_port()}", KEZEK_HORIZON_DAYS="many")
    assert code != 0
    assert "KEZEK_HORIZON_DAYS must be a whole number, not 'many'" in "\n".join(errors)


def test_a_python_that_is_too_old(checkout: Path, tmp_path: Path) -> None:
    python = tmp_path / "python3.9"
    python.write_text(OLD_PYTHON)
    python.chmod(0o755)
    line = run_refused(checkout, f"PYTHON={python}")
    assert line == f"kezek: Python 3.11 or later is needed; PYTHON={python} is 3.9.2"


def test_loading_into_what_does_not_run(checkout: Path) -> None:
    assert refused(checkout, "load").endswith("make run comes first")


@pytest.mark.parametrize("token", [[], ["-H", "Authorization: Bearer mistyped"]])
def test_a_missing_or_mistyped_token(embedded_system: System, token: list[str]) -> None:
    url = f"{embedded_system.url}/centres/src-04/open"
    json = ["-H", "Content-Type: application/json", "-H", "Accept-Language: en"]
    curl = ["curl", "-s", "-X", "POST", url, *json, *token, "-d", '{"reason": "Ready."}']
    done = subprocess.run(curl, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == (
        '{"status":401,"error_code":"unauthorised","message":"A valid token is needed for this."}'
    )
