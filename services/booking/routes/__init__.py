"""Booking's HTTP calls: each parses, calls one use case, and dumps."""

from __future__ import annotations

from typing import Any

# Importing a module of routes is what makes them join the table.
from services.booking.routes import bookings, desk, holding, searching  # noqa: F401
from services.booking.routes.common import routes
from shared.web import openapi as documents

__all__ = ["openapi", "routes"]


def openapi() -> dict[str, Any]:
    """Booking's OpenAPI document."""
    return documents.document(
        routes, "Kezek booking", "Free times, holds, bookings, the desk's day."
    )
