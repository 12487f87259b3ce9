"""What the gateway says itself, in the apps' own words and languages.

Same rule as in the apps: `?lang=`, else the first language of Accept-Language that there is, else
Kazakh. Caddy chooses with regular expressions while it runs; the messages are placeholders. (The
apps weigh `q=` as well; here the order decides, which is the same for what browsers send.)
"""

import json
from typing import Any

from shared.errors import REFUSALS
from shared.i18n import DEFAULT, LANGUAGES, translate

CODES = ("not_found", "unavailable", "body_too_large")

# A tag of Accept-Language, with its comma, that begins with none of kk, ru and en.
_OTHER_TAG = r"(?:[^kre,\s][^,]*|k[^k,][^,]*|r[^u,][^,]*|e[^n,][^,]*),\s*"


def in_asked_language() -> dict[str, Any]:
    """A route that sets the placeholder of each message to its text in the asked language."""
    patterns = [(f"(?i)^{language}[|]", language) for language in LANGUAGES] + [
        (rf"(?i)[|]\s*(?:{_OTHER_TAG})*{language}", language) for language in LANGUAGES
    ]
    chooser = {
        "handler": "map",
        "source": "{http.request.uri.query.lang}|{http.request.header.Accept-Language}",
        "destinations": [_placeholder(code) for code in CODES],
        "mappings": [
            {"input_regexp": pattern, "outputs": _texts(language)} for pattern, language in patterns
        ],
        "defaults": _texts(DEFAULT),
    }
    return {"handle": [chooser]}


def error_body(error_code: str) -> tuple[int, str]:
    """Status and the one body of every error, its message to be filled in by Caddy."""
    status = REFUSALS[error_code][0]
    body = {"status": status, "error_code": error_code, "message": _placeholder(error_code)}
    return status, json.dumps(body)


def _placeholder(error_code: str) -> str:
    return "{kezek." + error_code + "}"


def _texts(language: str) -> list[str]:
    messages = (translate(REFUSALS[code][1], language) for code in CODES)
    # Caddy puts them into the JSON as they are.
    return [json.dumps(message, ensure_ascii=False)[1:-1] for message in messages]
