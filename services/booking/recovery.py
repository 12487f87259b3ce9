"""Booking's part in recovery: `python -m services.booking.recovery STEP`.

Owns what its events say of its store. The one thing to know: a booking's newest event is its whole
state, but for a place it gave up before, which the event of that step alone tells (`freed`).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import orjson

from services.booking.domain.actor import SYSTEM
from services.booking.domain.occupation import Occupation
from services.booking.store import Store, keys
from services.booking.store.canonical import Canonical
from services.booking.use_cases import documents
from shared.config import Environment
from shared.contracts import bookings as events
from shared.contracts.base import EventType
from shared.contracts.codec import OutboxEntry
from shared.messaging.facts import Fact
from shared.messaging.recovery_command import main
from shared.messaging.relay import LUA
from shared.store.clock import StoreClock
from shared.store.connection import Client
from shared.store.scripts import Scripts

DAY_MS = 24 * 3600 * 1000

# What a state is told by anew. A confirmed booking is "confirmed", however it became so: whoever
# missed it is told of the visit as it is.
_TOLD_BY: dict[str, EventType] = {
    "confirmed": events.CONFIRMED,
    "checked_in": events.CHECKED_IN,
    "served": events.SERVED,
    "no_show": events.NO_SHOW,
    "cancelled": events.CANCELLED,
}


class BookingRecovery:
    """See `shared.messaging.recovery.Recoverable`."""

    prefix = keys.PREFIX
    source = documents.SOURCE
    topics: tuple[str, ...] = ("centres", "bookings")

    def __init__(self, *, retention_days: int, new_booking_days: int) -> None:
        self._retention_ms = retention_days * DAY_MS
        self._window_ms = new_booking_days * DAY_MS

    def restated(self, client: Client) -> Iterator[OutboxEntry]:
        now_ms = StoreClock(client, keys.PREFIX).now_ms()
        for document in self._canonical(client, now_ms).bookings():
            told_by = _TOLD_BY.get(document["status"])
            if told_by is None:
                told_by = events.OFFERED if document["offer"] else events.DISPLACED
            raw: Any = client.get(keys.occupation(document["occupied"]["occupation"]))
            place = Occupation.from_json(raw) if raw else None
            cooling = place if place and place.kind == "cooling" else None
            yield documents.event(
                told_by, document, actor=SYSTEM, now_ms=now_ms, traceparent=None,
                freed_until_ms=cooling.until_ms if cooling else None, cooling=cooling,
            )  # fmt: skip

    def replay(self, client: Client, now_ms: int) -> BookingReplay:
        return BookingReplay(client, self._canonical(client, now_ms))

    def canonical(self, client: Client, now_ms: int) -> Iterator[tuple[str, object]]:
        return self._canonical(client, now_ms).items()

    def _canonical(self, client: Client, now_ms: int) -> Canonical:
        return Canonical(client, now_ms, retention_ms=self._retention_ms, window_ms=self._window_ms)


class BookingReplay:
    """See `shared.messaging.recovery.Replay`."""

    def __init__(self, client: Client, canonical: Canonical) -> None:
        self._scripts = Scripts(client, LUA)
        self._store = Store(client)
        self._canonical = canonical
        self._cooling = {o.id: o for o in canonical.occupations() if o.kind == "cooling"}

    def apply(self, facts: list[Fact]) -> None:
        names: list[str] = []
        args: list[str | bytes | int] = ["sequence"]
        for fact in facts:
            if fact.type.topic == "centres":
                self._store.apply_centre(fact.data["centre"])
                continue
            if freed := fact.data.get("freed"):
                place = documents.cooling_of(freed)
                self._cooling[place.id] = place
            if fact.type is not events.LEFT:
                document = fact.data["booking"]
                names.append(keys.booking(document["reference"]))
                args += [document["sequence"], orjson.dumps(document)]
        if names:
            self._scripts.run("replay", keys=names, args=args)

    def finish(self) -> None:
        self._canonical.work_out(self._cooling.values())


def recovery(env: Environment) -> BookingRecovery:
    """With the rules of this deployment; needs none of its secrets."""
    return BookingRecovery(
        retention_days=env.integer("KEZEK_RETENTION_DAYS", 30, least=1),
        new_booking_days=env.integer("KEZEK_NEW_BOOKING_DAYS", 10),
    )


if __name__ == "__main__":
    sys.exit(main(recovery(Environment(os.environ)), sys.argv[1:]))
