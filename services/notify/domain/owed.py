"""Which messages an event owes, and which it makes untrue.

Owns the table from events to kinds and the life of reminders. The one thing to know: a reminder is
true as long as the visit it speaks of stands, whatever the booking's sequence is by then; a notice
of something that happened stays true and goes out in its order, even when the next one follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.notify.domain.messages import (
    CANCELLED,
    CONFIRMATION,
    DISPLACED,
    MOVED,
    OFFER,
    REMINDER,
    SMS,
    Message,
    Notice,
)
from services.notify.domain.quiet import QuietHours

KINDS: Mapping[str, str] = {
    "booking.confirmed": CONFIRMATION,
    "booking.moved": MOVED,
    "booking.cancelled": CANCELLED,
    "booking.displaced": DISPLACED,
    "booking.offered": OFFER,
}
"""Events that are told to the person; the desk's own steps are not: the person stands there."""


@dataclass(frozen=True)
class Visit:
    """What reminders depend on: they stand and fall with these."""

    status: str
    centre_id: str
    start_ms: int


def reminder_name(before_s: int) -> str:
    """`reminder-24h`, `reminder-2h`, `reminder-90m`."""
    hours, rest = divmod(before_s, 3600)
    return f"{REMINDER}-{before_s // 60}m" if rest else f"{REMINDER}-{hours}h"


def reminders(
    notice: Notice, channel: str, *, now_ms: int, before_s: Sequence[int]
) -> list[Message]:
    """The reminders of a visit whose instants are still to come, earliest first.

    Each makes sense until the next one is due, and the last one until the visit starts: a worker
    that was away does not send two at once.
    """
    start = notice.place.start_ms
    dues = sorted(start - 1000 * s for s in set(before_s))
    ends = [*dues[1:], start]
    return [
        Message(
            name=reminder_name((start - due) // 1000), channel=channel, notice=notice,
            created_ms=now_ms, since_ms=due, due_ms=due, until_ms=until,
        )
        for due, until in zip(dues, ends, strict=True)
        if due > now_ms
    ]  # fmt: skip


def keeps_reminders(before: Visit | None, after: Visit) -> bool:
    """Whether the reminders that wait go on as they are."""
    return before == after and after.status == "confirmed"


def still_true(message: Message, visit: Visit | None, *, now_ms: int) -> bool:
    """Whether a message that is due may still be sent; one that a person asked for again may."""
    if message.kind != REMINDER or message.resends:
        return True
    if visit is None or visit.status != "confirmed":
        return False
    place = message.notice.place
    if (visit.centre_id, visit.start_ms) != (place.centre_id, place.start_ms):
        return False
    return message.until_ms is None or now_ms < message.until_ms


def notice_due(notice: Notice, channel: str, *, now_ms: int, quiet: QuietHours) -> int:
    """When a notice goes out: now, but an SMS not in the quiet hours."""
    return quiet.allowed_ms(now_ms, *occasion(notice)) if channel == SMS else now_ms


def occasion(notice: Notice, visit: Visit | None = None) -> tuple[str, list[int]]:
    """The zone and the starts that make a message urgent: all the visits that it speaks of."""
    places = [notice.place, notice.previous]
    starts = [p.start_ms for p in places if p is not None]
    return notice.place.zone, starts + ([visit.start_ms] if visit else [])


def fallback(message: Message, *, now_ms: int, quiet: QuietHours) -> Message:
    """The SMS that follows an e-mail which could not be delivered: a message of its own."""
    due = notice_due(message.notice, SMS, now_ms=now_ms, quiet=quiet)
    return Message(
        name=message.name, channel=SMS, notice=message.notice, created_ms=now_ms, since_ms=now_ms,
        due_ms=due, until_ms=message.until_ms,
    )  # fmt: skip
