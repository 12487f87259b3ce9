"""The yardstick: a bare JSON echo on the same server (Flask, gunicorn, the same settings)."""

from __future__ import annotations

import orjson
from flask import Flask, Response, request


def create_app() -> Flask:
    app = Flask("echo", static_folder=None)

    @app.post("/echo")
    def echo() -> Response:
        body = orjson.loads(request.get_data())
        return Response(orjson.dumps(body), content_type="application/json")

    return app
