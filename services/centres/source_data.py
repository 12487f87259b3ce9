"""The demonstration network's files, read into definitions and rows of the import.

Owns the meaning of `data/services.csv`, `centres.csv`, `capacities.csv` and `cities.csv`
(data/README.md). Leaves validity to the import. The one thing to know: rows are those of
`centres.csv`, counted with the header as 1, so that an error can be found in the file.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from services.centres.domain.table import Row, RowError, centre_row
from shared.errors import KezekError

LANGUAGES = ("kk", "ru", "en")
UNVERIFIED = "UNVERIFIED"
START_GRID = 5
STATUSES = {
    "planned": "planned",
    "decided": "decided",
    "open": "open",
    "reopened": "open",
    "implied_open": "open",
    "under_renovation": "suspended",
}
ONLINE = {
    "": "none", "no": "none", "booking online": "none",
    "partial": "partial", "full": "full", "only": "only",
}  # fmt: skip


class BadFile(KezekError):
    """A data file is missing or not what it should be: mend it and load again."""


def _rows(file: Path, *columns: str) -> Iterator[dict[str, str]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            reader = csv.DictReader(lines, strict=True)
            missing = [c for c in columns if c not in (reader.fieldnames or ())]
            if missing:
                raise BadFile(f"{file}: column {missing[0]} is missing")
            for row in reader:
                if None in row or None in row.values():
                    raise BadFile(
                        f"{file}, line {reader.line_num}: more or fewer cells than columns"
                    )
                yield row
    except OSError as error:
        raise BadFile(f"{file}: {error.strerror or error}") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadFile(f"{file}: {error}") from None


def slug(resource: str) -> str:
    """`exam vehicle C/C1/D` to `exam-vehicle-c-c1-d`."""
    return re.sub(r"[^a-z0-9]+", "-", resource.strip().lower()).strip("-")


def definitions(folder: Path) -> list[dict[str, Any]]:
    """The services' definitions, all of version 1. Raises `BadFile`."""
    file = folder / "services.csv"
    columns = ("code", "centre_type", "resource", "slot_minutes", "online", "online_note")
    found = []
    for number, row in enumerate(_rows(file, *columns, "name_kk", "name_ru", "name_en"), 2):
        try:
            found.append(_definition(row))
        except (KeyError, ValueError) as error:
            raise BadFile(f"{file}, row {number}: {error}") from None
    return found


def _definition(row: Mapping[str, str]) -> dict[str, Any]:
    minutes = int(row["slot_minutes"])
    if minutes < 1 or row["centre_type"] not in ("general", "specialised"):
        raise ValueError("slot_minutes or centre_type is not what it should be")
    return {
        "code": row["code"],
        "version": 1,
        "kind": row["centre_type"],
        "names": {language: row[f"name_{language}"] for language in LANGUAGES},
        "minutes": minutes,
        "start_every": -(-minutes // START_GRID) * START_GRID,
        "resources": [slug(part) for part in row["resource"].split("+")],
        "online": ONLINE[row["online"].strip()],
        "online_note": row["online_note"].strip() or None,
    }


def centres(folder: Path) -> list[Row]:
    """The centres as rows of the import, with the errors of each. Raises `BadFile`."""
    capacities = {
        r["key"]: r["resources"] for r in _rows(folder / "capacities.csv", "key", "resources")
    }
    cities = {
        r["city"]: r for r in _rows(folder / "cities.csv", "city", "name_kk", "name_ru", "name_en")
    }
    columns = ("key", "type", "status", "city", "region_key", "address_ru", "lat", "lon", "hours")
    found = []
    for number, row in enumerate(_rows(folder / "centres.csv", *columns), 2):
        cells = {
            "id": row["key"],
            "kind": row["type"],
            "status": STATUSES.get(row["status"], row["status"]),
            "region": row["region_key"],
            "resources": capacities.get(row["key"], ""),
            "services": "",
            **{name: row[name].strip() for name in ("lat", "lon", "hours")},
            **{f"name_{language}": row[f"name_{language}"] for language in LANGUAGES},
        }
        read = centre_row(number, {**cells, **_addresses(row, cities.get(row["city"]))})
        if row["city"] not in cities:
            read.errors.append(RowError(number, "city", "There is no such city in cities.csv."))
        if row["key"] not in capacities:
            read.errors.append(RowError(number, "key", "It has no row in capacities.csv."))
        found.append(read)
    return found


def _addresses(row: Mapping[str, str], city: Mapping[str, str] | None) -> dict[str, str]:
    """The city's name in each language, and the address, which exists in Russian only."""
    found = {}
    for language in LANGUAGES:
        place = city[f"name_{language}"] if city else row["city"]
        street = row["address_ru"].strip()
        found[f"address_{language}"] = f"{place}, {street}" if street else f"{place} ({UNVERIFIED})"
    return found
