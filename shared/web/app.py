"""The Flask app of one service: routes, errors, health, OpenAPI.

Owns what the three apps have in common. The one thing to know: no global app; several live in one
test run. The client's address is the one the gateway gives in X-Forwarded-For (one trusted hop).
"""

from __future__ import annotations

from typing import Any

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from shared.web import errors, health, measure
from shared.web.answers import Answer
from shared.web.gauges import StoreGauges
from shared.web.operation import Routes, WebDeps


def build(
    name: str, routes: Routes, deps: WebDeps, *, checks: health.Checks, openapi: dict[str, Any]
) -> Flask:
    """Composes one app, `name` under the prefix of its routes. Does no I/O."""
    app = Flask(name, static_folder=None)
    app.url_map.strict_slashes = True
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1)  # type: ignore[method-assign]
    measure.install(app, name, routes.prefix, StoreGauges(name, deps.client, checks))
    errors.install(app)
    health.install(app, routes.prefix, checks)
    routes.install(app, deps)

    def openapi_json() -> Response:
        return Answer(200, openapi).response()

    app.add_url_rule(f"{routes.prefix}/openapi.json", view_func=openapi_json, endpoint="openapi")
    app.after_request(_harden)
    return app


def _harden(response: Response) -> Response:
    headers = response.headers
    if "Cache-Control" not in headers:
        headers.add("Cache-Control", "no-store")
    headers.add("X-Content-Type-Options", "nosniff")
    return response
