"""The names of booking's keys, all under one tag, so that any of them may meet in one script."""

from __future__ import annotations

from services.booking.domain.occupation import Span

PREFIX = "{booking}"
CLOCK = f"{PREFIX}:clock"
DUE = f"{PREFIX}:due"
DAYS = f"{PREFIX}:days"
PAST = f"{PREFIX}:past"
OUTBOX = f"{PREFIX}:outbox"
SEQUENCE = f"{PREFIX}:network:sequence"
CHANGED = f"{PREFIX}:network:changed"
SERVICES = f"{PREFIX}:services"


def centre(centre_id: str) -> str:
    return f"{PREFIX}:centre:{centre_id}"


def version(centre_id: str) -> str:
    return f"{PREFIX}:version:{centre_id}"


def schedule(centre_id: str) -> str:
    return f"{PREFIX}:schedule:{centre_id}"


def taken(centre_id: str, day: str, resource: str) -> str:
    return f"{PREFIX}:taken:{centre_id}:{day}:{resource}"


def taken_by(span: Span) -> list[str]:
    return [taken(span.centre, span.day, resource) for resource in span.resources]


def held(centre_id: str, day: str) -> str:
    return f"{PREFIX}:held:{centre_id}:{day}"


def occupation(occupation_id: str) -> str:
    return f"{PREFIX}:occupation:{occupation_id}"


def client(digest: str) -> str:
    return f"{PREFIX}:client:{digest}"


def booking(reference: str) -> str:
    return f"{PREFIX}:booking:{reference}"


def day(centre_id: str, day_: str) -> str:
    return f"{PREFIX}:day:{centre_id}:{day_}"


def day_name(centre_id: str, day_: str) -> str:
    """How the lists of days that are to be settled or forgotten name one."""
    return f"{centre_id}|{day_}"


def claim(person: str, service: str) -> str:
    return f"{PREFIX}:claim:{person}:{service}"


def mark(person: str, kind: str) -> str:
    return f"{PREFIX}:mark:{person}:{kind}"
