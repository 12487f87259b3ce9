"""notify's web process: `gunicorn "services.notify.app:create_app()"`."""

from __future__ import annotations

from flask import Flask

from services.notify.config import NotifySettings
from services.notify.routes import openapi, routes
from services.notify.wiring import Deps, build
from shared import logs
from shared.web import app as web


def create_app(settings: NotifySettings | None = None, deps: Deps | None = None) -> Flask:
    """The app of these dependencies; of the environment where none are given, and then logs are set
    up."""
    if settings is None and deps is None:
        logs.configure("notify")
    deps = deps or build(settings or NotifySettings.for_web())
    return web.build("notify", routes, deps, checks=deps.checks, openapi=openapi())
