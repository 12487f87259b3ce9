"""What recovery asks of compose; `make compose-check` does it on a stack."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "deploy/recover.sh"


@pytest.fixture
def compose(tmp_path: Path) -> Path:
    """Writes down what it is asked for, and fails for the app whose name is in `fails`."""
    program = tmp_path / "compose"
    program.write_text(
        f'#!/bin/sh\necho "$*" >> {tmp_path}/asked\n'
        f'case "$*" in *"$(cat {tmp_path}/fails)"*) exit 1 ;; esac\n'
    )
    program.chmod(0o755)
    (tmp_path / "fails").write_text("nobody")
    return program


def recover(compose: Path, *words: str) -> tuple[int, list[str]]:
    env = {**os.environ, "COMPOSE": str(compose)}
    done = subprocess.run(["sh", str(SCRIPT), *words], env=env, capture_output=True, text=True)
    asked = compose.with_name("asked")
    return done.returncode, asked.read_text().splitlines() if asked.exists() else []


def test_a_backup_is_its_owners_and_needs_a_copy_that_is_not_left_behind(
    compose: Path, tmp_path: Path
) -> None:
    code, asked = recover(compose, "backup", str(tmp_path / "new/folder"))
    assert code == 0
    assert (tmp_path / "new/folder").stat().st_mode & 0o777 == 0o700
    mine = f"--user {os.getuid()}:{os.getgid()} --volume {tmp_path}/new/folder:/backup"
    assert asked == [
        f"run --rm -T {mine} centres-recovery backup /backup/centres.backup",
        f"run --rm -T {mine} booking-recovery backup /backup/booking.backup",
        "rm --stop --force scratch",
    ]


def test_a_restore_needs_none_and_stops_at_the_first_app_that_fails(
    compose: Path, tmp_path: Path
) -> None:
    compose.with_name("fails").write_text("centres-recovery")
    code, asked = recover(compose, "restore", str(tmp_path))
    assert code == 1
    assert len(asked) == 1
    assert asked[0].startswith("run --rm -T --no-deps --user")


def test_looking_goes_on_where_one_app_differs(compose: Path) -> None:
    compose.with_name("fails").write_text("booking-recovery")
    code, asked = recover(compose, "verify", "")
    assert code == 1
    assert asked == [
        "run --rm -T booking-recovery verify",
        "run --rm -T centres-recovery verify",
        "rm --stop --force scratch",
    ]


@pytest.mark.parametrize(
    "words", [[], ["backup"], ["backup", ""], ["verify", "folder"], ["drop", ""], ["verify", "", "notify"]]
)  # fmt: skip
def test_a_wrong_call_does_nothing(compose: Path, words: list[str]) -> None:
    assert recover(compose, *words) == (2, [])


def test_a_folder_that_is_not_there_is_not_restored_from(compose: Path, tmp_path: Path) -> None:
    code, asked = recover(compose, "restore", str(tmp_path / "none"))
    assert code != 0
    assert asked == []
