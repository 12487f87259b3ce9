"""Days and times as people read them, on the centre's clocks."""

from __future__ import annotations

from datetime import date

from babel.dates import format_date

from services.notify.domain.messages import Place
from shared.clock import local

_LOCALES = {"kk": "kk", "ru": "ru", "en": "en_GB"}


def long_day(place: Place, language: str) -> str:
    """`2026 ж. 24 қараша, сейсенбі`; `вторник, 24 ноября 2026 г.`; `Tuesday, 24 November 2026`."""
    return _plain(format_date(_day(place), "full", locale=_LOCALES[language]))


def short(place: Place, language: str) -> str:
    """For a subject: `24 қараша, 09:00`."""
    day = format_date(_day(place), "d MMMM", locale=_LOCALES[language])
    return f"{_plain(day)}, {place.time}"


def shortest(place: Place) -> str:
    """For an SMS: `24.11 09:00`."""
    return f"{_day(place):%d.%m} {place.time}"


def instant(at_ms: int, zone: str) -> str:
    """An instant that is no visit: `24.11.2026 09:00`."""
    return f"{local(at_ms, zone):%d.%m.%Y %H:%M}"


def _plain(text: str) -> str:
    """With ordinary spaces: narrow and unbreakable ones are not in every mail reader's font."""
    return text.replace("\u202f", " ").replace("\xa0", " ")


def _day(place: Place) -> date:
    return date.fromisoformat(place.day)
