"""Every kind in every language over every channel; calendars that move with the visit."""

from __future__ import annotations

from email.headerregistry import Address
from itertools import product
from typing import Any

import pytest
from icalendar import Calendar

from services.notify.domain.messages import Message
from services.notify.domain.owed import KINDS
from services.notify.domain.texts import segments
from services.notify.rendering import Writer
from services.notify.use_cases.incoming import notice_of
from shared.contact import Contact
from shared.contracts import bookings
from shared.contracts.base import EventType
from shared.contracts.bookings import EXAMPLE_BOOKING
from shared.contracts.notifications import MESSAGE_KINDS
from tests.notify import helpers
from tests.notify.helpers import event, place

WRITER = Writer(
    organiser=Address("Kezek", addr_spec="no-reply@kezek.localhost"),
    public_url="https://kezek.example/",
    tolerance_min=15,
)
CONTACT = Contact(
    name=helpers.NAME, phone=helpers.PHONE, email=helpers.EMAIL, manage_token=helpers.MANAGE_TOKEN
)
REF = EXAMPLE_BOOKING["reference"]
OLD = place("2026-11-23T10:30:00+05:00", names={"kk": "Ескі", "ru": "Старый", "en": "Old one"})
OFFER = {**place("2026-11-27T15:45:00+05:00"), "expires_at": "2026-11-21T12:00:00+05:00"}
EVENTS = {
    "confirmation": bookings.CONFIRMED,
    "moved": bookings.MOVED,
    "cancelled": bookings.CANCELLED,
    "reminder": bookings.CONFIRMED,
    "displaced": bookings.DISPLACED,
    "offer": bookings.OFFERED,
}
EVERYTHING = list(product(MESSAGE_KINDS, ("kk", "ru", "en")))


def message(kind: str, language: str, sequence: int = 3, channel: str = "email") -> Message:
    event_type: EventType = EVENTS[kind]
    changes: dict[str, Any] = {"language": language}
    if kind == "offer":
        changes["offer"] = OFFER
    one = event(event_type, sequence, previous=OLD if kind == "moved" else None, **changes)
    name = "reminder-24h" if kind == "reminder" else kind
    return Message(
        name=name, channel=channel, notice=notice_of(one.data), created_ms=0, since_ms=0, due_ms=0
    )


def test_every_kind_of_the_contract_is_written_here() -> None:
    assert set(EVENTS) == set(MESSAGE_KINDS)
    assert {*KINDS.values(), "reminder"} == set(MESSAGE_KINDS)


@pytest.mark.parametrize(("kind", "language"), EVERYTHING)
def test_an_email_says_who_what_where_and_when(kind: str, language: str) -> None:
    text = WRITER.email(message(kind, language), CONTACT)
    service = EXAMPLE_BOOKING["service"]["names"][language]
    centre = EXAMPLE_BOOKING["centre"]["names"][language]
    for part in (helpers.NAME, REF, service, centre, "09:00", "2026"):
        assert part in text.body
    assert service in text.subject
    assert "\n" not in text.subject
    assert "{" not in text.body + text.subject
    assert "\n\n\n" not in text.body
    if kind != "cancelled":
        assert helpers.MANAGE_TOKEN in text.body
        assert f"https://kezek.example/booking/bookings/{REF}" in text.body


@pytest.mark.parametrize(("kind", "language"), EVERYTHING)
def test_an_sms_is_short_and_says_no_more_than_needed(kind: str, language: str) -> None:
    text = WRITER.sms(message(kind, language, channel="sms"), CONTACT)
    assert segments(text) <= (1 if language == "en" else 2), text
    assert REF in text
    assert helpers.NAME not in text
    assert "\n" not in text


def test_kinds_and_languages_differ() -> None:
    found = [WRITER.email(message(k, language), CONTACT).subject for k, language in EVERYTHING]
    assert len(set(found)) == len(EVERYTHING)


def test_days_are_written_in_the_language() -> None:
    for language, day in [
        ("kk", "24 қараша, сейсенбі"),
        ("ru", "вторник, 24 ноября 2026 г., 09:00"),
        ("en", "Tuesday, 24 November 2026, 09:00"),
    ]:
        body = WRITER.email(message("confirmation", language), CONTACT).body
        assert day in body


def test_a_move_says_the_old_and_the_new_place() -> None:
    body = WRITER.email(message("moved", "en"), CONTACT).body
    assert body.index("09:00") < body.index("10:30")
    assert "Old one" in body


def test_an_offer_says_until_when() -> None:
    body = WRITER.email(message("offer", "ru"), CONTACT).body
    assert "15:45" in body
    assert "21.11.2026 12:00" in body


def calendar(kind: str, sequence: int = 3) -> Any:
    text = WRITER.email(message(kind, "kk", sequence), CONTACT)
    return text, Calendar.from_ical(text.calendar) if text.calendar else None


@pytest.mark.parametrize(
    ("kind", "method", "status"),
    [
        ("confirmation", "REQUEST", "CONFIRMED"),
        ("moved", "REQUEST", "CONFIRMED"),
        ("cancelled", "CANCEL", "CANCELLED"),
        ("displaced", "CANCEL", "CANCELLED"),
    ],
)
def test_a_calendar_carries_method_and_sequence(kind: str, method: str, status: str) -> None:
    text, found = calendar(kind, 7)
    visit = found.walk("VEVENT")[0]
    assert text.method == method
    assert found["METHOD"] == method
    assert visit["UID"] == f"{REF}@kezek"
    assert visit["SEQUENCE"] == 7
    assert visit["STATUS"] == status


@pytest.mark.parametrize("kind", ["reminder", "offer"])
def test_what_changes_nothing_has_no_calendar(kind: str) -> None:
    text, found = calendar(kind)
    assert (text.method, found) == (None, None)


def test_a_calendar_says_the_local_time_with_its_zone() -> None:
    text, found = calendar("confirmation")
    assert "DTSTART;TZID=Asia/Almaty:20261124T090000" in text.calendar
    assert "DTEND;TZID=Asia/Almaty:20261124T091500" in text.calendar
    zone = found.walk("VTIMEZONE")[0]
    assert zone["TZID"] == "Asia/Almaty"
    visit = found.walk("VEVENT")[0]
    assert visit.decoded("DTSTART").isoformat() == "2026-11-24T09:00:00+05:00"


def test_a_calendar_names_the_parties_and_the_place() -> None:
    visit = calendar("confirmation")[1].walk("VEVENT")[0]
    assert visit["ORGANIZER"] == "mailto:no-reply@kezek.localhost"
    assert visit["ATTENDEE"] == f"mailto:{helpers.EMAIL}"
    assert visit["ATTENDEE"].params["CN"] == helpers.NAME
    assert (visit["GEO"].latitude, visit["GEO"].longitude) == (43.2389, 76.8897)
    assert EXAMPLE_BOOKING["centre"]["names"]["kk"] in visit["LOCATION"]
    assert visit["DTSTAMP"].dt.isoformat() == "2026-11-23T05:00:00+00:00"


def test_names_cannot_break_out() -> None:
    nasty = Contact(
        name='A"\r\nBcc: x@y.kz\nDTSTART:20200101', phone=None, email="a@b.kz", manage_token="t"
    )
    text = WRITER.email(message("confirmation", "en"), nasty)
    assert text.calendar is not None
    assert not [
        line for line in text.calendar.splitlines() if line.startswith(("Bcc", "DTSTART:2020"))
    ]
    assert "\nBcc" not in text.body
