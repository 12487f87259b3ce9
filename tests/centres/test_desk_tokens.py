"""Desk tokens: issued, the same again on replay, revoked all at once."""

from __future__ import annotations

from typing import Any

from services.centres.store import PREFIX
from tests.centres.helpers import Centres, at_once

KEY = {"Idempotency-Key": "0123456789abcdef"}


def _desk(api: Centres, token: str) -> Any:
    return api.deps.authenticator.identify(f"Bearer {token}")


def test_a_desk_token_speaks_for_its_centre(api: Centres) -> None:
    api.register()
    answer = api.call("POST", "/almaty-spec-6/desk-tokens")
    assert (answer.status_code, answer.json["centres"]) == (201, ["almaty-spec-6"])
    desk = _desk(api, answer.json["token"])
    assert (desk.role, desk.centres) == ("desk", {"almaty-spec-6"})
    assert api.post("", {}, token=answer.json["token"]).json["error_code"] == "forbidden"


def test_a_call_centre_speaks_for_several(api: Centres) -> None:
    for name in ("one", "two"):
        api.register(id=name)
    answer = api.post("/desk-tokens", {"centres": ["one", "two"]})
    assert answer.json["centres"] == ["one", "two"]
    token = answer.json["token"]
    assert _desk(api, token).centres == {"one", "two"}
    assert api.call("DELETE", "/one/desk-tokens").status_code == 204
    assert _desk(api, token).centres == {"two"}


def test_which_centres_a_token_may_name(api: Centres) -> None:
    api.register(id="one")
    before = api.state()
    assert (
        api.post("/desk-tokens", {"centres": ["one", "no-such"]}).json["error_code"]
        == "unknown_centre"
    )
    for centres in ([], ["one", "one"], ["x"] * 501, "one", [1], None):
        answer = api.post("/desk-tokens", {"centres": centres})
        assert (answer.status_code, answer.json["error_code"]) == (422, "validation_failed")
    assert api.post("/no-such/desk-tokens").status_code == 404
    assert api.post("/one/desk-tokens", {"teapot": 1}).status_code == 422
    assert api.call("DELETE", "/no-such/desk-tokens").status_code == 404
    assert api.state() == before


def test_revoking_ends_all_tokens_and_is_told(api: Centres) -> None:
    api.register()
    old = [api.call("POST", "/almaty-spec-6/desk-tokens").json["token"] for _ in range(2)]
    assert old[0] != old[1]
    revoked = api.call("DELETE", "/almaty-spec-6/desk-tokens")
    assert (revoked.status_code, revoked.data) == (204, b"")
    assert [_desk(api, token).role for token in old] == ["public", "public"]
    told = api.events()[-1]
    assert (told.type.name, told.data["changed"]) == ("centre.changed", ["desk_epoch"])
    centre = told.data["centre"]
    assert (centre["desk_epoch"], centre["version"], centre["schedule_version"]) == (1, 2, 1)
    new = api.call("POST", "/almaty-spec-6/desk-tokens").json["token"]
    assert _desk(api, new).role == "desk"


def test_a_replay_gives_the_same_token_which_is_stored_nowhere(api: Centres) -> None:
    api.register()
    answers = at_once(
        *[lambda: api.call("POST", "/almaty-spec-6/desk-tokens", headers=KEY) for _ in range(4)]
    )
    assert len({answer.data for answer in answers}) == 1
    again = api.call("POST", "/almaty-spec-6/desk-tokens", headers=KEY)
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json == answers[0].json
    client = api.deps.client
    names: Any = client.keys(f"{PREFIX}:idempotency:*")
    kept: Any = client.get(names[0])
    assert again.json["token"].encode() not in kept
    assert again.json["token"].rpartition(".")[2].encode() not in kept
