"""Structured logs: one JSON object a line on standard error.

Owns the shape: `event`, `level`, `at`, `app`, the trace and whatever else is bound where a line is
written, then the line's own fields. The one thing to know: no personal data and no payloads are ever
passed to it; a booking is named by its reference.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog

from shared import trace

# Until a process is configured: what is wrong, and no stories between the lines of a command for
# people.
structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))

_NOTHING: Mapping[str, str] = {}
_BOUND: ContextVar[Mapping[str, str]] = ContextVar("bound", default=_NOTHING)


class _Process:
    """Whose lines these are; None where nobody said, or wants no more than warnings."""

    app: str | None = None


def configure(app: str, *, level: int = logging.INFO) -> None:
    """Called once per process, by its entry point."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    _Process.app = app if level <= logging.INFO else None

    def render(_logger: Any, level_name: str, fields: MutableMapping[str, Any]) -> bytes:
        if "exc_info" in fields:
            fields = structlog.processors.format_exc_info(_logger, level_name, fields)
        return _line(app, level_name, fields.pop("event"), fields)

    structlog.configure(
        processors=[render],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_source: _StandardError(),
        cache_logger_on_first_use=True,
    )


def get_logger(name: str) -> Any:
    return structlog.get_logger(source=name)


def story(event: str, fields: Mapping[str, Any]) -> None:
    """A line about what a citizen waits for meanwhile: the same shape, without structlog on the
    way. Nothing where the process is not configured for such lines."""
    if _Process.app is not None:
        _StandardError().msg(_line(_Process.app, "info", event, fields))


@contextmanager
def bound(**fields: str) -> Iterator[None]:
    """Every line that this thread writes meanwhile has these fields."""
    token = _BOUND.set({**_BOUND.get(), **fields})
    try:
        yield
    finally:
        _BOUND.reset(token)


class _StandardError:
    """One write a line: several processes share a file without mixing their lines."""

    def msg(self, line: bytes) -> None:
        out = sys.stderr.buffer
        out.write(line)
        out.flush()

    debug = info = warning = error = critical = msg


def _line(app: str, level: str, event: str, fields: Mapping[str, Any]) -> bytes:
    line: dict[str, Any] = {
        "event": event,
        "level": level,
        "at": datetime.now(UTC).isoformat(),
        "app": app,
    }
    traceparent = trace.current()
    if traceparent is not None:
        line["trace_id"] = trace.trace_id(traceparent)
    line.update(_BOUND.get())
    line.update(fields)
    return orjson.dumps(line, default=str, option=orjson.OPT_APPEND_NEWLINE)
