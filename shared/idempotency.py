"""One request's idempotency key, on its way from the route to the script that records its answer.

Owns the value and what an earlier use of the key means. Leaves the records themselves to
`shared.store.idempotency`. The one thing to know: use cases only pass it on.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import orjson

from shared.errors import KezekError, Refusal

TTL_MS = 24 * 3600 * 1000


class Replayed(KezekError):
    """The request was answered before: present this result again."""

    def __init__(self, result: Any) -> None:
        self.result = result
        super().__init__("replayed")


@dataclass
class Idempotency:
    """One request's key. Falsy key text means "none": then every method is a no-op."""

    record: str = ""
    fingerprint: str = ""
    recorded: bool = field(default=False, compare=False)

    def args(self, result: Any) -> list[str | bytes | int]:
        """Fingerprint, result, ttl: the three arguments a script takes."""
        if not self.fingerprint:
            return ["", "", 0]
        return [self.fingerprint, orjson.dumps(result), TTL_MS]

    def check(self, answer: list[Any]) -> None:
        """Raises what a script said of an earlier use of the key (`Replayed` or a `Refusal`);
        notes whether it kept the answer ("ok")."""
        if answer[0] == b"replayed":
            raise Replayed(orjson.loads(answer[1]))
        if answer[0] == b"key_reused":
            raise Refusal("idempotency_key_reused")
        self.recorded = answer[0] == b"ok"


def fingerprint(*parts: bytes) -> str:
    """Of caller, method and path, and body: length-prefixed, so that parts cannot run together."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
