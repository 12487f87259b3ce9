"""What one primary carries: whole booking scripts a second, with fsync before every reply.

The scripts are recorded once from real bookings, then sent in chunks over one connection, so that the
store is what is measured and not the Python in front of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from bench.figures import Figure
from bench.requests import Wishes
from bench.servers import valkey
from bench.system import open_centres, settings
from services.booking.domain.actor import Actor
from services.booking.ports import Person
from services.booking.store import Store
from services.booking.store.transitions import LUA
from services.booking.use_cases import bookings
from services.booking.wiring import build
from shared.idempotency import Idempotency
from shared.store.scripts import loaded

COUNT, CHUNK = 6000, 100


class Recorder:
    """Stands in for the scripts: keeps what would be run, and says that it went well."""

    def __init__(self) -> None:
        self.commands: list[list[Any]] = []

    def run(self, name: str, *, keys: Any, args: Any, wait_replicas: int = 0) -> list[Any]:
        _, sha = loaded(LUA, name)
        self.commands.append(["EVALSHA", sha, len(keys), *keys, *args])
        return [b"ok"]


def measure(rounds: int) -> Iterator[Figure]:
    figure = Figure("booking scripts, one primary", "scripts/s", note=f"chunks of {CHUNK}")
    for _ in range(rounds):
        with valkey() as url:
            figure.values.append(_run(url))
    yield figure


def _run(url: str) -> float:
    deps = build(settings(url))
    open_centres(deps.store)
    commands = _record(deps.store, deps)
    client = deps.client
    client.script_load(loaded(LUA, "book")[0])
    began = time.perf_counter()
    for at in range(0, COUNT, CHUNK):
        answers = client.direct.run(commands[at : at + CHUNK], reads_only=False)
        if any(answer[0] != b"ok" for answer in answers):
            raise SystemExit(f"bench: a booking was refused: {answers[0]}")
    return COUNT / (time.perf_counter() - began)


def _record(store: Store, deps: Any) -> list[list[Any]]:
    recorder, wishes, citizen = Recorder(), Wishes(), Actor("public", "citizen")
    store.__dict__["_scripts"] = recorder
    for number in range(COUNT):
        wished = wishes.hold("bench-0")
        wish = bookings.Wish(
            centre="bench-0", service="plates", start=datetime.fromisoformat(wished["start"]),
            person=Person("Әсел Нұрлан", f"{number:032x}", "+77011234567", None), language="kk",
        )  # fmt: skip
        bookings.book(
            store=store, policy=deps.policy, contacts=deps.contacts, tokens=deps.manage_tokens,
            wish=wish, actor=citizen, idem=Idempotency(), traceparent=None,
        )  # fmt: skip
    return recorder.commands
