"""Counts of many spans, in memory and packed as the store keeps them (`domain.grid`)."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterator

from services.booking.domain.grid import CELLS
from services.booking.domain.occupation import Span

Name = tuple[str, str, str]
"""Centre, day, resource."""
_ZEROS = array("H", [0]) * CELLS


class Counts:
    """How many of the added spans cover each cell."""

    def __init__(self) -> None:
        self._by_name: dict[Name, array[int]] = {}

    def add(self, span: Span) -> None:
        first, cells = span.run
        for resource in span.resources:
            counts = self._by_name.setdefault((span.centre, span.day, resource), _ZEROS[:])
            for cell in range(first, first + cells):
                counts[cell] += 1

    def of(self, centre: str, day: str, resource: str) -> array[int]:
        return self._by_name.get((centre, day, resource), _ZEROS)

    def packed(self) -> Iterator[tuple[Name, bytes]]:
        for name, counts in self._by_name.items():
            little = counts[:]
            if sys.byteorder == "big":
                little.byteswap()
            yield name, little.tobytes()
