"""Reading booking's store, in one round trip wherever possible."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import orjson

from services.booking.domain.occupation import Occupation
from services.booking.ports import BookingKept, Look
from services.booking.store import keys
from services.booking.store.network import Network
from shared.errors import StoreUnavailable
from shared.store.clock import StoreClock
from shared.store.connection import Client


class Reads:
    """What the store knows. Raises `StoreUnavailable`."""

    def __init__(self, client: Client, replica: Client | None = None) -> None:
        self.client = client
        self._replica = replica
        self.clock = StoreClock(client, keys.PREFIX)
        self.network = Network(client)
        self._last: tuple[int, float] | None = None

    def look(
        self, *, occupation: str | None = None, booking: str | None = None,
        taken: Sequence[tuple[str, str, str]] = (), may_be_late: bool = False,
    ) -> Look:  # fmt: skip
        """Time, network and values at one instant; brings the network's cache up to date.

        `occupation` is an id, `booking` a reference, `taken` names (centre, day, resource) arrays;
        the values come in that order. `may_be_late`: what a replica knows will do.
        """
        wanted = [keys.taken(*one) for one in taken]
        if booking is not None:
            wanted.insert(0, keys.booking(booking))
        if occupation is not None:
            wanted.insert(0, keys.occupation(occupation))
        commands: list[Sequence[Any]] = [*self.clock.commands, ("GET", keys.SEQUENCE)]
        if wanted:
            commands.append(("MGET", *wanted))
        time_, kept, sequence, *values = self._ask(commands, may_be_late)
        now_ms = self.clock.tell(time_, kept)
        self._last = now_ms, time.monotonic()
        look = Look(now_ms, int(sequence or 0), values[0] if values else [])
        self.network.catch_up(look.sequence)
        return look

    def _ask(self, commands: Sequence[Sequence[Any]], may_be_late: bool) -> list[Any]:
        """Of a replica where that will do and one answers, else of the primary."""
        if may_be_late and self._replica is not None:
            with suppress(StoreUnavailable):
                return self._replica.direct.run(commands, reads_only=True)
        return self.client.direct.run(commands, reads_only=True)

    def about_now_ms(self) -> int:
        """A guess of the store's time without asking it: for choosing what to read, never for rules."""
        if self._last is None:
            return self.look().now_ms
        now_ms, seen = self._last
        return now_ms + int((time.monotonic() - seen) * 1000)

    def hold(self, look_value: bytes | None) -> Occupation | None:
        """The occupation behind a value, if it is a hold (whatever its time)."""
        if look_value is None:
            return None
        found = Occupation.from_json(look_value)
        return found if found.kind == "hold" else None

    def booking(self, look_value: bytes | None) -> BookingKept | None:
        return None if look_value is None else BookingKept(orjson.loads(look_value), look_value)

    def references_of_day(self, centre: str, day: str) -> list[str]:
        """References of a centre's day by start; moved ones are not among them."""
        members: Any = self.client.zrange(keys.day(centre, day), 0, -1)
        return [member.decode() for member in members]

    def due_occupations(self, now_ms: int, limit: int) -> list[Occupation]:
        """Those whose time is over; one whose record is gone is dropped from the list."""
        members: Any = self.client.zrangebyscore(keys.DUE, 0, now_ms, 0, limit)
        ids = [member.decode() for member in members]
        if not ids:
            return []
        records: Any = self.client.mget([keys.occupation(i) for i in ids])
        gone = [i for i, raw in zip(ids, records, strict=True) if raw is None]
        if gone:
            self.client.zrem(keys.DUE, *gone)
        return [Occupation.from_json(raw) for raw in records if raw is not None]

    def bookings_of(self, references: Sequence[str]) -> list[dict[str, Any]]:
        """Their documents; a booking that is gone is left out."""
        if not references:
            return []
        values = self.client.mget([keys.booking(reference) for reference in references])
        return [orjson.loads(value) for value in values if value is not None]

    def days_to_settle(self, now_ms: int, limit: int) -> list[tuple[str, str]]:
        """(centre, day) of days that ended and are not settled."""
        return self._days(keys.DAYS, now_ms, limit)

    def days_to_forget(self, now_ms: int, limit: int) -> list[tuple[str, str]]:
        """(centre, day) of settled days whose retention is over."""
        return self._days(keys.PAST, now_ms, limit)

    def _days(self, which: str, now_ms: int, limit: int) -> list[tuple[str, str]]:
        names: Any = self.client.zrangebyscore(which, 0, now_ms, 0, limit)
        return [(c, d) for c, _, d in (name.decode().partition("|") for name in names)]
