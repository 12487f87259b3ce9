"""The first data: the real files, through the import's own rules."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from services.centres import load, wiring
from services.centres.source_data import slug
from shared.config import ROOT
from tests.centres.helpers import OPS, Centres, settings

DATA = ROOT / "data"


@pytest.fixture
def empty(store_url: str) -> Any:
    deps = wiring.build(settings(store_url))
    yield Centres.on(deps)
    deps.client.close()


@pytest.fixture
def environment(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in {
        "STORE_URL": store_url, "BUS_URL": "redis://unused", "OPS_TOKEN": OPS,
        "TOKEN_KEY": "a-token-key-for-tests", "DATA_DIR": str(DATA),
    }.items():  # fmt: skip
        monkeypatch.setenv(f"KEZEK_{name}", value)
    # It would keep this test's standard error for all that come after.
    monkeypatch.setattr(load.logs, "configure", lambda _app, **_: None)
    return store_url


def run(api: Centres, folder: Path = DATA) -> str:
    return load.load(folder, api.deps, Console(file=io.StringIO()))


def rows(name: str) -> list[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_real_network_is_loaded_and_told(empty: Centres) -> None:
    summary = run(empty)
    assert summary == "33 services (33 new or changed), 61 centres (61 added, 0 known before)"
    events = empty.events()
    assert len(events) == 61
    found = {c["id"]: c for c in empty.get("?limit=200").json["items"]}
    assert set(found) == {row["key"] for row in rows("centres.csv")}
    statuses = {"planned": "planned", "decided": "decided", "under_renovation": "suspended"}
    for row in rows("centres.csv"):
        centre = found[row["key"]]
        assert centre["status"] == statuses.get(row["status"], "open")
        assert centre["region"] == row["region_key"]
        assert centre["names"]["kk"] == row["name_kk"]
        assert ("UNVERIFIED" in centre["addresses"]["kk"]) == (not row["address_ru"])
    assert found["alm-auezov"]["addresses"]["ru"] == "Алматы, ул. Жандосова, 51"
    assert found["src-09"]["addresses"]["kk"] == "Түркістан (UNVERIFIED)"
    assert found["alm-auezov"]["hours"][1]["days"] == ["sat"]


def test_definitions_are_read_as_the_readme_says(empty: Centres) -> None:
    run(empty)
    definitions = empty.deps.store.read().catalogue.definitions
    practice = definitions["dl-practice-c"]
    assert practice["resources"] == ["exam-vehicle-c-c1-d", "ground"]
    assert (practice["minutes"], practice["online"]) == (30, "none")
    assert {d["online"] for d in definitions.values()} == {"none", "partial", "full", "only"}
    assert all(
        d["start_every"] % 5 == 0 and d["start_every"] >= d["minutes"] for d in definitions.values()
    )
    assert slug("exam vehicle C/C1/D ") == "exam-vehicle-c-c1-d"


def test_loading_again_changes_nothing_and_leaves_what_ops_changed(empty: Centres) -> None:
    run(empty)
    empty.step("src-02", "open")
    before = empty.state()
    assert run(empty).endswith("61 centres (0 added, 61 known before)")
    assert empty.state() == before


def test_a_changed_service_is_told_to_the_centres(empty: Centres, tmp_path: Path) -> None:
    run(empty)
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    services = folder / "services.csv"
    text = services.read_text("utf-8")
    services.write_text(
        text.replace("pick-up window,15,estimate", "pick-up window,17,estimate", 1), "utf-8"
    )
    specialised = sum(row["type"] == "specialised" for row in rows("centres.csv"))
    summary = run(empty, folder)
    assert "33 services (1 new or changed)" in summary
    assert f"{specialised} told anew" in summary
    changed = [d for d in empty.events()[-1].data["centre"]["definitions"] if d["version"] == 2]
    assert [(d["minutes"], d["start_every"]) for d in changed] == [(17, 20)]


def test_an_interrupted_load_is_completed_by_the_next(empty: Centres, monkeypatch: Any) -> None:
    whole = load._chunks
    monkeypatch.setattr(load, "_chunks", lambda rows: list(whole(rows))[:2])
    assert "16 added" in run(empty)
    monkeypatch.setattr(load, "_chunks", whole)
    assert "45 added, 16 known before" in run(empty)


def test_the_command_prints_progress_lines_and_one_summary(
    environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load.main([str(DATA)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2] == "centres loaded: 61 of 61"
    assert lines[-1].startswith(f"loaded {DATA}: 33 services")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda d: (d / "services.csv").unlink(), "services.csv: No such file"),
        (lambda d: (d / "centres.csv").write_text("key\n", "utf-8"), "column type is missing"),
        (lambda d: (d / "cities.csv").write_bytes(b"\xff\xfe"), "cities.csv"),
        (
            lambda d: _replace(d / "services.csv", ",20,estimate", ",soon,estimate"),
            "services.csv, row 2",
        ),
        (
            lambda d: _replace(d / "centres.csv", ",astana,", ",atlantis,"),
            "centres.csv, row 2, region",
        ),
        (lambda d: _replace(d / "centres.csv", "51.1694", "north"), "centres.csv, row 2, lat"),
        (lambda d: _replace(d / "capacities.csv", "src-01,", "src-0,"), "centres.csv, row 2"),
    ],
)
def test_a_bad_file_is_one_line(
    environment: str, tmp_path: Path, capsys: Any, spoil: Any, message: str
) -> None:
    folder = tmp_path / "data"
    shutil.copytree(DATA, folder)
    spoil(folder)
    assert load.main([str(folder)]) == 1
    told = capsys.readouterr()
    assert message in told.err
    assert len(told.err.splitlines()) == 1
    assert "loaded" not in told.out


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), "utf-8")


def test_other_failures_are_one_line_too(
    environment: str, monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path
) -> None:
    assert load.main([]) == 1
    assert "usage" in capsys.readouterr().err
    assert load.main([str(tmp_path)]) == 1
    assert "services.csv" in capsys.readouterr().err
    monkeypatch.setenv("KEZEK_STORE_URL", f"unix://{tmp_path}/nothing")
    assert load.main([str(DATA)]) == 1
    assert "the store does not answer" in capsys.readouterr().err
    monkeypatch.delenv("KEZEK_OPS_TOKEN")
    assert load.main([str(DATA)]) == 1
    assert "KEZEK_OPS_TOKEN is not set" in capsys.readouterr().err


def test_every_row_says_where_it_comes_from() -> None:
    for name in ("centres.csv", "services.csv", "regions.csv", "capacities.csv", "cities.csv"):
        assert all(row["provenance"] for row in rows(name)), name
    assert all(row["provenance"].startswith("ASSUMPTION") for row in rows("capacities.csv"))
