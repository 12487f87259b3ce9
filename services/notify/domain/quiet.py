"""Quiet hours: nobody's telephone rings at night without need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True)
class QuietHours:
    """From `start` to `end` on the centre's clocks; over midnight where `start` is the later one.

    A message about a visit that begins before the quiet hours are `urgent_s` past is not kept back:
    it would come too late. Equal times: there are no quiet hours.
    """

    start: time = time(21)
    end: time = time(8)
    urgent_s: int = 7200

    def allowed_ms(self, now_ms: int, zone: str, starts_ms: Iterable[int]) -> int:
        """The first instant from `now_ms` on at which a message about these visits may be sent."""
        over = self._over_ms(now_ms, zone)
        last_urgent = over + 1000 * self.urgent_s
        urgent = any(now_ms < start <= last_urgent for start in starts_ms)
        return now_ms if urgent else over

    def _over_ms(self, now_ms: int, zone: str) -> int:
        """The end of the quiet hours at that instant; the instant itself where it is not quiet."""
        there = ZoneInfo(zone)
        now = datetime.fromtimestamp(now_ms / 1000, there)
        clock = now.time()
        if self.start <= self.end:
            is_quiet, days = self.start <= clock < self.end, 0
        else:
            is_quiet = clock >= self.start or clock < self.end
            days = 1 if clock >= self.start else 0
        if not is_quiet:
            return now_ms
        day = now.date() + timedelta(days=days)
        return round(datetime.combine(day, self.end, there).timestamp() * 1000)
