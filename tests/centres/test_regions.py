"""Who lies within whom."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.config import ROOT
from shared.regions import Regions

HEADER = "key,parent_key,name_kk,name_ru,name_en,lat_approx,lon_approx,aliases_notes\n"


def regions(tmp_path: Path, *rows: str) -> Regions:
    file = tmp_path / "regions.csv"
    file.write_text(HEADER + "\n".join(rows), "utf-8")
    return Regions.load(file)


def test_a_path_leads_from_the_nearest_to_the_widest(tmp_path: Path) -> None:
    found = regions(tmp_path, "a,,А,А,A,,,", "b,a,Б,Б,B,43.1,76.9,Old | Older", "c,b,В,В,C,,,")
    assert found.path("c") == ("c", "b", "a")
    assert found.path("nowhere") == ()
    assert found.keys() == ("a", "b", "c")
    region = found.get("b")
    assert region is not None
    assert (region.location, region.aliases) == ((43.1, 76.9), ("Old", "Older"))
    assert region.names == {"kk": "Б", "ru": "Б", "en": "B"}
    assert found.get("nowhere") is None


def test_a_circle_is_not_walked_for_ever(tmp_path: Path) -> None:
    assert regions(tmp_path, "a,b,,,,,,", "b,a,,,,,,").path("a") == ("a", "b")


def test_a_missing_file_or_column_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"regions\.csv"):
        Regions.load(tmp_path / "regions.csv")
    (tmp_path / "regions.csv").write_text("key\na\n", "utf-8")
    with pytest.raises(KeyError):
        Regions.load(tmp_path / "regions.csv")


def test_the_three_almatys_are_three_things() -> None:
    real = Regions.load(ROOT / "data" / "regions.csv")
    assert real.path("almaty-city") == ("almaty-city",)
    assert real.path("almaty-region-talgar") == ("almaty-region-talgar", "almaty-region")
    assert real.path("astana-almaty") == ("astana-almaty", "astana")
