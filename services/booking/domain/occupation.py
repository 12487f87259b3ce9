"""Occupations: one record for all that takes places.

Owns the record (hold, booking, cooling, offer) and where its places are. The one thing to know: what
is taken in a cell is the sum of the live occupations that cover it; expiry is checked by whoever
confirms, so a late sweeper is harmless.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from services.booking.domain.grid import Run, minute_of, run_of


@dataclass(frozen=True)
class Span:
    """The places of one visit: `minutes` from `minute` of the day, of every resource, at a centre."""

    centre: str
    day: str
    minute: int
    minutes: int
    resources: tuple[str, ...]

    @property
    def run(self) -> Run:
        return run_of(self.minute, self.minutes)


@dataclass(frozen=True)
class Occupation:
    """`until_ms` is None for a booking; `owner` the booking's reference, or "" for a hold."""

    id: str
    kind: str
    span: Span
    service: str
    owner: str = ""
    until_ms: int | None = None
    renewed: bool = False

    @property
    def start_key(self) -> str:
        """The start that a hold takes places of, within its centre and day; "" if it is no hold."""
        return f"{self.service}@{self.span.minute}" if self.kind == "hold" else ""

    def relabelled(self, kind: str, *, owner: str, until_ms: int | None) -> Occupation:
        """The same places, for another purpose."""
        return replace(self, kind=kind, owner=owner, until_ms=until_ms)

    def to_json(self) -> str:
        """Canonical: scripts compare it as text."""
        return json.dumps(
            {
                "id": self.id,
                "kind": self.kind,
                "owner": self.owner,
                "until_ms": self.until_ms,
                "renewed": self.renewed,
                "service": self.service,
                "centre": self.span.centre,
                "day": self.span.day,
                "minute": self.span.minute,
                "minutes": self.span.minutes,
                "resources": self.span.resources,
            },
            separators=(",", ":"),
        )

    @classmethod
    def from_json(cls, raw: bytes) -> Occupation:
        d: dict[str, Any] = json.loads(raw)
        span = Span(d["centre"], d["day"], d["minute"], d["minutes"], tuple(d["resources"]))
        return cls(d["id"], d["kind"], span, d["service"], d["owner"], d["until_ms"], d["renewed"])


def of_booking(document: Mapping[str, Any]) -> Occupation:
    """The occupation behind a booking that has its places, as its document tells it."""
    occupied = document["occupied"]
    span = Span(
        document["centre"]["id"], document["day"], minute_of(document["time"]),
        document["service"]["minutes"], tuple(occupied["resources"]),
    )  # fmt: skip
    code, reference = document["service"]["code"], document["reference"]
    return Occupation(occupied["occupation"], "booking", span, code, reference)
