"""Composition of the centres app: every dependency is made here, once per process."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from services.centres import schemas
from services.centres.calendar import NationalCalendar
from services.centres.ports import Facts
from services.centres.store import PREFIX, CentreStore
from shared.config import Settings
from shared.errors import ConfigurationError
from shared.regions import Regions
from shared.store.clock import StoreClock
from shared.store.connection import Client, connect
from shared.store.idempotency import IdempotencyRecords
from shared.web.auth import Authenticator, DeskTokens

WORKER_SILENT_MS = 60_000
"""The relay says every few seconds that it is there; after this long it is not."""


@dataclass(frozen=True)
class Deps:
    """What routes and the worker work with."""

    settings: Settings
    client: Client
    store: CentreStore
    facts: Facts
    clock: StoreClock
    idempotency: IdempotencyRecords
    desk_tokens: DeskTokens
    authenticator: Authenticator
    simulated_clock: bool

    def checks(self) -> dict[str, Any]:
        """For health: "ok", facts, or what is wrong. Raises `StoreUnavailable`."""
        self.clock.now_ms()  # refused while the store is being restored
        network = {"centres": self.store.count()}
        state = self.store.relay_state()
        worker, bus = "starting", "starting"
        if state:
            bus = _bus(state)
            silent = time.time() * 1000 - int(state.get("at_ms", "0")) > WORKER_SILENT_MS
            worker = "not heard of for a minute" if silent else "ok"
        return {"store": "ok", "worker": worker, "bus": bus, "network": network}


def _bus(state: dict[str, str]) -> str:
    bus = state.get("bus", "starting")
    error = state.get("error", "")
    return bus if bus == "ok" or not error else f"{bus}: {error[:200]}"


def build(settings: Settings) -> Deps:
    """Reads the regions, connects to nothing yet. Raises `ConfigurationError`."""
    client = connect(settings.store_url)
    store = CentreStore(client)
    tokens = DeskTokens(settings.token_key, store.desk_epoch)
    return Deps(
        settings=settings,
        client=client,
        store=store,
        facts=_facts(settings),
        clock=store.clock,
        idempotency=IdempotencyRecords(client, PREFIX),
        desk_tokens=tokens,
        authenticator=Authenticator(settings.ops_token, tokens),
        simulated_clock=settings.simulated_clock,
    )


def _facts(settings: Settings) -> Facts:
    file = settings.data_dir / "regions.csv"
    try:
        regions = Regions.load(file)
    except (OSError, KeyError, ValueError) as error:
        raise ConfigurationError(f"KEZEK_DATA_DIR: cannot read {file}: {error}") from None
    return Facts(regions, frozenset(regions.keys()), NationalCalendar(), schemas.shape)
