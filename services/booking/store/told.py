"""Transitions that have happened, told to the log and counted.

Owns which outcome a transition is counted as. Decorates the methods of `Transitions`; one that did not
happen (stale, full, replayed) tells nothing. The one thing to know: a move between centres is one
transition with two events, counted once and told twice.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from services.booking.metrics import BOOKINGS, HOLDS
from services.booking.ports import Outcome
from shared import journal

Transition = TypeVar("Transition", bound=Callable[..., Outcome])

_COUNTED_AS = {"booking_confirmed": "booked"}


def told(transition: Transition) -> Transition:
    """For a method with `document` and `event` or `events`."""

    @wraps(transition)
    def tell(self: Any, **call: Any) -> Outcome:
        outcome = transition(self, **call)
        if outcome.status == "ok":
            document = call["document"]
            lines = [
                journal.tell(e, booking=document["reference"], sequence=document["sequence"])
                for e in call.get("events") or [call["event"]]
            ]
            what = _COUNTED_AS.get(lines[0]) or lines[0].removeprefix("booking_")
            BOOKINGS.labels(what).inc()
        return outcome

    return cast(Transition, tell)


def held(what: str) -> Callable[[Transition], Transition]:
    """For a method that does this to a hold."""

    def decorate(transition: Transition) -> Transition:
        @wraps(transition)
        def count(self: Any, **call: Any) -> Outcome:
            outcome = transition(self, **call)
            if outcome.status == "ok":
                HOLDS.labels(what).inc()
            return outcome

        return cast(Transition, count)

    return decorate


def let_go(transition: Transition) -> Transition:
    """For a method that releases an `occupation`: a hold was given back, or its time was over."""

    @wraps(transition)
    def count(self: Any, **call: Any) -> Outcome:
        outcome = transition(self, **call)
        if outcome.status == "ok" and call["occupation"].kind == "hold":
            HOLDS.labels("expired" if call["only_if_due"] else "released").inc()
        return outcome

    return cast(Transition, count)
