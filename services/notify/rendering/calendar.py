"""The visit as a calendar object (RFC 5545, RFC 5546), so that it moves in people's calendars.

The one thing to know: a calendar takes an update only if its SEQUENCE is not lower than what it
has, and matches it by UID; both are the booking's own. METHOD is REQUEST for a visit that stands
and CANCEL for one that does not: cancelled, or displaced (nobody should find it in the calendar
and go there; the next REQUEST, with a greater SEQUENCE, puts it back).
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from email.headerregistry import Address
from functools import lru_cache

from icalendar import Calendar, Event, Timezone, vCalAddress

from services.notify.domain.messages import (
    CANCELLED,
    CONFIRMATION,
    DISPLACED,
    MOVED,
    Message,
    Place,
)
from services.notify.domain.texts import one_line
from shared.clock import from_ms, zone
from shared.contact import Contact

METHODS = {CONFIRMATION: "REQUEST", MOVED: "REQUEST", CANCELLED: "CANCEL", DISPLACED: "CANCEL"}


def method_of(message: Message) -> str | None:
    """None for messages that change nothing in a calendar."""
    return METHODS.get(message.name)


def invitation(message: Message, contact: Contact, organiser: Address) -> str:
    """The text of the calendar object of a message that has a method."""
    notice, place = message.notice, message.notice.place
    method = METHODS[message.name]
    event = Event()
    start = _start(place)
    event.add("uid", f"{notice.reference}@kezek")
    event.add("sequence", notice.sequence)
    event.add("dtstamp", from_ms(notice.updated_ms))
    event.add("dtstart", start)
    event.add("dtend", start + timedelta(milliseconds=place.end_ms - place.start_ms))
    event.add("summary", notice.service)
    event.add("location", f"{place.centre}, {place.address}")
    event.add("description", notice.reference)
    event.add("status", "CANCELLED" if method == "CANCEL" else "CONFIRMED")
    if place.lat is not None and place.lon is not None:
        event.add("geo", (place.lat, place.lon))
    event.add("organizer", _party(organiser.addr_spec, organiser.display_name))
    if contact["email"]:
        attendee = _party(contact["email"], contact["name"])
        attendee.params["ROLE"] = "REQ-PARTICIPANT"
        attendee.params["PARTSTAT"] = "ACCEPTED"
        attendee.params["RSVP"] = "FALSE"
        event.add("attendee", attendee)
    calendar = Calendar()
    calendar.add("prodid", "-//Kezek//notify//EN")
    calendar.add("version", "2.0")
    calendar.add("method", method)
    calendar.add_component(_rules(place.zone, start.year))
    calendar.add_component(event)
    return str(calendar.to_ical().decode())


@lru_cache(maxsize=64)
def _rules(zone_name: str, year: int) -> Timezone:
    """The zone's rules around a visit: all since 1970 would be longer than the rest, and slow."""
    return Timezone.from_tzinfo(
        zone(zone_name), zone_name, first_date=date(year, 1, 1), last_date=date(year + 2, 1, 1)
    )


def _start(place: Place) -> datetime:
    """The local truth with its zone's name: a calendar with other zone rules still shows 09:00."""
    naive = datetime.fromisoformat(f"{place.day}T{place.time}")
    return naive.replace(tzinfo=zone(place.zone))


def _party(address: str, name: str) -> vCalAddress:
    party = vCalAddress(f"mailto:{one_line(address)}")
    # A quote cannot be written in a parameter (RFC 5545, 3.2).
    party.params["CN"] = one_line(name).replace('"', "'")
    return party
