"""The grid of a day: five-minute cells, counted in packed arrays.

Owns the arithmetic between minutes of a local day and cells, and the packed form: per centre, day and
resource one array of 288 unsigned 16-bit little-endian counts (a shorter one reads as zeros after its
end). The one thing to know: a visit occupies the run of cells from its start to its end, rounded
outwards, of every resource it needs.
"""

from __future__ import annotations

import sys
from array import array
from typing import NamedTuple

CELL_MINUTES = 5
CELLS = 24 * 60 // CELL_MINUTES
BYTES = 2 * CELLS
MOST_COUNT = 2**16 - 1


class Run(NamedTuple):
    """`cells` cells beginning with cell `first`."""

    first: int
    cells: int


def run_of(minute: int, minutes: int) -> Run:
    """The cells of a visit that starts at that minute of the day."""
    first = minute // CELL_MINUTES
    end = -(-(minute + minutes) // CELL_MINUTES)
    return Run(first, end - first)


def unpack(packed: bytes | None) -> array[int]:
    """The counts of one packed array."""
    counts = array("H")
    counts.frombytes((packed or b"").ljust(BYTES, b"\0")[:BYTES])
    if sys.byteorder == "big":
        counts.byteswap()
    return counts


def clock_label(minute: int) -> str:
    """`545` is `09:05`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def minute_of(label: str) -> int:
    """`09:05` is `545`; `24:00` is 1440."""
    hours, _, minutes = label.partition(":")
    return int(hours) * 60 + int(minutes)
