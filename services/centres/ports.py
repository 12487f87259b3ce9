"""What the use cases need of the outside, and the records that pass through.

Owns the interfaces; `store`, `calendar` and `schemas` fill them. The one thing to know: everything
is read in one go with the version of the catalogue, and written in one script that compares both.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple, Protocol

from services.centres.domain.document import Stored
from services.centres.domain.rules import Offer, Reference
from shared.contracts.codec import OutboxEntry
from shared.regions import Regions


class Conflict(Exception):
    """Somebody else changed it between reading and writing: read again and decide again."""


class Idem(Protocol):
    """A request's idempotency key; only the store looks into it."""

    record: str
    recorded: bool

    def args(self, result: Any) -> list[str | bytes | int]: ...
    def check(self, answer: list[Any]) -> None: ...


class Kept(NamedTuple):
    """A stored centre and the very bytes it was read as."""

    raw: bytes
    stored: Stored


@dataclass(frozen=True)
class Catalogue:
    """The services' definitions, by code, as events carry them. `version` 0: nothing loaded yet."""

    version: int
    definitions: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Reading:
    """What was read at one moment. `centres` holds what was asked for and exists."""

    now_ms: int
    catalogue: Catalogue
    centres: Mapping[str, Kept]


class Write(NamedTuple):
    """One centre to store with its event; `raw` is what it must still be, None where it must be
    new."""

    stored: Stored
    raw: bytes | None
    event: OutboxEntry


class Centres(Protocol):
    """The stored network."""

    def read(self, *centres: str) -> Reading: ...
    def read_all(self) -> Reading: ...
    def write_centres(
        self, writes: Sequence[Write], *, reading: Reading, idem: Idem, result: Any
    ) -> None:
        """All or nothing, with the events and the kept result; raises `Conflict`."""

    def write_catalogue(self, catalogue: Catalogue, *, was: int) -> None:
        """Raises `Conflict` if the catalogue's version is no longer `was`."""


class Calendar(Protocol):
    """National holidays."""

    def between(self, first: date, last: date) -> Sequence[Mapping[str, Any]]:
        """`{"date", "names", "like"}` of each day that is not as its weekday, by date."""


Shape = Callable[[Mapping[str, Any]], dict[str, Any]]
"""A posted centre with every field in its form and defaults filled in; refuses
`validation_failed`."""


@dataclass(frozen=True)
class Facts:
    """Reference data and rules that need no store."""

    regions: Regions
    region_keys: frozenset[str]
    calendar: Calendar
    shape: Shape

    def reference(self, catalogue: Catalogue) -> Reference:
        """What a centre is checked against."""
        offers = {
            code: Offer(str(d["kind"]), tuple(d["resources"]))
            for code, d in catalogue.definitions.items()
        }
        resources = frozenset(name for offer in offers.values() for name in offer.resources)
        return Reference(offers, resources, self.region_keys)


@dataclass(frozen=True)
class By:
    """Who asks, and how: `actor` as events name them; a dry run writes nothing."""

    actor: str
    idem: Idem
    traceparent: str | None = None
    dry_run: bool = False
