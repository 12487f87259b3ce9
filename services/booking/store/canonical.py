"""Booking's canonical state: read for comparing, and worked out from the documents after a replay.

Owns which keys follow from which documents. The one thing to know: bookings, their places (with those
that cool off), claims, marks, counts and day lists are canonical; holds and idempotency records are
not, and days that are over keep their bookings only. Nothing here runs beside transitions: the store
is closed, or a copy.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

import orjson

from services.booking.domain.grid import CELLS, unpack
from services.booking.domain.lifecycle import ACTIVE
from services.booking.domain.occupation import Occupation, Span, of_booking
from services.booking.store import keys
from services.booking.store.packed import Counts
from shared import clock
from shared.store.connection import Client
from shared.store.export import batches

HOLDING = ("confirmed", "checked_in", "served", "no_show")
"""Statuses in which a booking has its places, until its day is closed."""
DERIVED = ("taken", "occupation", "claim", "mark", "day", "held", "client")


class Canonical:
    """One store at one instant. `zones` maps centres to time zones."""

    def __init__(self, client: Client, now_ms: int, *, retention_ms: int, window_ms: int) -> None:
        self._client = client
        self._now_ms = now_ms
        self._retention_ms = retention_ms
        self._window_ms = window_ms
        self._zones: dict[str, str] = {}

    # What a store says.

    def items(self) -> Iterator[tuple[str, Any]]:
        """Name and value of every canonical fact."""
        for document in self.bookings():
            if not self._forgotten(document["centre"]["id"], document["day"]):
                yield f"booking {document['reference']}", document
        for rest, reference in self._strings("claim"):
            yield f"claim {rest}", reference.decode()
        for rest, instant in self._strings("mark"):
            if int(instant) + self._window_ms > self._now_ms:
                yield f"mark {rest}", int(instant)
        yield from self._places()
        yield from self._days()

    def bookings(self) -> Iterator[dict[str, Any]]:
        for _, raw in self._strings("booking"):
            yield orjson.loads(raw)

    def occupations(self) -> Iterator[Occupation]:
        for _, raw in self._strings("occupation"):
            yield Occupation.from_json(raw)

    def cooling(self, occupation: Occupation) -> bool:
        return occupation.kind == "cooling" and (occupation.until_ms or 0) > self._now_ms

    def _places(self) -> Iterator[tuple[str, Any]]:
        """Occupations of bookings and cooling places; counts without what others take."""
        others = Counts()
        for one in self.occupations():
            if self._over(one.span.centre, one.span.day):
                continue
            if one.kind == "booking" or self.cooling(one):
                yield f"occupation {one.id}", orjson.loads(one.to_json())
            else:
                others.add(one.span)
        for rest, packed in self._strings("taken"):
            centre, day, resource = rest.split(":")
            if self._over(centre, day):
                continue
            taken = unpack(packed)
            less = others.of(centre, day, resource)
            cells = {str(n): taken[n] - less[n] for n in range(CELLS) if taken[n] != less[n]}
            if cells:
                yield f"taken {rest}", cells

    def _days(self) -> Iterator[tuple[str, Any]]:
        for names in batches(self._client, f"{keys.PREFIX}:day:*"):
            for name in names:
                rest = name.decode().removeprefix(f"{keys.PREFIX}:day:")
                centre, _, day = rest.partition(":")
                if not self._forgotten(centre, day):
                    listed: Any = self._client.zrange(name, 0, -1, withscores=True)
                    yield f"day {rest}", {member.decode(): score for member, score in listed}

    # What follows from the documents.

    def work_out(self, cooling: Iterable[Occupation]) -> None:
        """Every key that follows from the bookings, anew; forgotten bookings go."""
        for kind in DERIVED:
            for names in batches(self._client, f"{keys.PREFIX}:{kind}:*"):
                self._client.unlink(*names)
        self._client.delete(keys.DUE, keys.DAYS, keys.PAST)
        counts, marks = Counts(), defaultdict[str, int](int)
        for document in self.bookings():
            self._work_out_one(document, counts, marks)
        pipe = self._client.pipeline(transaction=False)
        for one in cooling:
            if self.cooling(one) and not self._over(one.span.centre, one.span.day):
                pipe.set(keys.occupation(one.id), one.to_json())
                pipe.zadd(keys.DUE, {one.id: one.until_ms or 0})
                self._list(pipe, one.span)
                counts.add(one.span)
        for name, created_ms in marks.items():
            left_ms = created_ms + self._window_ms - self._now_ms
            if left_ms > 0:
                pipe.set(name, created_ms, px=left_ms)
        for (centre, day, resource), packed in counts.packed():
            pipe.set(keys.taken(centre, day, resource), packed)
        pipe.execute()

    def _work_out_one(
        self, document: dict[str, Any], counts: Counts, marks: dict[str, int]
    ) -> None:
        reference, person = document["reference"], document["person"]
        centre, day = document["centre"]["id"], document["day"]
        if self._forgotten(centre, day):
            self._client.delete(keys.booking(reference))
            return
        pipe = self._client.pipeline(transaction=False)
        place = of_booking(document)
        self._list(pipe, place.span)
        pipe.zadd(keys.day(centre, day), {reference: place.span.minute})
        if document["status"] in HOLDING and not self._over(centre, day):
            pipe.set(keys.occupation(place.id), place.to_json())
            counts.add(place.span)
        if person and document["status"] in ACTIVE:
            pipe.set(keys.claim(person, document["service"]["code"]), reference)
        if person and document["booked_by"] == "citizen" and self._window_ms:
            name, created_ms = keys.mark(person, document["kind"]), _ms(document["created_at"])
            marks[name] = max(marks[name], created_ms)
        pipe.execute()

    def _list(self, pipe: Any, span: Span) -> None:
        name = keys.day_name(span.centre, span.day)
        pipe.zadd(keys.DAYS, {name: self._end_ms(span.centre, span.day)})

    # Days and keys.

    def _over(self, centre: str, day: str) -> bool:
        return self._end_ms(centre, day) <= self._now_ms

    def _forgotten(self, centre: str, day: str) -> bool:
        return self._end_ms(centre, day) + self._retention_ms <= self._now_ms

    def _end_ms(self, centre: str, day: str) -> int:
        if centre not in self._zones:
            raw = self._client.get(keys.centre(centre))
            self._zones[centre] = orjson.loads(raw)["time_zone"] if raw else "UTC"
        return clock.wall_ms(date.fromisoformat(day), 24 * 60, self._zones[centre])

    def _strings(self, kind: str) -> Iterator[tuple[str, bytes]]:
        """(rest of the key, value) of every string of that kind."""
        prefix = f"{keys.PREFIX}:{kind}:"
        for names in batches(self._client, f"{prefix}*"):
            values: Any = self._client.mget(names)
            for name, value in zip(names, values, strict=True):
                if value is not None:
                    yield name.decode().removeprefix(prefix), value


def _ms(instant: str) -> int:
    return clock.to_ms(datetime.fromisoformat(instant))
