"""The import's table: how a CSV file says what a centre is.

Owns the columns and the grammar of the cells. Leaves what a valid centre is to `rules` and the form
of fields to the schemas. The one thing to know: rows are counted as a spreadsheet shows them, with
the header as row 1, and everything wrong is told, not only the first thing.

Cells: `resources` is `counter:6 inspection-bay:2` (`counter:6/1` keeps one of them for walk-ins;
without any such mark a known centre keeps its walk-in places); `services` are codes separated by
spaces or `|`, and empty means every service of the centre's kind; `hours` is the grammar of
`hours.parse`, and empty means the ordinary ones.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from services.centres.domain import hours

COLUMNS = (
    "id", "kind", "status", "name_kk", "name_ru", "name_en",
    "address_kk", "address_ru", "address_en", "region", "lat", "lon", "hours", "resources", "services",
)  # fmt: skip
MOST_ROWS = 5000

UNKNOWN_COLUMN = "Unknown column."
MISSING_COLUMN = "This column is missing."
COLUMN_TWICE = "This column is there twice."
ID_TWICE = "This id is there twice."
CELL_COUNT = "This row has more or fewer cells than the header."
NOT_CSV = "This is not a CSV file that can be read."
TOO_MANY_ROWS = "There are too many rows: at most 5000."
REQUIRED = "This field is required."
NOT_A_NUMBER = "Not a number."
RESOURCES_GRAMMAR = "Not resources: write them as counter:6 inspection-bay:2, or counter:6/1."
RESOURCE_TWICE = "A resource is named twice."

_RESOURCE = re.compile(r"([a-z0-9-]+):(\d{1,4})(?:/(\d{1,4}))?", re.ASCII)


class RowError(NamedTuple):
    """What is wrong with one cell; `row` counts the header as 1; `column` is "" for the whole
    row."""

    row: int
    column: str
    message: str


@dataclass
class Row:
    """One centre as a table says it. `document` has the fields that could be read."""

    number: int
    document: dict[str, Any]
    all_services: bool = False
    says_walk_in: bool = False
    errors: list[RowError] = field(default_factory=list)


def read(text: str) -> tuple[list[Row], list[RowError]]:
    """All rows, and what is wrong with the table as a whole. With an unusable header: no rows."""
    lines, broken = _lines(text.removeprefix("\ufeff"))
    header = [cell.strip() for cell in lines[0][1]] if lines else []
    errors = [*_header_errors(header), *broken]
    if any(error.row == 1 for error in errors):
        return [], errors
    if len(lines) - 1 > MOST_ROWS:
        return [], [*errors, RowError(MOST_ROWS + 2, "", TOO_MANY_ROWS)]
    rows: list[Row] = []
    seen: set[str] = set()
    for number, cells in lines[1:]:
        if len(cells) != len(header):
            errors.append(RowError(number, "", CELL_COUNT))
            continue
        row = centre_row(number, dict(zip(header, (cell.strip() for cell in cells), strict=True)))
        if row.document["id"] in seen:
            row.errors.append(RowError(number, "id", ID_TWICE))
        seen.add(row.document["id"])
        rows.append(row)
    return rows, errors


def _lines(text: str) -> tuple[list[tuple[int, list[str]]], list[RowError]]:
    """Numbered records without the blank ones; a record that cannot be read ends the table."""
    found: list[tuple[int, list[str]]] = []
    number = 0
    try:
        for number, cells in enumerate(csv.reader(io.StringIO(text, newline=""), strict=True), 1):
            if any(cell.strip() for cell in cells) or number == 1:
                found.append((number, cells))
    except csv.Error:
        return found, [RowError(number + 1, "", NOT_CSV)]
    return found, []


def _header_errors(header: list[str]) -> Iterator[RowError]:
    for column in dict.fromkeys(header):
        if column not in COLUMNS:
            yield RowError(1, column, UNKNOWN_COLUMN)
        elif header.count(column) > 1:
            yield RowError(1, column, COLUMN_TWICE)
    for column in COLUMNS:
        if column not in header:
            yield RowError(1, column, MISSING_COLUMN)


def centre_row(number: int, cells: dict[str, str]) -> Row:
    """One row from its cells, by column (stripped)."""
    languages = ("kk", "ru", "en")
    row = Row(number, {"id": cells["id"], "kind": cells["kind"], "region": cells["region"]})
    for column in ("id", "status"):
        if not cells[column]:
            row.errors.append(RowError(number, column, REQUIRED))
    row.document["status"] = cells["status"]
    row.document["names"] = {language: cells[f"name_{language}"] for language in languages}
    row.document["addresses"] = {language: cells[f"address_{language}"] for language in languages}
    row.document["location"] = {name: _number(row, name, cells[name]) for name in ("lat", "lon")}
    try:
        row.document["hours"] = hours.parse(cells["hours"])
    except ValueError as error:
        row.errors.append(RowError(number, "hours", str(error)))
        row.document["hours"] = hours.parse("")
    _read_resources(row, cells["resources"])
    codes = cells["services"].replace("|", " ").split()
    row.all_services = not codes
    row.document["services"] = codes
    return row


def _number(row: Row, column: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        message = NOT_A_NUMBER if text else REQUIRED
        row.errors.append(RowError(row.number, column, message))
        return 0.0


def _read_resources(row: Row, text: str) -> None:
    resources: dict[str, int] = {}
    walk_in: dict[str, int] = {}
    for word in text.split():
        match = _RESOURCE.fullmatch(word)
        if not match:
            row.errors.append(RowError(row.number, "resources", RESOURCES_GRAMMAR))
            break
        name, places, kept = match.groups()
        if name in resources:
            row.errors.append(RowError(row.number, "resources", RESOURCE_TWICE))
        resources[name] = int(places)
        if kept is not None:
            row.says_walk_in = True
            if int(kept):
                walk_in[name] = int(kept)
    row.document["resources"] = resources
    row.document["walk_in"] = walk_in


def column_of(path: str) -> str:
    """The column that a document's field comes from: `names.kk` from `name_kk`."""
    first, _, rest = path.partition(".")
    if first in ("names", "addresses") and rest in ("kk", "ru", "en"):
        return f"{'name' if first == 'names' else 'address'}_{rest}"
    if first == "location" and rest in ("lat", "lon"):
        return rest
    return {"walk_in": "resources"}.get(first, first if first in COLUMNS else "")


def cell_of(places: dict[str, int], walk_in: dict[str, int]) -> str:
    """The `resources` cell that `read` reads back."""
    return " ".join(
        f"{name}:{n}/{walk_in[name]}" if name in walk_in else f"{name}:{n}"
        for name, n in places.items()
    )
