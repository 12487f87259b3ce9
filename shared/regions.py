"""Regions of the country: reference data that ships with the code, like the rules of time zones.

Owns the reading of `data/regions.csv` (codes and names from the KATO classifier, see its provenance
column) and who lies within whom. Leaves centres' regions to the centres app.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Region:
    """A region, a city of republican significance or a district; `parent` is "" at the top."""

    key: str
    parent: str
    names: Mapping[str, str]
    location: tuple[float, float] | None
    aliases: tuple[str, ...]


class Regions:
    """All regions by key."""

    def __init__(self, regions: Mapping[str, Region]) -> None:
        self._regions = dict(regions)

    @classmethod
    def load(cls, file: Path) -> Regions:
        """Reads the CSV; raises `OSError` or `KeyError` where it is not what it should be."""
        with file.open(encoding="utf-8", newline="") as rows:
            return cls({row["key"]: _region(row) for row in csv.DictReader(rows)})

    def get(self, key: str) -> Region | None:
        return self._regions.get(key)

    def keys(self) -> tuple[str, ...]:
        return tuple(self._regions)

    def path(self, key: str) -> tuple[str, ...]:
        """The region and those that contain it, nearest first; empty for an unknown key."""
        found: list[str] = []
        while key in self._regions and key not in found:
            found.append(key)
            key = self._regions[key].parent
        return tuple(found)


def _region(row: Mapping[str, str]) -> Region:
    located = row["lat_approx"] and row["lon_approx"]
    return Region(
        key=row["key"],
        parent=row["parent_key"],
        names={language: row[f"name_{language}"] for language in ("kk", "ru", "en")},
        location=(float(row["lat_approx"]), float(row["lon_approx"])) if located else None,
        aliases=tuple(a.strip() for a in row["aliases_notes"].split("|") if a.strip()),
    )
