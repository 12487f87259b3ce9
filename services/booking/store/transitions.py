"""Every change of booking's store: one transition, one script, one method.

Owns the order of keys and arguments. The one thing to know: a method returns the script's status as
text ("ok", "stale", ...) with its detail, after having raised what an idempotency key demands.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from services.booking.domain.occupation import Occupation
from services.booking.ports import DayEntry, Document, Outcome, PersonTaking
from services.booking.store import keys
from services.booking.store.told import held, let_go, told
from shared.contracts.codec import OutboxEntry
from shared.idempotency import Idempotency
from shared.store.connection import Client
from shared.store.scripts import Scripts


class Transitions:
    """The writes. Raises `StoreUnavailable` when the outcome is unknown."""

    client: Client
    wait_replicas: int

    @cached_property
    def _scripts(self) -> Scripts:
        return Scripts(self.client, LUA)

    def _run(
        self, name: str, idem: Idempotency | None, result: Any, names: Sequence[str],
        args: Sequence[str | bytes | int],
    ) -> Outcome:  # fmt: skip
        """Runs a script whose keys begin with clock and idempotency record. Somebody waits for those
        that come with `idem`, and is told of nothing that too few replicas have."""
        wait_replicas = self.wait_replicas if idem is not None else 0
        idem = idem or Idempotency()
        record = idem.record or f"{keys.PREFIX}:idempotency:"
        answer = self._scripts.run(
            name,
            keys=[keys.CLOCK, record, *names],
            args=[*idem.args(result), *args],
            wait_replicas=wait_replicas,
        )
        idem.check(answer)
        return Outcome(answer[0].decode(), int(float(answer[1])) if len(answer) > 1 else 0)

    @held("placed")
    def place_hold(
        self, *, hold: Occupation, schedule_version: int, limits: Sequence[int], most_holds: int,
        client_digest: str, client_ttl_ms: int, listed: DayEntry, idem: Idempotency, result: Any,
    ) -> Outcome:  # fmt: skip
        """`client_ttl_ms` 0: the client may have several. ok, stale, too_many_requests, slot_full."""
        span, run = hold.span, hold.span.run
        return self._run("place_hold", idem, result, [
            keys.schedule(span.centre), keys.client(client_digest), keys.occupation(hold.id),
            keys.DUE, keys.held(span.centre, span.day), keys.DAYS, *keys.taken_by(span),
        ], [
            schedule_version, hold.id, hold.to_json(), hold.until_ms or 0, hold.start_key, most_holds,
            client_ttl_ms, *_day_args(listed)[1:], run.first, run.cells, *limits,
        ])  # fmt: skip

    @held("renewed")
    def renew_hold(
        self, *, before: Occupation, after: Occupation, idem: Idempotency, result: Any
    ) -> Outcome:
        """ok, changed, hold_expired."""
        return self._run("renew_hold", idem, result, [keys.occupation(before.id), keys.DUE], [
            before.to_json(), before.until_ms or 0, after.to_json(), before.id, after.until_ms or 0,
        ])  # fmt: skip

    @let_go
    def release(self, *, occupation: Occupation, only_if_due: bool) -> Outcome:
        """A hold let go, or an occupation whose time is over. ok, changed, not_due."""
        span, run = occupation.span, occupation.span.run
        answer = self._scripts.run("release", keys=[
            keys.CLOCK, keys.occupation(occupation.id), keys.DUE, keys.held(span.centre, span.day),
            *keys.taken_by(span),
        ], args=[
            occupation.to_json(), str(occupation.until_ms) if only_if_due else "", occupation.id,
            occupation.start_key, run.first, run.cells,
        ])  # fmt: skip
        return Outcome(answer[0].decode())

    @told
    @held("booked")
    def book_hold(
        self, *, hold: Occupation, schedule_version: int, capacity: Sequence[int],
        person: PersonTaking, document: Document, listed: DayEntry, event: OutboxEntry,
        idem: Idempotency, result: Any,
    ) -> Outcome:  # fmt: skip
        """ok, stale, hold_expired, reference_taken, already_booked, too_many_bookings, slot_full."""
        span, run, reference = hold.span, hold.span.run, document["reference"]
        booked = hold.relabelled("booking", owner=reference, until_ms=None)
        return self._run("book_hold", idem, result, [
            keys.schedule(span.centre), keys.occupation(hold.id), keys.DUE,
            keys.held(span.centre, span.day), *_person_keys(person), keys.booking(reference),
            *_day_keys(listed), keys.OUTBOX, *keys.taken_by(span),
        ], [
            schedule_version, hold.to_json(), hold.until_ms or 0, booked.to_json(), hold.id,
            hold.start_key, person.person, person.window_ms, reference, orjson.dumps(document),
            *_day_args(listed), *event, run.first, run.cells, *capacity, person.created_ms,
        ])  # fmt: skip

    @told
    def book(
        self, *, occupation: Occupation, schedule_version: int, limits: Sequence[int],
        person: PersonTaking, document: Document, listed: DayEntry, event: OutboxEntry,
        idem: Idempotency, result: Any,
    ) -> Outcome:  # fmt: skip
        """ok, stale, reference_taken, already_booked, too_many_bookings, slot_full."""
        span, run, reference = occupation.span, occupation.span.run, document["reference"]
        return self._run("book", idem, result, [
            keys.schedule(span.centre), keys.occupation(occupation.id), *_person_keys(person),
            keys.booking(reference), *_day_keys(listed), keys.OUTBOX, *keys.taken_by(span),
        ], [
            schedule_version, occupation.to_json(), person.person, person.window_ms, reference,
            orjson.dumps(document), *_day_args(listed), *event, run.first, run.cells, *limits,
            person.created_ms,
        ])  # fmt: skip

    @told
    def move(
        self, *, raw: bytes, document: Document, old: Occupation,
        cooling: Occupation | None, new: Occupation, schedule_version: int, limits: Sequence[int],
        listed: DayEntry, events: Sequence[OutboxEntry], idem: Idempotency, result: Any,
    ) -> Outcome:  # fmt: skip
        """`cooling` None: the old places come back at once. ok, changed, stale, slot_full."""
        reference = document["reference"]
        new_keys = keys.taken_by(new.span)
        return self._run("move", idem, result, [
            keys.schedule(new.span.centre), keys.booking(reference), keys.occupation(old.id),
            keys.occupation(new.id), keys.DUE, keys.day(old.span.centre, old.span.day),
            *_day_keys(listed), keys.OUTBOX, *new_keys, *keys.taken_by(old.span),
        ], [
            schedule_version, raw, orjson.dumps(document), reference, old.id, *_cooling_args(cooling),
            new.to_json(), *_day_args(listed), *new.span.run, *old.span.run, len(new_keys), *limits,
            *(field for event in events for field in event),
        ])  # fmt: skip

    @told
    def cancel(
        self, *, raw: bytes, document: Document, occupation: Occupation,
        cooling: Occupation | None, event: OutboxEntry, idem: Idempotency, result: Any,
    ) -> Outcome:  # fmt: skip
        """`cooling` None: the places come back at once. ok, changed."""
        span, reference = occupation.span, document["reference"]
        return self._run("cancel", idem, result, [
            keys.booking(reference), keys.occupation(occupation.id), keys.DUE, _claim(document),
            keys.OUTBOX, *keys.taken_by(span),
        ], [
            raw, orjson.dumps(document), reference, occupation.id, *_cooling_args(cooling),
            *span.run, *event,
        ])  # fmt: skip

    @told
    def desk_step(
        self, *, raw: bytes, document: Document, claim: str, event: OutboxEntry,
        idem: Idempotency | None, result: Any,
    ) -> Outcome:  # fmt: skip
        """`claim`: keep, release or take. ok, changed, already_booked."""
        reference = document["reference"]
        names = [keys.booking(reference), _claim(document), keys.OUTBOX]
        args = [raw, orjson.dumps(document), reference, claim, *event]
        return self._run("desk_step", idem, result, names, args)

    def close_day(
        self, *, centre: str, day: str, resources: Sequence[str], occupations: Sequence[str],
        forget_at_ms: int,
    ) -> None:  # fmt: skip
        """The counts and occupations of a settled day go; the day is kept to be forgotten later."""
        gone = [
            keys.held(centre, day),
            *(keys.taken(centre, day, resource) for resource in resources),
            *(keys.occupation(occupation) for occupation in occupations),
        ]
        self._scripts.run(
            "close_day",
            keys=[keys.DAYS, keys.PAST, *gone],
            args=[keys.day_name(centre, day), forget_at_ms],
        )

    def forget_day(self, *, centre: str, day: str, references: Sequence[str]) -> None:
        """Retention: a day's list and its bookings are removed."""
        gone = [keys.day(centre, day), *(keys.booking(r) for r in references)]
        self._scripts.run("forget_day", keys=[keys.PAST, *gone], args=[keys.day_name(centre, day)])

    def apply_centre(self, document: Document) -> bool:
        """The projection takes a centre's document if it is newer; True if it did."""
        centre = document["id"]
        services: list[str | bytes | int] = []
        for definition in document["definitions"]:
            services += [definition["code"], definition["version"], orjson.dumps(definition)]
        answer = self._scripts.run(
            "apply_centre",
            keys=[
                keys.centre(centre), keys.version(centre), keys.schedule(centre), keys.SEQUENCE,
                keys.CHANGED, keys.SERVICES,
            ],
            args=[
                centre, document["version"], document["schedule_version"], orjson.dumps(document),
                *services,
            ],
        )  # fmt: skip
        return bool(answer[0] == b"ok")


LUA = Path(__file__).parent.parent / "lua"


def _person_keys(person: PersonTaking) -> list[str]:
    who = person.person or "-"
    return [keys.claim(who, person.service), keys.mark(who, person.kind)]


def _claim(document: Document) -> str:
    return keys.claim(document["person"] or "-", document["service"]["code"])


def _day_keys(listed: DayEntry) -> list[str]:
    return [keys.day(listed.centre, listed.day), keys.DAYS]


def _day_args(listed: DayEntry) -> list[str | int]:
    return [listed.minute, keys.day_name(listed.centre, listed.day), listed.end_ms]


def _cooling_args(cooling: Occupation | None) -> list[str | int]:
    return ["", 0] if cooling is None else [cooling.to_json(), cooling.until_ms or 0]
