"""The centres app's part in recovery: `python -m services.centres.recovery STEP`.

Owns what its events say of its store. The one thing to know: readers are told effective documents,
from which base and dated changes cannot be had back; so each event also carries what is kept of the
centre (`kept`), for this app alone. The catalogue comes back as far as centres offer it; `make load`
adds the rest.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import orjson

from services.centres import wiring
from services.centres.ports import By, Facts
from services.centres.store import PREFIX, CentreStore
from services.centres.use_cases.writing import SOURCE, restated
from shared.config import Settings
from shared.contracts.codec import OutboxEntry
from shared.messaging.facts import Fact
from shared.messaging.recovery_command import main
from shared.messaging.relay import LUA
from shared.store.connection import Client
from shared.store.export import batches
from shared.store.idempotency import IdempotencyRecords
from shared.store.scripts import Scripts

CENTRE = f"{PREFIX}:centre:"
CATALOGUE, CATALOGUE_VERSION = f"{PREFIX}:catalogue", f"{PREFIX}:catalogue:version"


class CentresRecovery:
    """See `shared.messaging.recovery.Recoverable`. `facts` are asked for by `restated` alone."""

    prefix = PREFIX
    source = SOURCE
    topics: tuple[str, ...] = ("centres",)

    def __init__(self, facts: Callable[[], Facts]) -> None:
        self._facts = facts

    def restated(self, client: Client) -> Iterator[OutboxEntry]:
        facts, reading = self._facts(), CentreStore(client).read_all()
        by = By("system", IdempotencyRecords(client, PREFIX).none())
        for kept in reading.centres.values():
            yield restated(kept, reading=reading, facts=facts, by=by)

    def replay(self, client: Client, _now_ms: int) -> CentresReplay:
        return CentresReplay(client)

    def canonical(self, client: Client, _now_ms: int) -> Iterator[tuple[str, Any]]:
        members: Any = client.smembers(f"{PREFIX}:ids")
        yield from ((f"listed {centre.decode()}", True) for centre in members)
        for names in batches(client, f"{CENTRE}*"):
            values: Any = client.mget(names)
            for name, raw in zip(names, values, strict=True):
                yield f"centre {name.decode().removeprefix(CENTRE)}", orjson.loads(raw)


class CentresReplay:
    """See `shared.messaging.recovery.Replay`."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._scripts = Scripts(client, LUA)
        kept = client.get(CATALOGUE)
        self._definitions: dict[str, dict[str, Any]] = (
            orjson.loads(kept)["definitions"] if kept else {}
        )

    def apply(self, facts: list[Fact]) -> None:
        names: list[str] = []
        args: list[str | bytes | int] = ["version"]
        for fact in facts:
            for definition in fact.data["centre"]["definitions"]:
                known = self._definitions.get(definition["code"])
                if known is None or known["version"] < definition["version"]:
                    self._definitions[definition["code"]] = definition
            if kept := fact.data.get("kept"):
                names.append(f"{CENTRE}{kept['id']}")
                args += [kept["version"], orjson.dumps(kept)]
        if names:
            self._scripts.run("replay", keys=names, args=args)

    def finish(self) -> None:
        version = int(self._client.get(CATALOGUE_VERSION) or 0) + 1
        catalogue = {"version": version, "definitions": self._definitions}
        pipe = self._client.pipeline()
        for names in batches(self._client, f"{CENTRE}*"):
            pipe.sadd(f"{PREFIX}:ids", *(n.decode().removeprefix(CENTRE) for n in names))
        pipe.set(CATALOGUE, orjson.dumps(catalogue))
        pipe.set(CATALOGUE_VERSION, version)
        pipe.incr(f"{PREFIX}:seq")
        pipe.execute()


def _facts() -> Facts:
    return wiring.build(Settings.from_env()).facts


if __name__ == "__main__":
    sys.exit(main(CentresRecovery(_facts), sys.argv[1:]))
