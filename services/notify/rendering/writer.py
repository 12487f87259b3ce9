"""Writes a message in its language.

Owns what templates are given. Templates live in `templates/<channel>/<language>/<kind>.txt`; the
first line of an e-mail's, by `base.txt` of its language, is the subject. The one thing to know: a
name that a template does not get is an error, not an empty text (StrictUndefined), and a test
writes every kind in every language over every channel.
"""

from __future__ import annotations

import re
from email.headerregistry import Address
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.notify.domain.messages import EMAIL, SMS, Message, Place
from services.notify.domain.texts import one_line, shortened
from services.notify.ports import EmailText
from services.notify.rendering import calendar, dates
from shared.contact import Contact

FOLDER = Path(__file__).parent.parent / "templates"
SMS_CENTRE = 40
"""Letters of a centre's name in an SMS: the rest of the text still fits into two parts."""


class Writer:
    """`services.notify.ports.Writer`. `organiser` sends; `public_url` is where people go on."""

    def __init__(self, *, organiser: Address, public_url: str, tolerance_min: int) -> None:
        # Plain text: there is nothing to escape it for.
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER),
            undefined=StrictUndefined,
            autoescape=False,  # noqa: S701
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._organiser = organiser
        self._public_url = public_url.rstrip("/")
        self._tolerance_min = tolerance_min

    def email(self, message: Message, contact: Contact) -> EmailText:
        template = self._template(EMAIL, message)
        subject, _, body = template.render(self._facts(message, contact)).lstrip().partition("\n")
        method = calendar.method_of(message)
        return EmailText(
            subject=one_line(subject),
            body=_paragraphs(body),
            calendar=calendar.invitation(message, contact, self._organiser) if method else None,
            method=method,
        )

    def sms(self, message: Message, contact: Contact) -> str:
        facts = self._facts(message, contact)
        return one_line(self._template(SMS, message).render(facts))

    def _template(self, channel: str, message: Message) -> Template:
        return self._templates.get_template(
            f"{channel}/{message.notice.language}/{message.kind}.txt"
        )

    def _facts(self, message: Message, contact: Contact) -> dict[str, Any]:
        notice = message.notice
        language = notice.language
        until_ms = notice.offer_until_ms
        return {
            "name": one_line(contact["name"]),
            "reference": notice.reference,
            "service": one_line(notice.service),
            "code": contact["manage_token"],
            "url": f"{self._public_url}/booking/bookings/{notice.reference}",
            "home": self._public_url,
            "tolerance": self._tolerance_min,
            "place": _place(notice.place, language),
            "previous": _place(notice.previous, language) if notice.previous else None,
            "offer": _place(notice.offer, language) if notice.offer else None,
            "until": dates.instant(until_ms, notice.place.zone) if until_ms else None,
        }


def _place(place: Place, language: str) -> dict[str, str]:
    return {
        "centre": one_line(place.centre),
        "centre_short": shortened(one_line(place.centre), SMS_CENTRE),
        "address": one_line(place.address),
        "day": dates.long_day(place, language),
        "time": place.time,
        "short": dates.short(place, language),
        "shortest": dates.shortest(place),
    }


def _paragraphs(text: str) -> str:
    """Blocks leave empty lines behind: one between paragraphs is enough."""
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"
