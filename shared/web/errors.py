"""The one body of every error, in the asked language.

Owns the rendering of `shared.errors` and of Flask's own exceptions. The one thing to know: an
unexpected exception is logged with its trace and answered as 500 without a word about it.
"""

from __future__ import annotations

import re
from typing import Any

from flask import Flask, Request, Response, request
from werkzeug.exceptions import HTTPException

from shared.errors import REFUSALS, Message, Refusal, Retryable
from shared.i18n import catalogue, translate
from shared.logs import get_logger
from shared.web.answers import Answer
from shared.web.language import language_of

_BY_STATUS = {
    400: "malformed_json",
    401: "unauthorised",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    429: "too_many_requests",
}


_CHOICES = re.compile(r"(?<=: )[\w-]+(?:, [\w-]+)*(?=\.$)")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")


def translated(message: str, language: str) -> str:
    """A message in that language; numbers and choices stand as `{}` in the catalogues."""
    if isinstance(message, Message):
        return translate(message.template, language, **message.values)
    words = catalogue(language)
    if not words or message in words:
        return words.get(message, message)
    for variable in (_NUMBER, _CHOICES):
        pattern = variable.sub("{}", message)
        if pattern in words:
            return words[pattern].format(*variable.findall(message))
    return message


def refusal_answer(refusal: Refusal, language: str) -> Answer:
    """Status, body and headers of one refusal."""
    body: dict[str, Any] = {
        "status": refusal.status,
        "error_code": refusal.code,
        "message": translate(refusal.message, language),
    }
    if refusal.errors:
        body["errors"] = {
            name: [translated(m, language) for m in messages]
            for name, messages in refusal.errors.items()
        }
    for name, extra in refusal.extras.items():
        body[name] = _rows(extra, language) if name == "rows" else extra
    headers = {}
    if refusal.retry_after_s:
        headers["Retry-After"] = str(refusal.retry_after_s)
    if refusal.status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="kezek"'
    return Answer(refusal.status, body, headers)


def _rows(rows: list[dict[str, Any]], language: str) -> list[dict[str, Any]]:
    return [{**row, "message": translated(row["message"], language)} for row in rows]


def _http_error(error: HTTPException, req: Request) -> Response:
    code = _BY_STATUS.get(error.code or 500)
    if code is None:
        body = {
            "status": error.code,
            "error_code": "http_error",
            "message": error.description or "",
        }
        return Answer(error.code or 500, body).response()
    answer = refusal_answer(Refusal(code), language_of(req)).response()
    for name, value in error.get_headers():
        if name not in ("Content-Type", "Content-Length"):
            answer.headers[name] = value
    return answer


def install(app: Flask) -> None:
    """Registers the handlers on one app."""
    log = get_logger("web")

    def refused(error: Refusal) -> Response:
        return refusal_answer(error, language_of(request)).response()

    def unavailable(error: Retryable) -> Response:
        log.warning("dependency_down", error=type(error).__name__, detail=str(error)[:200])
        return refused(Refusal("unavailable", retry_after_s=2))

    def http_error(error: HTTPException) -> Response:
        return _http_error(error, request)

    def bug(error: Exception) -> Response:
        log.error(
            "unexpected_error", exc_info=error, method=request.method, rule=str(request.url_rule)
        )
        message = "Something went wrong on our side."
        body = {"status": 500, "error_code": "internal_error",
                "message": translate(message, language_of(request))}  # fmt: skip
        return Answer(500, body).response()

    app.register_error_handler(Refusal, refused)
    app.register_error_handler(Retryable, unavailable)
    app.register_error_handler(HTTPException, http_error)
    app.register_error_handler(Exception, bug)


assert set(_BY_STATUS.values()) <= set(REFUSALS)  # noqa: S101
