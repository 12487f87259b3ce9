"""Instants and days: conversions that every app does the same way.

Owns nothing but arithmetic. Instants are aware UTC datetimes in Python and whole milliseconds since
1970 (`_ms`) in stores and scripts; days and times of a visit are local to the centre's zone.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo


class Clock(Protocol):
    """Where "now" comes from; the stores' clock in the apps (`shared.store.clock`)."""

    def now_ms(self) -> int: ...


@lru_cache(maxsize=64)
def zone(name: str) -> ZoneInfo:
    """The zone's rules; raises `zoneinfo.ZoneInfoNotFoundError` (a KeyError) for an unknown name."""
    return ZoneInfo(name)


def from_ms(instant_ms: int) -> datetime:
    return datetime.fromtimestamp(instant_ms / 1000, UTC)


def to_ms(instant: datetime) -> int:
    return round(instant.timestamp() * 1000)


def local(instant_ms: int, zone_name: str) -> datetime:
    """The instant on the clocks of that zone."""
    return datetime.fromtimestamp(instant_ms / 1000, zone(zone_name))


def iso(instant_ms: int, zone_name: str = "UTC") -> str:
    """ISO 8601 with the zone's offset and whole seconds: `2026-11-24T09:00:00+05:00`."""
    return local(instant_ms, zone_name).isoformat(timespec="seconds")


def wall_ms(day: date, minute: int, zone_name: str) -> int:
    """The instant of a local day and minute of it (0 to 1440); a gap is read with the offset before it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone(zone_name))
    days, rest = divmod(minute, 24 * 60)
    return to_ms((midnight + timedelta(days=days)).replace(hour=rest // 60, minute=rest % 60))
