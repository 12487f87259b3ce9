"""The network in Valkey.

Owns the keys `{centres}:*`: one JSON document per centre, their ids, the catalogue of services with
its version, a counter of writes that tells a process whether what it has in memory is still true,
and the outbox. Leaves every decision to the use cases. The one thing to know: what is written was
computed from bytes that the script compares, so that a lost race is a `Conflict` and never a lost
change.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from services.centres.ports import Catalogue, Conflict, Idem, Kept, Reading, Write
from shared import journal
from shared.store.clock import StoreClock
from shared.store.connection import Client
from shared.store.scripts import Scripts

PREFIX = "{centres}"
LUA = Path(__file__).parent / "lua"
_NOTHING = Catalogue(0, {})


class CentreStore:
    """See `ports.Centres`. Thread-safe; a process keeps the last network it read."""

    def __init__(self, client: Client) -> None:
        self.clock = StoreClock(client, PREFIX)
        self._client = client
        self._scripts = Scripts(client, LUA)
        self._catalogue = _NOTHING
        self._network: tuple[bytes | None, dict[str, Kept]] = (b"", {})

    def read(self, *centres: str) -> Reading:
        pipe = self._client.pipeline(transaction=False)
        self.clock.ask(pipe)
        pipe.get(f"{PREFIX}:catalogue:version")
        pipe.mget([_key(c) for c in centres] or [_key("")])
        time, kept, version, raws = pipe.execute()
        found = {c: _kept(raw) for c, raw in zip(centres, raws, strict=False) if raw}
        return Reading(self.clock.tell(time, kept), self._catalogue_of(version), found)

    def read_all(self) -> Reading:
        pipe = self._client.pipeline(transaction=False)
        self.clock.ask(pipe)
        pipe.get(f"{PREFIX}:catalogue:version")
        pipe.get(f"{PREFIX}:seq")
        time, kept, version, seq = pipe.execute()
        now, catalogue = self.clock.tell(time, kept), self._catalogue_of(version)
        return Reading(now, catalogue, self._network_of(seq))

    def _network_of(self, seq: bytes | None) -> dict[str, Kept]:
        """All centres by id. What is read may be newer than `seq` says: then it is read once
        more."""
        known, network = self._network
        if known == seq:
            return network
        members: Any = self._client.smembers(f"{PREFIX}:ids")
        ids = sorted(c.decode() for c in members)
        raws: Any = self._client.mget([_key(c) for c in ids]) if ids else []
        network = {c: _kept(raw) for c, raw in zip(ids, raws, strict=True) if raw}
        self._network = (seq, network)
        return network

    def _catalogue_of(self, version: bytes | None) -> Catalogue:
        if version is None:
            return _NOTHING
        if int(version) != self._catalogue.version:
            raw = orjson.loads(self._client.get(f"{PREFIX}:catalogue") or b"{}")
            self._catalogue = Catalogue(raw["version"], raw["definitions"])
        return self._catalogue

    def write_centres(
        self, writes: Sequence[Write], *, reading: Reading, idem: Idem, result: Any
    ) -> None:
        keys = [f"{PREFIX}:clock", idem.record]
        keys += [f"{PREFIX}:{n}" for n in ("catalogue:version", "ids", "seq", "outbox")]
        args: list[str | bytes | int] = [*idem.args(result), reading.catalogue.version or ""]
        for write in writes:
            keys.append(_key(write.stored["id"]))
            args += [write.stored["id"], write.raw or b"", orjson.dumps(write.stored), *write.event]
        answer = self._scripts.run("write_centres", keys=keys, args=args)
        idem.check(answer)
        if answer[0] == b"conflict":
            idem.recorded = False
            raise Conflict
        for write in writes:
            journal.tell(write.event, version=write.stored["version"])

    def write_catalogue(self, catalogue: Catalogue, *, was: int) -> None:
        raw = orjson.dumps(
            {"version": catalogue.version, "definitions": dict(catalogue.definitions)}
        )
        keys = [f"{PREFIX}:catalogue:version", f"{PREFIX}:catalogue"]
        args: list[str | bytes | int] = [was or "", catalogue.version, raw]
        if self._scripts.run("write_catalogue", keys=keys, args=args)[0] == b"conflict":
            raise Conflict

    def desk_epoch(self, centre: str) -> int | None:
        """The epoch that a desk token of this centre must have at least; None for an unknown
        centre."""
        raw = self._client.get(_key(centre))
        return int(orjson.loads(raw)["desk_epoch"]) if raw else None

    def count(self) -> int:
        """How many centres are known."""
        return int(self._client.scard(f"{PREFIX}:ids"))

    def relay_state(self) -> dict[str, str]:
        """What the relay last said of itself; empty before it first ran."""
        kept: Any = self._client.hgetall(f"{PREFIX}:relay:state")
        return {name.decode(): value.decode() for name, value in kept.items()}


def _key(centre: str) -> str:
    return f"{PREFIX}:centre:{centre}"


def _kept(raw: bytes) -> Kept:
    return Kept(raw, orjson.loads(raw))
