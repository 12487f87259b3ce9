"""Booking's web process: `gunicorn "services.booking.app:create_app()"`."""

from __future__ import annotations

from flask import Flask

from services.booking.config import BookingSettings
from services.booking.routes import openapi, routes
from services.booking.wiring import Deps, build
from shared import logs
from shared.web import app


def create_app(settings: BookingSettings | None = None, deps: Deps | None = None) -> Flask:
    """One app. Without settings they are read from the environment, and logs are set up."""
    if settings is None and deps is None:
        logs.configure("booking")
    deps = deps or build(settings or BookingSettings.for_web())
    return app.build("booking", routes, deps, checks=deps.checks, openapi=openapi())
