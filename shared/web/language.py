"""Which language a caller reads: `?lang=`, else Accept-Language, else Kazakh."""

from __future__ import annotations

from functools import lru_cache

from flask import Request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from shared.i18n import DEFAULT, LANGUAGES


@lru_cache(maxsize=256)
def _accepted(header: str) -> str:
    accepted = parse_accept_header(header, LanguageAccept)
    return accepted.best_match(LANGUAGES, DEFAULT) or DEFAULT


def language_of(request: Request) -> str:
    asked = request.args.get("lang", "")
    if asked in LANGUAGES:
        return asked
    return _accepted(request.headers.get("Accept-Language", ""))
