"""A booking app on a real Valkey, with a small network and a clock that tests set."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from cryptography.fernet import Fernet
from flask.testing import FlaskClient

from services.booking.app import create_app
from services.booking.config import BookingSettings
from services.booking.domain.policy import Policy
from services.booking.store import keys
from services.booking.wiring import Deps, build
from shared.contracts.centres import EXAMPLE_CENTRE
from shared.web.auth import DeskTokens

NOW = "2026-11-23T10:00:00+05:00"
OPS = "ops-token-for-tests"
IINS = ("010101100018", "010101100903", "010101100029", "010101100030", "010101100041")
VEHICLE = {
    "code": "veh-rereg",
    "version": 1,
    "kind": "specialised",
    "names": {"kk": "Қайта тіркеу", "ru": "Перерегистрация ТС", "en": "Vehicle re-registration"},
    "minutes": 30,
    "start_every": 30,
    "resources": ["counter", "inspection-bay"],
    "online": "partial",
    "online_note": None,
}


def centre_document(centre_id: str = "almaty-spec-6", **changes: Any) -> dict[str, Any]:
    """A centre's document; `period` updates its only period, other names the document."""
    document = copy.deepcopy(EXAMPLE_CENTRE)
    document["id"] = centre_id
    document["definitions"].append(copy.deepcopy(VEHICLE))
    document["periods"][0].update(changes.pop("period", {}))
    document.update(changes)
    return document


def valid_iin(number: int) -> str:
    """The `number`th valid IIN of an endless series."""
    from services.booking.domain.person import is_iin

    body = f"0202{number:07d}"[:11]
    for check in "0123456789":
        if is_iin(body + check):
            return body + check
    return valid_iin(number + 500_000)


class World:
    """One app, its store and its clock."""

    def __init__(self, deps: Deps) -> None:
        self.deps = deps
        self.app = create_app(deps=deps)
        self.http: FlaskClient = self.app.test_client()
        self.now(NOW)

    def now(self, instant: str) -> None:
        """Sets the store's clock (also back, which only a test may)."""
        offset_ms = round((datetime.fromisoformat(instant).timestamp() - time.time()) * 1000)
        self.deps.client.hset(keys.CLOCK, mapping={"offset_ms": offset_ms, "last_ms": 0})

    def centre(self, centre_id: str = "almaty-spec-6", **changes: Any) -> dict[str, Any]:
        document = centre_document(centre_id, **changes)
        self.deps.store.apply_centre(document)
        return document

    @staticmethod
    def document(centre_id: str = "almaty-spec-6", **changes: Any) -> dict[str, Any]:
        return centre_document(centre_id, **changes)

    def desk(self, *centres: str) -> dict[str, str]:
        tokens = DeskTokens(self.deps.settings.token_key, lambda _c: 0)
        return bearer(tokens.issue("t1", dict.fromkeys(centres or ("almaty-spec-6",), 0)))

    def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        return self.http.post(f"/booking{path}", json=body, headers=headers or {})

    def get(self, path: str, headers: dict[str, str] | None = None) -> Any:
        return self.http.get(f"/booking{path}", headers=headers or {})

    def state(self) -> dict[bytes, bytes]:
        """Everything in the store but the clock: for "nothing was changed"."""
        client = self.deps.client
        return {
            key: client.dump(key)
            for key in sorted(client.scan_iter("{booking}:*"))
            if key.decode() != keys.CLOCK
        }

    def outbox(self) -> list[tuple[bytes, dict[bytes, bytes]]]:
        return self.deps.client.xrange(keys.OUTBOX)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def person(number: int = 0, **changes: Any) -> dict[str, Any]:
    given = {"name": "Әсел Нұрланқызы", "iin": valid_iin(number), "phone": "+7 701 123 45 67"}
    return {k: v for k, v in (given | changes).items() if v is not None}


def direct(
    start: str = "2026-11-24T09:00:00+05:00", number: int = 0, **changes: Any
) -> dict[str, Any]:
    """The body of a booking without a hold."""
    wish = {
        "centre": "almaty-spec-6",
        "service": "plates",
        "start": start,
        "person": person(number),
    }
    return wish | changes


@pytest.fixture
def make_world(store_url: str) -> Callable[..., World]:
    def make(*, rate_limits: bool = False, simulated_clock: bool = False, **policy: Any) -> World:
        settings = BookingSettings(
            store_url=store_url,
            bus_url=store_url,
            ops_token=OPS,
            token_key="token-key-for-tests",
            iin_key="iin-key-for-tests",
            contact_keys=Fernet.generate_key().decode(),
            rate_limits=rate_limits,
            simulated_clock=simulated_clock,
            policy=Policy(**{"cool_off_max_s": 0, **policy}),
        )
        return World(build(settings))

    return make


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    made = make_world()
    made.centre()
    return made


@pytest.fixture
def ops() -> dict[str, str]:
    return bearer(OPS)
