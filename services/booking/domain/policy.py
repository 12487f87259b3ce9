"""The policy of booking: when a start may be booked.

Owns lead time, horizon and release hour (assumptions of the field, all configurable) and the checks
of time in the order of the HTTP contract. The one thing to know: `today` and the release of a new day
go by the centre's clocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Durations carry their units in their names."""

    hold_ttl_s: int = 300
    cool_off_max_s: int = 1800
    horizon_days: int = 14
    lead_s: int = 1800
    new_booking_days: int = 10
    arrival_tolerance_s: int = 900
    release_hour: int = 9
    hold_floor: int = 5
    hold_share: float = 0.2

    def last_day(self, local_now: datetime) -> date:
        """The last bookable day: a new one opens at the release hour, not at midnight."""
        released = local_now.hour >= self.release_hour
        return local_now.date() + timedelta(
            days=self.horizon_days if released else self.horizon_days - 1
        )

    def earliest(self, local_now: datetime, *, lead: bool) -> datetime:
        """The first instant that may be booked; `lead` is False for a desk."""
        return local_now + timedelta(seconds=self.lead_s if lead else 0)

    def why_not_then(self, start: datetime, local_now: datetime, *, lead: bool) -> str | None:
        """`in_past`, `too_soon`, `beyond_horizon` or None. `start` in the centre's zone."""
        if start < local_now:
            return "in_past"
        if start < self.earliest(local_now, lead=lead):
            return "too_soon"
        if start.date() > self.last_day(local_now):
            return "beyond_horizon"
        return None

    def most_holds(self, places: int) -> int:
        """How many of a start's places holds may take at once."""
        return max(self.hold_floor, int(places * self.hold_share))
