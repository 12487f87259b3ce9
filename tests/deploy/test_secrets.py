"""`make secrets`: made once, kept, for the owner's eyes only."""

import subprocess
from pathlib import Path

from cryptography.fernet import Fernet

SCRIPT = Path(__file__).parents[2] / "deploy/secrets.sh"


def make(file: Path) -> str:
    return subprocess.run(
        ["sh", str(SCRIPT), str(file)], check=True, capture_output=True, text=True
    ).stdout


def read(file: Path) -> dict[str, str]:
    lines = file.read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


def test_they_are_strong_and_nobody_else_can_read_them(tmp_path: Path) -> None:
    file = tmp_path / "env"
    told = make(file)
    found = read(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(found) == 7
    assert all(len(value) >= 43 for value in found.values())
    assert len(set(found.values())) == len(found)
    assert not [value for value in found.values() if value in told]
    Fernet(found["KEZEK_CONTACT_KEYS"])


def test_what_is_there_is_kept_and_what_is_missing_is_added(tmp_path: Path) -> None:
    file = tmp_path / "env"
    file.write_text("KEZEK_IIN_KEY=mine\nKEZEK_PORT=9000\nKEZEK_OPS_TOKEN=")
    told = make(file)
    assert "KEZEK_IIN_KEY" not in told
    assert "KEZEK_OPS_TOKEN" in told
    found = read(file)
    assert (found["KEZEK_IIN_KEY"], found["KEZEK_PORT"]) == ("mine", "9000")
    assert len(found["KEZEK_OPS_TOKEN"]) == 64
    before = file.read_text("utf-8")
    assert "there already" in make(file)
    assert file.read_text("utf-8") == before
    assert [path.name for path in tmp_path.iterdir()] == ["env"]
