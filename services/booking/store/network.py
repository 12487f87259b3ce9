"""The network as this process knows it: every centre's newest document, read once.

Owns the cache and how it keeps up: one sequence number grows with each applied document, and every
look at the store reads it; when it has grown, only the changed documents are read again. The one
thing to know: a script checks the schedule version anyway, so a cache that is late cannot overbook.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import orjson

from services.booking.domain.centre import Centre, Service, read_centre, read_service
from services.booking.store import keys
from shared.store.connection import Client


class Network:
    """Thread-safe: readers see whole mappings, replaced at once."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._lock = threading.Lock()
        self.sequence = 0
        self.centres: Mapping[str, Centre] = {}
        self.services: Mapping[str, Service] = {}

    def catch_up(self, sequence: int) -> None:
        """Reads what changed since the sequence this process has seen. A store that came back with
        less (an emptied one) is read from the beginning."""
        if sequence == self.sequence:
            return
        with self._lock:
            if sequence < self.sequence:
                # Either the store has less, or another thread has seen more since that look.
                sequence = int(self._client.get(keys.SEQUENCE) or 0)
            if sequence < self.sequence:
                self._read_changes(since=0, known={})
            elif sequence > self.sequence:
                self._read_changes(since=self.sequence, known=self.centres)

    def _read_changes(self, *, since: int, known: Mapping[str, Centre]) -> None:
        pipe = self._client.pipeline(transaction=False)
        pipe.zrangebyscore(keys.CHANGED, f"({since}", "+inf", withscores=True)
        pipe.hgetall(keys.SERVICES)
        changed, services = pipe.execute()
        centres = dict(known)
        if changed:
            ids = [member.decode() for member, _ in changed]
            documents: Any = self._client.mget([keys.centre(i) for i in ids])
            for centre_id, document in zip(ids, documents, strict=True):
                if document is not None:
                    centres[centre_id] = read_centre(orjson.loads(document))
        self.services = _read_services(services)
        self.centres = centres
        self.sequence = int(changed[-1][1]) if changed else since


def _read_services(kept: Mapping[bytes, bytes]) -> dict[str, Service]:
    found = {}
    for code in sorted(kept):
        _, _, definition = kept[code].partition(b" ")
        found[code.decode()] = read_service(orjson.loads(definition))
    return found
