"""Trace context: one id that finds a whole story, from a request through its events to a message.

Owns the W3C header `traceparent` (https://www.w3.org/TR/trace-context/, version 00): what a valid one
is, making a fresh one, and which one this thread works under. The one thing to know: no spans are
recorded here, so a valid one is passed on unchanged; logs carry its trace id.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "traceparent"
RUNNING: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""What this thread works under. For the hot path; others use `current` and `following`."""

_VALID = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_TRACE_ID = slice(3, 35)


def fresh() -> str:
    """A new trace, sampled."""
    ids = os.urandom(24).hex()
    return f"00-{ids[:32]}-{ids[32:]}-01"


def accepted(given: str | None) -> str:
    """What a request works under: its own `traceparent`, or a fresh one where that is none."""
    return given if given is not None and _VALID.fullmatch(given) else fresh()


def trace_id(traceparent: str) -> str:
    """The part that all of one story share."""
    return traceparent[_TRACE_ID]


def current() -> str | None:
    return RUNNING.get()


@contextmanager
def following(traceparent: str | None) -> Iterator[None]:
    """Works under that trace; under none where it is none or not a valid one."""
    valid = traceparent is not None and _VALID.fullmatch(traceparent)
    token = RUNNING.set(traceparent if valid else None)
    try:
        yield
    finally:
        RUNNING.reset(token)
