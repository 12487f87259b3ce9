"""The commands behind `make backup`, `restore`, `rebuild`, `verify` and `reseed`, as processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.booking.store import keys
from tests.booking.conftest import OPS, World
from tests.recovery.conftest import Recovered
from tests.recovery.life import morning
from tests.servers import ROOT


class Commands:
    def __init__(self, store_url: str, bus_url: str) -> None:
        self._environ = {
            **os.environ, "KEZEK_STORE_URL": store_url, "KEZEK_BUS_URL": bus_url,
            "KEZEK_OPS_TOKEN": OPS, "KEZEK_TOKEN_KEY": "t", "KEZEK_SCRATCH_URL": "",
        }  # fmt: skip

    def run(self, *arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "embedded.recover", *arguments], cwd=ROOT,
            env=self._environ, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr


@pytest.fixture
def commands(store_url: str, redis_bus_url: str) -> Commands:
    return Commands(store_url, redis_bus_url)


def test_from_backup_to_restore(
    world: World, recovered: Recovered, commands: Commands, tmp_path: Path
) -> None:
    morning(world)
    recovered.relay()
    code, out, err = commands.run("--to", str(tmp_path / "b"), "backup")
    assert (code, err) == (0, "")
    assert sorted(p.name for p in (tmp_path / "b").iterdir()) == [
        "booking.backup", "centres.backup",
    ]  # fmt: skip
    before = recovered.canonical()
    recovered.client.delete(*recovered.client.keys("{booking}:booking:*"))
    code, out, err = commands.run("verify", "--app", "booking")
    assert code == 1
    assert "differs: booking " in err
    code, out, err = commands.run("--from", str(tmp_path / "b"), "restore")
    assert (code, err) == (0, "")
    assert recovered.canonical() == before
    code, out, err = commands.run("verify")
    assert (code, err) == (0, "")
    assert "booking: the log says what the store says" in out
    assert "centres: the log says what the store says" in out


def test_rebuild_and_reseed(world: World, recovered: Recovered, commands: Commands) -> None:
    morning(world)
    recovered.relay()
    before = recovered.canonical()
    clock = recovered.client.hgetall(keys.CLOCK)
    recovered.client.flushdb()
    recovered.client.hset(keys.CLOCK, mapping=clock)
    assert commands.run("rebuild", "--app", "booking")[0] == 0
    assert recovered.canonical() == before
    code, out, _ = commands.run("reseed", "--app", "booking")
    assert (code, out.split(" (")[0]) == (0, "booking: 8 states are in the outbox")
    assert recovered.client.xlen(keys.OUTBOX) == 8


def test_mistakes_are_one_line(commands: Commands, tmp_path: Path) -> None:
    code, _, err = commands.run("restore")
    assert code == 2
    assert err.count("\n") == 1
    (tmp_path / "booking.backup").write_text("nothing of the kind")
    code, _, err = commands.run("restore", "--app", "booking", "--from", str(tmp_path))
    assert code == 1
    assert err.startswith("booking: restore failed")
    assert err.count("\n") == 1


def test_a_scratch_server_with_something_in_it_is_left_alone(
    world: World, commands: Commands, store_url: str
) -> None:
    commands._environ["KEZEK_SCRATCH_URL"] = store_url
    before = world.state()
    code, _, err = commands.run("verify", "--app", "booking")
    assert code == 1
    assert "not empty" in err
    assert world.state() == before
