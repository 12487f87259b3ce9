"""Every refusal over HTTP: its status and code, in the asked language, and nothing changed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from services.centres import wiring
from services.centres.domain import rules
from services.centres.ports import Conflict
from services.centres.store import CentreStore
from shared import i18n
from shared.errors import REFUSALS
from shared.i18n import translate
from tests.centres.helpers import Centres, centre, settings

ID = "/almaty-spec-6"
WHY = {"reason": "why"}
MOVE = {"reason": "r", "service": "plates", "to": "other-one", "from": "2999-01-01"}
KEYED = {"Idempotency-Key": "0123456789abcdef"}

Case = tuple[str, Callable[[Centres, dict[str, str]], Any]]
CASES: list[Case] = [
    (
        "malformed_json",
        lambda api, h: api.call("POST", data=b"{", headers=h, content_type="application/json"),
    ),
    (
        "invalid_encoding",
        lambda api, h: api.call("POST", data=b"\xff", headers=h, content_type="application/json"),
    ),
    (
        "invalid_encoding",
        lambda api, h: api.call(
            "POST", "/import", data=b"\xff", headers=h, content_type="text/csv"
        ),
    ),
    ("unauthorised", lambda api, h: api.post(token=None, headers=h)),
    ("unauthorised", lambda api, h: api.post(f"{ID}/open", WHY, token="no-such", headers=h)),
    ("unauthorised", lambda api, h: api.patch(ID, {}, 1, token=None, headers=h)),
    ("unauthorised", lambda api, h: api.call("DELETE", f"{ID}/desk-tokens", token=None, headers=h)),
    ("unauthorised", lambda api, h: api.call("POST", "/import", token=None, headers=h)),
    ("forbidden", lambda api, h: api.post(token=_desk(api), headers=h)),
    ("forbidden", lambda api, h: api.post(f"{ID}/close", WHY, token=_desk(api), headers=h)),
    ("not_found", lambda api, h: api.get("/nowhere", headers=h)),
    ("not_found", lambda api, h: api.post("/nowhere/open", WHY, headers=h)),
    ("not_found", lambda api, h: api.post("/nowhere/move-service", MOVE, headers=h)),
    ("not_found", lambda api, h: api.get("/nowhere/at/all", headers=h)),
    ("not_found", lambda api, h: api.get("?region=atlantis", headers=h)),
    ("method_not_allowed", lambda api, h: api.call("PUT", ID, headers=h)),
    ("centre_exists", lambda api, h: api.post(body=centre(), headers=h)),
    ("wrong_state", lambda api, h: api.post(f"{ID}/suspend", WHY, headers=h)),
    ("wrong_state", lambda api, h: api.patch(ID, {"status": "closed"}, 1, headers=h)),
    ("version_conflict", lambda api, h: api.patch(ID, {}, 7, headers=h)),
    ("body_too_large", lambda api, h: api.post(body={"id": "x" * 70_000}, headers=h)),
    (
        "body_too_large",
        lambda api, h: api.call(
            "POST", "/import", data=b"x" * (5 * 1024 * 1024 + 1), headers=h, content_type="text/csv"
        ),
    ),
    (
        "unsupported_media_type",
        lambda api, h: api.call("POST", data=b"{}", headers=h, content_type="text/plain"),
    ),
    ("unsupported_media_type", lambda api, h: api.call("POST", headers=h)),
    ("unsupported_media_type", lambda api, h: api.call("POST", "/import", headers=h)),
    ("unsupported_media_type", lambda api, h: api.post("/import", {}, headers=h)),
    ("unsupported_media_type", lambda api, h: api.call("PATCH", ID, data=b"{}", headers=h)),
    ("validation_failed", lambda api, h: api.post(body={}, headers=h)),
    (
        "validation_failed",
        lambda api, h: api.post(body=centre(id="new", walk_in={"counter": 9}), headers=h),
    ),
    (
        "validation_failed",
        lambda api, h: api.call(
            "POST", "/import", data=b"id\n", headers=h, content_type="text/csv"
        ),
    ),
    (
        "validation_failed",
        lambda api, h: api.post(f"{ID}/open", {"reason": "x", "from": "2001-01-01"}, headers=h),
    ),
    (
        "idempotency_key_malformed",
        lambda api, h: api.post(headers={**h, "Idempotency-Key": "short"}),
    ),
    ("idempotency_key_reused", lambda api, h: _reused(api, h)),
    (
        "unknown_centre",
        lambda api, h: api.post("/desk-tokens", {"centres": ["nowhere"]}, headers=h),
    ),
    ("unknown_centre", lambda api, h: api.post(f"{ID}/move-service", MOVE, headers=h)),
    (
        "unknown_service",
        lambda api, h: api.post(
            f"{ID}/move-service", {**MOVE, "service": "tea", "to": "third"}, headers=h
        ),
    ),
    (
        "service_not_offered",
        lambda api, h: api.post(
            f"{ID}/move-service", {**MOVE, "service": "dl-theory", "to": "third"}, headers=h
        ),
    ),
    ("if_match_required", lambda api, h: api.patch(ID, {}, headers=h)),
]


def _desk(api: Centres) -> str:
    return str(api.call("POST", f"{ID}/desk-tokens").json["token"])


def _reused(api: Centres, headers: dict[str, str]) -> Any:
    api.call("POST", f"{ID}/desk-tokens", headers=KEYED)
    return api.post("", centre(id="another-one"), headers={**headers, **KEYED})


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize(("code", "ask"), CASES, ids=[f"{n}-{c[0]}" for n, c in enumerate(CASES)])
def test_a_refusal(api: Centres, code: str, ask: Any, language: str) -> None:
    api.register()
    api.register(id="third")
    before = api.state()
    answer = ask(api, {"Accept-Language": language})
    status, message = REFUSALS[code]
    assert (answer.status_code, answer.json["error_code"]) == (status, code), answer.json
    assert answer.json["status"] == status
    assert answer.json["message"] == translate(message, language)
    if language != "en":
        assert answer.json["message"] != message
    assert api.state() == before


def test_busy_when_every_try_loses_its_race(api: Centres, monkeypatch: pytest.MonkeyPatch) -> None:
    api.register()
    before = api.state()

    def beaten(*_: Any, **__: Any) -> None:
        raise Conflict

    monkeypatch.setattr(CentreStore, "write_centres", beaten)
    for answer in (
        api.post(body=centre(id="new-one")),
        api.post(f"{ID}/open", WHY),
        api.patch(ID, {"names": {"kk": "x"}}, 1),
        api.call("DELETE", f"{ID}/desk-tokens"),
    ):
        assert (answer.status_code, answer.json["error_code"]) == (503, "busy")
        assert int(answer.headers["Retry-After"]) >= 1
    assert api.state() == before


def test_unavailable_without_a_store(tmp_path: Any) -> None:
    api = Centres.on(wiring.build(settings(f"unix://{tmp_path}/nothing-listens-here")))
    for answer in (
        api.get(),
        api.get("/one-two"),
        api.post(body=centre()),
        api.post("/x-y/open", WHY),
    ):
        assert (answer.status_code, answer.json["error_code"]) == (503, "unavailable")
        assert "Retry-After" in answer.headers
    ready = api.get("/health/ready")
    assert (ready.status_code, ready.json["status"]) == (503, "unavailable")
    assert api.get("/health/live").status_code == 200


def test_field_messages_are_in_the_asked_language(api: Centres) -> None:
    api.register()
    wrong = centre(id="new", services=["dl-theory"], walk_in={"counter": 9}, region="atlantis")
    english = api.post(body=wrong, headers={"Accept-Language": "en"}).json["errors"]
    assert english["services"] == ["The centre lacks a resource of service dl-theory: exam-seat."]
    for language in ("kk", "ru"):
        told = api.post(body=wrong, headers={"Accept-Language": language}).json["errors"]
        assert set(told) == set(english)
        assert "dl-theory" in told["services"][0]


def test_a_message_is_translated_before_its_places_are_filled(
    api: Centres, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = {rules.OTHER_KIND: "Басқа түр: {service}."}
    monkeypatch.setattr(i18n, "catalogue", lambda _language: words)
    wrong = centre(services=["id-card"])
    assert api.post(body=wrong).json["errors"]["services"] == ["Басқа түр: id-card."]


def test_the_clock_is_there_only_where_it_is_switched_on(api: Centres, store_url: str) -> None:
    before = api.deps.clock.now_ms()
    answer = api.post("/clock", {"advance_s": 3600})
    assert answer.status_code == 200
    assert answer.json["now"].endswith("+05:00")
    assert api.deps.clock.now_ms() >= before + 3_600_000
    for wrong in ({"advance_s": -1}, {"advance_s": 1.5}, {"advance_s": True}, {}):
        assert api.post("/clock", wrong).status_code == 422
    real = Centres.on(wiring.build(settings(store_url)))
    assert real.post("/clock", {"advance_s": 1}).status_code == 404
    assert real.post("/clock", {"advance_s": 1}, token=None).status_code == 401
    real.deps.client.close()
