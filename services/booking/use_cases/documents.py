"""A booking's document, and the events that carry it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.booking.domain.actor import Actor
from services.booking.domain.grid import clock_label, minute_of
from services.booking.domain.occupation import Occupation, Span, of_booking
from services.booking.use_cases.target import Target
from shared import clock
from shared.contracts.base import EventType
from shared.contracts.codec import OutboxEntry, encode

SOURCE = "/booking"


def place_of(target: Target) -> dict[str, Any]:
    """Where and when, with all that a notice needs of the centre."""
    return {
        "centre": {
            "id": target.centre.id,
            "names": target.centre.names,
            "addresses": target.plan.addresses,
            "location": target.plan.location,
            "time_zone": target.centre.time_zone,
        },
        "day": target.day.isoformat(),
        "time": clock_label(target.minute),
        "start": target.start.isoformat(timespec="seconds"),
        "end": target.end.isoformat(timespec="seconds"),
    }


def service_of(target: Target) -> dict[str, Any]:
    service = target.service
    return {"code": service.code, "names": service.names, "minutes": service.minutes}


def occupation_of(document: Mapping[str, Any]) -> Occupation:
    """The occupation behind a booking, as its document tells it."""
    return of_booking(document)


def now_at(document: Mapping[str, Any], now_ms: int) -> str:
    """Now, on the clocks of the booking's centre."""
    return clock.iso(now_ms, document["centre"]["time_zone"])


def event(
    event_type: EventType, document: Mapping[str, Any], *, actor: Actor, now_ms: int,
    traceparent: str | None, previous: Mapping[str, Any] | None = None,
    freed_until_ms: int | None = None, cooling: Occupation | None = None, key: str | None = None,
) -> OutboxEntry:  # fmt: skip
    """One encoded event; keyed by the booking's centre unless `key` names another. `cooling` is
    the place given up, unless it came back at once."""
    zone = document["centre"]["time_zone"]
    data = {
        "actor": actor.name,
        "reason": None,
        "booking": document,
        "previous": previous,
        "freed_until": clock.iso(freed_until_ms, zone) if freed_until_ms else None,
        "freed": freed_of(cooling, zone) if cooling else None,
    }
    return encode(
        event_type, data, key=key or document["centre"]["id"], source=SOURCE,
        at=clock.from_ms(now_ms), traceparent=traceparent,
    )  # fmt: skip


def freed_of(cooling: Occupation, zone: str) -> dict[str, Any]:
    """A cooling place as events tell it."""
    span = cooling.span
    return {
        "occupation": cooling.id,
        "resources": list(span.resources),
        "centre": span.centre,
        "day": span.day,
        "time": clock_label(span.minute),
        "minutes": span.minutes,
        "service": cooling.service,
        "until": clock.iso(cooling.until_ms or 0, zone),
    }


def cooling_of(freed: Mapping[str, Any]) -> Occupation:
    """The occupation behind a place given up, as an event tells it."""
    span = Span(
        freed["centre"], freed["day"], minute_of(freed["time"]), freed["minutes"],
        tuple(freed["resources"]),
    )  # fmt: skip
    until_ms = clock.to_ms(datetime.fromisoformat(freed["until"]))
    return Occupation(freed["occupation"], "cooling", span, freed["service"], "", until_ms)


def place_in(document: Mapping[str, Any]) -> dict[str, Any]:
    """The place a document names, by itself: what a move leaves."""
    return {name: document[name] for name in ("centre", "day", "time", "start", "end")}


_FACTS = ("reference", "status", "sequence", "start", "end", "language", "created_at", "offer")


def facts(document: Mapping[str, Any]) -> dict[str, Any]:
    """What callers are told of a booking, and what an idempotency record keeps: nothing personal."""
    return {
        **{name: document[name] for name in _FACTS},
        "centre": {name: document["centre"][name] for name in ("id", "names", "addresses")},
        "service": {name: document["service"][name] for name in ("code", "names")},
    }
