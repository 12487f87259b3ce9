"""The same key and body: one effect, one answer."""

from __future__ import annotations

from typing import Any

import pytest

from tests.centres.helpers import Centres, at_once, centre

KEY = {"Idempotency-Key": "a-key-of-sixteen"}
CSV = (
    "id,kind,status,name_kk,name_ru,name_en,address_kk,address_ru,address_en,region,lat,lon,hours,"
    "resources,services\nnew-one,general,planned,a,b,c,d,e,f,astana,51,71,,biometric-counter:1,\n"
)


def _register(api: Centres) -> Any:
    return api.post("", centre(), headers=KEY)


def _register_unnamed(api: Centres) -> Any:
    return api.post("", centre(id=None), headers=KEY)


def _open(api: Centres) -> Any:
    return api.post("/given/open", {"reason": "why"}, headers=KEY)


def _move(api: Centres) -> Any:
    body = {"reason": "r", "service": "plates", "to": "other-one", "from": "2999-01-01"}
    return api.post("/given-open/move-service", body, headers=KEY)


def _import(api: Centres) -> Any:
    return api.call("POST", "/import", data=CSV.encode(), content_type="text/csv", headers=KEY)


@pytest.mark.parametrize("ask", [_register, _register_unnamed, _open, _move, _import])
def test_a_repeated_request_has_one_effect(api: Centres, ask: Any) -> None:
    api.register(id="given")
    api.opened(id="given-open")
    api.register(id="other-one")
    answers = at_once(*[lambda: ask(api) for _ in range(6)])
    again = ask(api)
    assert {(a.status_code, a.data) for a in answers} == {(again.status_code, again.data)}
    assert again.status_code in (200, 201)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert sum("Idempotency-Replayed" not in a.headers for a in answers) == 1
    for name in ("ETag", "Location"):
        assert {a.headers.get(name) for a in answers} == {again.headers.get(name)}
    events = api.events()
    assert len(events) == 4 + (2 if ask is _move else 1)
    assert len({(e.data["centre"]["id"], e.data["centre"]["version"]) for e in events}) == len(
        events
    )


def test_a_replay_is_the_first_answer_though_the_centre_has_changed(api: Centres) -> None:
    first = _register(api)
    api.step("almaty-spec-6", "open")
    assert _register(api).json == first.json


def test_a_refusal_is_not_remembered(api: Centres) -> None:
    api.register(id="given", status="decided")
    api.step("given", "close")
    assert _open(api).status_code == 409
    assert api.post("", centre(id="another"), headers=KEY).status_code == 201
