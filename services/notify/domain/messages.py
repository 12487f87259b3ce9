"""What a message is.

Owns the record of a message and the notice it tells of. The one thing to know: a message carries
a copy of the visit as it was at its event, in the person's language, so that it can be written when
the centre is gone and the booking has changed again; the contact in it stays sealed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

CONFIRMATION, MOVED, CANCELLED = "confirmation", "moved", "cancelled"
REMINDER, DISPLACED, OFFER = "reminder", "displaced", "offer"
EMAIL, SMS = "email", "sms"
CHANNELS = (EMAIL, SMS)
QUEUED, SENT, FAILED = "queued", "sent", "failed"
STATUSES = (QUEUED, SENT, FAILED)

_ID = re.compile(r"(.+?)\.(\d+)\.([a-z0-9-]+)\.(email|sms)", re.IGNORECASE)


@dataclass(frozen=True)
class Place:
    """Where and when. `day` and `time` on the centre's clocks are the truth; the instants are for
    arithmetic, since zone rules may have changed between two hosts."""

    centre_id: str
    centre: str
    address: str
    lat: float | None
    lon: float | None
    zone: str
    day: str
    time: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Notice:
    """What happened to a booking, in one language. `contact` is sealed; `traceparent` is the
    event's, so that the sending of what it says is found with it."""

    reference: str
    sequence: int
    language: str
    service: str
    place: Place
    previous: Place | None
    offer: Place | None
    offer_until_ms: int | None
    updated_ms: int
    contact: str
    traceparent: str | None = None


@dataclass(frozen=True, kw_only=True)
class Message:
    """One message to one person over one channel.

    `name` is the kind, with the interval where there are several (`reminder-2h`). `until_ms`: a
    reminder has no sense from then on. `since_ms`: when it was owed, or asked for again; `earlier`
    attempts were made before that.
    """

    name: str
    channel: str
    notice: Notice
    created_ms: int
    since_ms: int
    due_ms: int
    until_ms: int | None = None
    status: str = QUEUED
    attempts: int = 0
    earlier: int = 0
    resends: int = 0
    sent_ms: int | None = None
    error: str | None = None

    @property
    def id(self) -> str:
        return f"{self.notice.reference}.{self.notice.sequence}.{self.name}.{self.channel}"

    @property
    def kind(self) -> str:
        return REMINDER if self.name.startswith(REMINDER) else self.name

    @property
    def delivery_key(self) -> str:
        """What a provider drops repetitions by: another one for each resend that ops ask for."""
        return f"{self.id}.resend-{self.resends}" if self.resends else self.id


def reference_of(message_id: str) -> str:
    """The booking a message is about."""
    return message_id.split(".", 1)[0]


def normal_reference(text: str) -> str:
    """As references are written: `k7m29qrtx` and `K7M2 9QRTX` are `K7M2-9QRTX`."""
    letters = re.sub(r"[\s-]", "", text).upper()
    return f"{letters[:4]}-{letters[4:]}" if len(letters) == 9 else letters


def normal_id(text: str) -> str | None:
    """A message's id as it is kept; None for what cannot be one."""
    parts = _ID.fullmatch(text.strip())
    if parts is None:
        return None
    reference, sequence, name, channel = parts.groups()
    return f"{normal_reference(reference)}.{int(sequence)}.{name.lower()}.{channel.lower()}"


def in_language(texts: Mapping[str, str], language: str) -> str:
    """One language of a three-language text; Kazakh first, then whatever is there."""
    return texts.get(language) or texts.get("kk") or next(iter(texts.values()), "")


def place_of(place: Mapping[str, Any], language: str, instants: tuple[int, int]) -> Place:
    """A place of an event; `instants` are its start and end in ms."""
    centre = place["centre"]
    location = centre["location"] or {}
    return Place(
        centre_id=centre["id"],
        centre=in_language(centre["names"], language),
        address=in_language(centre["addresses"], language),
        lat=location.get("lat"),
        lon=location.get("lon"),
        zone=centre["time_zone"],
        day=place["day"],
        time=place["time"],
        start_ms=instants[0],
        end_ms=instants[1],
    )
