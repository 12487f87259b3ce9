"""Structured logs: one JSON object a line on standard error.

Owns the shape (`event`, `level`, `at`, then the fields of a call or an event). The one thing to know:
no personal data and no payloads are ever passed to it; a booking is named by its reference.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog


def configure(app: str, *, level: int = logging.INFO) -> None:
    """Called once per process, by its entry point."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(app=app)


def get_logger(name: str) -> Any:
    return structlog.get_logger(source=name)
