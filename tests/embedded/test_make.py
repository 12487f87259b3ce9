"""`make`, as somebody meets it who has nothing yet."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from embedded import environment

ROOT = Path(__file__).parents[2]
TOOLS = ("sh", "cmp", "awk")

# What an interpreter answers to the two questions that environment.sh asks.
OLD_PYTHON = """#!/bin/sh
case "$2" in *exit*) exit 1 ;; *) echo 3.9.2 ;; esac
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Makefile, locks and launcher, without an environment."""
    for name in ("Makefile", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "embedded", tmp_path / "embedded")
    return tmp_path


@pytest.fixture
def old_machine(tmp_path: Path) -> Path:
    """A PATH with one Python, which is too old."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        (folder / tool).symlink_to(str(shutil.which(tool)))
    (folder / "python3").write_text(OLD_PYTHON)
    (folder / "python3").chmod(0o755)
    return folder


def make(checkout: Path, *arguments: str, path: str | None = None) -> tuple[int, str, list[str]]:
    """Exit code, output, and what was said of errors, without make's own last word."""
    done = subprocess.run(
        [str(shutil.which("make")), *arguments],
        cwd=checkout,
        env={"PATH": path or os.environ["PATH"], "LC_ALL": "C"},
        capture_output=True,
        text=True,
        timeout=60,
    )
    errors = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    return done.returncode, done.stdout, errors


@pytest.mark.parametrize("arguments", [(), ("help",)])
def test_make_lists_its_targets(checkout: Path, arguments: tuple[str, ...]) -> None:
    code, output, _ = make(checkout, *arguments)
    assert code == 0
    for target in ("run", "test", "lint", "format", "docs", "kafka", "lock", "clean"):
        assert f"\n  {target} " in output


def test_a_wrong_target_is_one_clear_line(checkout: Path) -> None:
    code, _, errors = make(checkout, "rnu")
    assert (code, errors) == (2, ["There is no target 'rnu': see make help"])


def test_a_python_that_is_too_old_is_one_clear_line(checkout: Path, old_machine: Path) -> None:
    code, _, errors = make(checkout, "run", path=str(old_machine))
    (line,) = errors
    assert code == 2
    assert "Python 3.11 or later is needed; python3 is 3.9.2." in line


def test_a_python_that_was_named_is_not_replaced_by_another(
    checkout: Path, old_machine: Path
) -> None:
    code, _, errors = make(checkout, "run", f"PYTHON={old_machine}/python3")
    assert (code, len(errors)) == (2, 1)
    assert f"PYTHON={old_machine}/python3 is 3.9.2" in errors[0]


def test_an_installation_that_fails_tells_the_last_words_of_pip(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The lock asks for a package that is not there; no index is asked."""
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.delenv("PIP_FIND_LINKS", raising=False)
    lock = Path("requirements.lock")
    lock.write_text(f"kezek-is-not-a-package==1 --hash=sha256:{'0' * 64}\n")
    assert environment.main(lock, []) == 1
    errors = capsys.readouterr().err
    assert errors.startswith("kezek: requirements.lock cannot be installed; the last lines of")
    assert "No matching distribution found" in errors
    assert not list(Path(".venv").glob("installed-*"))


def test_what_is_installed_is_not_installed_again(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    lock = Path("requirements.lock")
    lock.write_text("")
    assert environment.main(lock, []) == 0
    assert "installed in" in capsys.readouterr().out
    assert environment.main(Path("requirements-dev.lock"), [lock]) == 0
    assert capsys.readouterr().out == ""
