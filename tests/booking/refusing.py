"""How tests of booking meet a refusal: in each language, whole, and with nothing changed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from shared.errors import REFUSALS
from shared.i18n import LANGUAGES, translate
from tests.booking.conftest import World, direct

START = "2026-11-24T09:00:00+05:00"
SMALL = {
    "resources": {"counter": 1, "inspection-bay": 1, "pick-up-window": 1},
    "walk_in": {},
}
HOLD = {"centre": "almaty-spec-6", "service": "plates", "start": START}
KEY = "0123456789abcdef"


def assert_refused(
    world: World, method: str, path: str, code: str, *, extras: Iterable[str] = (), **call: Any
) -> Any:
    """Makes the call in Kazakh (unasked), Russian and English; each time `code` comes back with its
    status and message, no other members than `extras`, and the store is as it was. The last answer."""
    status, english = REFUSALS[code]
    headers = call.pop("headers", None) or {}
    before = world.state()
    for language in LANGUAGES:
        asked = {} if language == "kk" else {"Accept-Language": f"{language};q=0.9, *;q=0.1"}
        answer = world.http.open(f"/booking{path}", method=method, headers=headers | asked, **call)
        assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True))
        assert answer.content_type == "application/json"
        body = answer.json
        assert (body["status"], body["error_code"]) == (status, code), body
        assert body["message"] == translate(english, language)
        assert language == "en" or body["message"] != english, "not translated"
        assert set(body) == {"status", "error_code", "message", *extras}, body
        assert world.state() == before, "a refusal changed the store"
        if status in (429, 503):
            assert int(answer.headers["Retry-After"]) >= 1
    return answer


def small_world(world: World, version: int = 3, **changes: Any) -> None:
    """The usual centre with one place of everything."""
    world.centre(version=version, schedule_version=version, period=SMALL, **changes)


def change(world: World, version: int = 3, **period: Any) -> None:
    """A newer document of the usual centre, in which what can be booked changed."""
    world.centre(version=version, schedule_version=version, period=period)


def book(world: World, **changes: Any) -> Any:
    """A booking's answer body, which must be 201."""
    headers = changes.pop("headers", None)
    answer = world.post("/bookings", direct(**changes), headers)
    assert answer.status_code == 201, answer.json
    return answer.json


def hold(world: World, start: str = START, **changes: Any) -> Any:
    """A hold's answer body, which must be 201."""
    answer = world.post("/holds", HOLD | {"start": start} | changes)
    assert answer.status_code == 201, answer.json
    return answer.json


def code_of(answer: Any) -> tuple[int, str]:
    return answer.status_code, (answer.json or {}).get("error_code", "")
