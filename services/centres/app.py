"""The centres app: `gunicorn "services.centres.app:create_app()"`."""

from __future__ import annotations

from flask import Flask

from services.centres import wiring
from services.centres.routes import openapi, routes
from shared import logs
from shared.config import Settings
from shared.web import app


def create_app(settings: Settings | None = None, deps: wiring.Deps | None = None) -> Flask:
    """The Flask app; without `deps` they are built from `settings`, those from the environment."""
    if deps is None:
        if settings is None:
            logs.configure("centres")
            settings = Settings.for_web()
        deps = wiring.build(settings)
    return app.build("centres", routes, deps, checks=deps.checks, openapi=openapi())
