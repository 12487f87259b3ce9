"""What booking's use cases need of the world.

Owns no behaviour but the records that cross the line. The adapters are `services.booking.store`
(Valkey), `shared.contact` and `shared.web.auth`. The one thing to know: a transition either happened as
a whole or its `Outcome` says why it did not; an outage is `StoreUnavailable`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from services.booking.domain.centre import Centre, Service
from services.booking.domain.occupation import Occupation
from shared.contracts.codec import OutboxEntry
from shared.idempotency import Idempotency

Document = Mapping[str, Any]
"""A booking's document, as `shared.contracts.bookings.BookingDocument` declares it."""


class Look(NamedTuple):
    """One look at the store: its time, the sequence of the network, and the values asked for."""

    now_ms: int
    sequence: int
    values: list[bytes | None]


class BookingKept(NamedTuple):
    """A booking's document, and the bytes by which a script recognises that nobody changed it."""

    document: dict[str, Any]
    raw: bytes


class Outcome(NamedTuple):
    """What a transition said: "ok", "stale", ... `detail_ms` is an instant or duration, by status."""

    status: str
    detail_ms: int = 0


class Person(NamedTuple):
    """A validated person: `hash` is the keyed hash of the IIN, "" without one."""

    name: str
    hash: str
    phone: str | None
    email: str | None


@dataclass(frozen=True, kw_only=True)
class PersonTaking:
    """The claim and the mark a new booking takes; `person` "" for none, `window_ms` 0 for no mark.
    `created_ms` is the instant the mark counts from: the one the booking's document tells."""

    person: str
    service: str
    kind: str
    window_ms: int
    created_ms: int


@dataclass(frozen=True, kw_only=True)
class DayEntry:
    """Where a booking is listed: its centre's day, which ends at `end_ms`."""

    centre: str
    day: str
    minute: int
    end_ms: int


class Network(Protocol):
    """The newest known document of every centre; `sequence` grows with each that is applied."""

    sequence: int
    centres: Mapping[str, Centre]
    services: Mapping[str, Service]


class Reading(Protocol):
    """What the store knows."""

    @property
    def network(self) -> Network: ...
    def look(
        self, *, occupation: str | None = None, booking: str | None = None,
        taken: Sequence[tuple[str, str, str]] = (), may_be_late: bool = False,
    ) -> Look: ...  # fmt: skip
    def about_now_ms(self) -> int: ...
    def hold(self, look_value: bytes | None) -> Occupation | None: ...
    def booking(self, look_value: bytes | None) -> BookingKept | None: ...
    def references_of_day(self, centre: str, day: str) -> list[str]: ...
    def bookings_of(self, references: Sequence[str]) -> list[dict[str, Any]]: ...
    def due_occupations(self, now_ms: int, limit: int) -> list[Occupation]: ...
    def days_to_settle(self, now_ms: int, limit: int) -> list[tuple[str, str]]: ...
    def days_to_forget(self, now_ms: int, limit: int) -> list[tuple[str, str]]: ...


class Store(Reading, Protocol):
    """Every transition; contracts stand with the methods of `services.booking.store.Transitions`."""

    def place_hold(
        self, *, hold: Occupation, schedule_version: int, limits: Sequence[int], most_holds: int,
        client_digest: str, client_ttl_ms: int, listed: DayEntry, idem: Idempotency, result: Any,
    ) -> Outcome: ...  # fmt: skip
    def renew_hold(
        self, *, before: Occupation, after: Occupation, idem: Idempotency, result: Any
    ) -> Outcome: ...
    def release(self, *, occupation: Occupation, only_if_due: bool) -> Outcome: ...
    def book_hold(
        self, *, hold: Occupation, schedule_version: int, capacity: Sequence[int],
        person: PersonTaking, document: Document, listed: DayEntry, event: OutboxEntry,
        idem: Idempotency, result: Any,
    ) -> Outcome: ...  # fmt: skip
    def book(
        self, *, occupation: Occupation, schedule_version: int, limits: Sequence[int],
        person: PersonTaking, document: Document, listed: DayEntry, event: OutboxEntry,
        idem: Idempotency, result: Any,
    ) -> Outcome: ...  # fmt: skip
    def move(
        self, *, raw: bytes, document: Document, old: Occupation, cooling: Occupation | None,
        new: Occupation, schedule_version: int, limits: Sequence[int], listed: DayEntry,
        events: Sequence[OutboxEntry], idem: Idempotency, result: Any,
    ) -> Outcome: ...  # fmt: skip
    def cancel(
        self, *, raw: bytes, document: Document, occupation: Occupation,
        cooling: Occupation | None, event: OutboxEntry, idem: Idempotency, result: Any,
    ) -> Outcome: ...  # fmt: skip
    def desk_step(
        self, *, raw: bytes, document: Document, claim: str, event: OutboxEntry,
        idem: Idempotency | None, result: Any,
    ) -> Outcome: ...  # fmt: skip
    def close_day(
        self, *, centre: str, day: str, resources: Sequence[str], occupations: Sequence[str],
        forget_at_ms: int,
    ) -> None: ...  # fmt: skip
    def forget_day(self, *, centre: str, day: str, references: Sequence[str]) -> None: ...


class Contacts(Protocol):
    """Seals contact details for events and rest; opens them for the desk."""

    def seal(self, contact: Mapping[str, str | None]) -> str: ...
    def open(self, sealed: str) -> Mapping[str, Any]: ...


class Tokens(Protocol):
    """Derives the manage token of a reference."""

    def issue(self, reference: str, version: int = 0) -> str: ...
