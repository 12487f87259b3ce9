"""The records of idempotency keys: the same request twice has one effect and one answer.

Owns the record `{app}:idempotency:<digest>`. The one thing to know: the record is written in the same
script as the effect (`lua/idempotency.lua`), holds the *result* (facts, no tokens) and is presented
anew on replay; a duplicate that is still running loses the race in that script and is replayed.
"""

from __future__ import annotations

import hashlib
from typing import Any

import orjson

from shared.errors import Refusal
from shared.idempotency import Idempotency, Replayed
from shared.store.connection import Client
from shared.store.scripts import SHARED, Scripts


class IdempotencyRecords:
    """The records of one app."""

    def __init__(self, client: Client, prefix: str) -> None:
        self._client = client
        self._prefix = prefix
        self._scripts = Scripts(client, SHARED)

    def none(self) -> Idempotency:
        return Idempotency(record=self._name(""))

    def begin(self, key: str, print_: str) -> Idempotency:
        """Raises `Replayed` or `idempotency_key_reused` if the key was used; else the key to pass on."""
        idem = Idempotency(record=self._name(key), fingerprint=print_)
        self.recheck(idem)
        return idem

    def recheck(self, idem: Idempotency) -> None:
        """As `begin`: before a refusal is answered, since the first of two duplicates may have won."""
        kept: Any = self._client.get(idem.record) if idem.fingerprint else None
        if kept is None:
            return
        if kept[:64].decode() != idem.fingerprint:
            raise Refusal("idempotency_key_reused")
        raise Replayed(orjson.loads(kept[64:]))

    def remember(self, idem: Idempotency, result: Any) -> None:
        """For a call whose effect needed no script. Raises `Replayed` if a duplicate was first."""
        if idem.fingerprint and not idem.recorded:
            idem.check(self._scripts.run("remember", keys=[idem.record], args=idem.args(result)))

    def _name(self, key: str) -> str:
        return f"{self._prefix}:idempotency:{hashlib.sha256(key.encode()).hexdigest()[:40]}"
