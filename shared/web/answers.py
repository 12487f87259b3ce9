"""Answers: a status, a JSON body, headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from flask import Response


@dataclass(frozen=True)
class Answer:
    """What a route says. `body` of None is an empty body (204, 304)."""

    status: int = 200
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> Response:
        content = b"" if self.body is None else orjson.dumps(self.body)
        response = Response(content, self.status, content_type="application/json")
        if self.body is None:
            response.headers.pop("Content-Type", None)
        for name, value in self.headers.items():
            response.headers[name] = value
        return response
