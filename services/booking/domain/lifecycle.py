"""The life of a booking: which step is possible when.

Owns the state machine (confirmed, displaced, checked_in, served, no_show, cancelled) and the desk's
undo. Works on the booking's document (`shared.contracts.bookings.BookingDocument`), returns changed
copies, touches no clock: the caller says what time it is at the centre.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Document = Mapping[str, Any]
ACTIVE = ("confirmed", "displaced", "checked_in")
"""Statuses in which a booking keeps its person's claim."""
_TARGET = {"check-in": "checked_in", "serve": "served", "no-show": "no_show"}


@dataclass(frozen=True)
class Moment:
    """Now, on the centre's clocks, and how late one may come."""

    local_now: datetime
    arrival_tolerance: timedelta

    @property
    def day(self) -> str:
        return self.local_now.date().isoformat()


def possible_steps(booking: Document, moment: Moment) -> list[str]:
    """The steps that would be accepted now, as their paths name them."""
    status, start = booking["status"], datetime.fromisoformat(booking["start"])
    steps: list[str] = []
    if status in ("confirmed", "displaced") and moment.local_now < start:
        steps += ["move", "cancel"]
    if status == "displaced" and booking["offer"]:
        steps.append("accept")
    if status == "confirmed" and booking["day"] == moment.day:
        steps.append("check-in")
    if status == "checked_in":
        steps.append("serve")
    if status == "confirmed" and moment.local_now >= start + moment.arrival_tolerance:
        steps.append("no-show")
    if booking["steps"] and booking["steps"][-1]["at"][:10] == moment.day:
        steps.append("undo")
    return steps


def after_step(booking: Document, step: str, at: str) -> dict[str, Any]:
    """The booking after check-in, serve, no-show or undo (which must be possible)."""
    if step == "undo":
        taken_back = booking["steps"][-1]
        changed = {"status": taken_back["from"], "steps": booking["steps"][:-1]}
    else:
        done = {"from": booking["status"], "at": at}
        changed = {"status": _TARGET[step], "steps": [*booking["steps"], done]}
    return next_version(booking, at, **changed)


def after_cancel(booking: Document, at: str) -> dict[str, Any]:
    return next_version(booking, at, status="cancelled", offer=None, steps=[])


def next_version(booking: Document, at: str, **changes: Any) -> dict[str, Any]:
    """A copy with the changes, one sequence later."""
    return {**booking, **changes, "sequence": booking["sequence"] + 1, "updated_at": at}


def settled_status(status: str) -> str | None:
    """What a visit that nobody marked becomes at the end of its day; None where nothing is owed."""
    return {"checked_in": "served", "confirmed": "no_show"}.get(status)
