"""A centres app on a real store, spoken to over HTTP, and what it told."""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.centres import wiring
from services.centres.app import create_app
from services.centres.store import PREFIX
from shared.config import ROOT, Settings
from shared.contracts.codec import Event, decode

OPS = "an-ops-token-for-tests"
MON_FRI = [{"days": ["mon", "tue", "wed", "thu", "fri"], "from": "09:00", "to": "18:00"}]
SPECIALISED: dict[str, Any] = {
    "id": "almaty-spec-6",
    "kind": "specialised",
    "names": {"kk": "Алматы №6 ХҚО", "ru": "СпецЦОН №6 Алматы", "en": "Specialised PSC No.6"},
    "addresses": {"kk": "Алматы, Абай", "ru": "Алматы, Абая", "en": "Almaty, Abay"},
    "region": "almaty-city",
    "location": {"lat": 43.2389, "lon": 76.8897},
    "resources": {"counter": 6, "inspection-bay": 2, "pick-up-window": 4},
    "services": ["veh-rereg", "plates"],
}
DEFINITIONS: list[dict[str, Any]] = [
    {
        "code": code, "version": 1, "kind": kind, "minutes": minutes, "start_every": minutes,
        "names": {"kk": code, "ru": code, "en": code}, "resources": resources,
        "online": "none", "online_note": None,
    }
    for code, kind, minutes, resources in (
        ("veh-rereg", "specialised", 30, ["counter", "inspection-bay"]),
        ("plates", "specialised", 15, ["pick-up-window"]),
        ("dl-theory", "specialised", 40, ["exam-seat"]),
        ("id-card", "general", 20, ["biometric-counter"]),
    )
]  # fmt: skip


def settings(store_url: str, **changes: Any) -> Settings:
    values: dict[str, Any] = {
        "store_url": store_url, "bus_url": "redis://unused", "ops_token": OPS,
        "token_key": "a-token-key-for-tests", "data_dir": ROOT / "data", **changes,
    }  # fmt: skip
    return Settings(**values)


def centre(**changes: Any) -> dict[str, Any]:
    """A posted centre; None takes a field away."""
    document = {**copy.deepcopy(SPECIALISED), **changes}
    return {name: value for name, value in document.items() if value is not None}


@dataclass
class Centres:
    """The app as a client sees it, and its outbox."""

    deps: wiring.Deps
    client: FlaskClient

    @classmethod
    def on(cls, deps: wiring.Deps) -> Centres:
        app = create_app(deps=deps)
        app.testing = True
        app.config["PROPAGATE_EXCEPTIONS"] = False
        return cls(deps, app.test_client())

    def call(
        self, method: str, path: str = "", *, token: str | None = OPS,
        headers: Mapping[str, str] | None = None, **kwargs: Any,
    ) -> TestResponse:  # fmt: skip
        sent = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"/centres{path}"
        # A client of its own: several threads may call at once.
        client = self.client.application.test_client()
        return client.open(url, method=method, headers={**sent, **(headers or {})}, **kwargs)

    def post(self, path: str = "", body: Any = None, **kwargs: Any) -> TestResponse:
        return self.call("POST", path, json={} if body is None else body, **kwargs)

    def get(self, path: str = "", **kwargs: Any) -> TestResponse:
        return self.call("GET", path, **kwargs)

    def patch(self, path: str, body: Any, version: Any = None, **kwargs: Any) -> TestResponse:
        headers = dict(kwargs.pop("headers", {}))
        if version is not None:
            headers["If-Match"] = f'"{version}"' if isinstance(version, int) else version
        return self.call("PATCH", path, json=body, headers=headers, **kwargs)

    def register(self, **changes: Any) -> dict[str, Any]:
        answer = self.post("", centre(**changes))
        assert answer.status_code == 201, answer.json
        return dict(answer.json)

    def step(self, centre_id: str, action: str, **body: Any) -> dict[str, Any]:
        sent = {("from" if k == "from_" else k): v for k, v in {"reason": "why", **body}.items()}
        answer = self.post(f"/{centre_id}/{action}", sent)
        assert answer.status_code == 200, answer.json
        return dict(answer.json)

    def opened(self, **changes: Any) -> dict[str, Any]:
        return self.step(self.register(**changes)["id"], "open")

    def day(self, days: int = 0) -> str:
        """Today in Almaty by the app's clock, and so many days on."""
        from datetime import timedelta

        from shared.clock import local

        return (local(self.deps.clock.now_ms(), "Asia/Almaty").date() + timedelta(days)).isoformat()

    def advance(self, days: int) -> None:
        self.deps.clock.advance(days * 86_400_000)

    def events(self) -> list[Event]:
        """Every event told so far, decoded: that is, valid by its contract."""
        entries: Any = self.deps.client.xrange(f"{PREFIX}:outbox")
        found = []
        for _, fields in entries:
            headers = {k: v.encode() for k, v in orjson.loads(fields[b"h"]).items()}
            event = decode(headers, fields[b"v"])
            assert fields[b"t"] == b"centres"
            assert fields[b"k"].decode() == event.data["centre"]["id"]
            # Nothing is dropped on reading: what is told is what the contract declares.
            assert orjson.loads(fields[b"v"]) == event.data
            found.append(event)
        return found

    def state(self) -> dict[bytes, Any]:
        """Everything stored but the clock and kept answers."""
        client = self.deps.client
        names: Any = client.keys("*")
        found = {}
        for name in names:
            if b":clock" not in name and b":idempotency:" not in name:
                found[name] = client.dump(name)
        return found


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """The answers of calls that were let go at the same moment, in threads."""
    gate = threading.Barrier(len(calls))
    answers: list[Any] = [None] * len(calls)

    def run(number: int) -> None:
        gate.wait()
        answers[number] = calls[number]()

    threads = [threading.Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
