"""Recovery of one app's store: reseed, verify, backup, restore, rebuild.

Owns the steps; what an app keeps and what its events say of it, the app tells (`Recoverable`). The one
thing to know: replay applies facts and runs no rules, newer versions win, and everything that follows
from the documents (what is taken, who holds a claim) is worked out anew at the end.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import orjson

from shared.bus.port import Bus
from shared.contracts.codec import OutboxEntry
from shared.errors import KezekError
from shared.messaging.facts import EntryId, Fact, Log, chunks, entry_text, outbox_top
from shared.messaging.relay_state import state_key
from shared.store import export
from shared.store.clock import StoreClock
from shared.store.connection import Client

CHUNK = 200
OUTBOX_MOST = 20_000
"""Reseeding waits while more than that is waiting for the relay: the outbox is in memory."""
STUCK_S = 60.0
RELAY_TOKEN = "restoring"  # noqa: S105 - the relays' lease, held so that none of them works


class Replay(Protocol):
    """An app's store being filled from facts."""

    def apply(self, facts: list[Fact]) -> None: ...
    def finish(self) -> None:
        """Works out what follows from the documents; the store is then as if it had never failed."""


class Recoverable(Protocol):
    """What an app tells of itself. `prefix` as `{booking}`, `source` as `/booking`."""

    prefix: str
    source: str
    topics: tuple[str, ...]

    def restated(self, client: Client) -> Iterator[OutboxEntry]:
        """An event with the full state of every entity, in the version it has."""

    def replay(self, client: Client, now_ms: int) -> Replay: ...
    def canonical(self, client: Client, now_ms: int) -> Iterator[tuple[str, Any]]:
        """Name and JSON-able value of everything that a replay must bring back."""


class Verdict(NamedTuple):
    """`differing` are names of facts; `digest` is of the live copy."""

    facts: int
    digest: str
    differing: list[str]


def reseed(app: Recoverable, client: Client, *, say: Callable[[str], None]) -> int:
    """Every entity's state into the outbox, and the relay forgets how far the log once reached."""
    state: Any = client.hkeys(state_key(app.prefix))
    ends = [name for name in state if name.startswith(b"end:")]
    if ends:
        client.hdel(state_key(app.prefix), *ends)
    count = 0
    for chunk in chunks(app.restated(client), CHUNK):
        _wait_for_relay(app, client, say)
        pipe = client.pipeline(transaction=False)
        for entry in chunk:
            fields: dict[Any, Any] = dict(zip("tkhv", entry, strict=True))
            pipe.xadd(f"{app.prefix}:outbox", fields)
        pipe.execute()
        count += len(chunk)
    return count


def _wait_for_relay(app: Recoverable, client: Client, say: Callable[[str], None]) -> None:
    least, since = client.xlen(f"{app.prefix}:outbox"), time.monotonic()
    while (waiting := client.xlen(f"{app.prefix}:outbox")) > OUTBOX_MOST:
        if waiting < least:
            least, since = waiting, time.monotonic()
        if time.monotonic() - since > STUCK_S:
            raise KezekError(f"{waiting} entries wait and no relay takes them: is the worker up?")
        say(f"{waiting} entries wait for the relay ...")
        time.sleep(1.0)


def verify(app: Recoverable, copy: Client, scratch: Client, bus: Bus) -> Verdict:
    """Compares a frozen copy with what the log says up to the same point; `scratch` is empty."""
    now_ms = StoreClock(copy, app.prefix).now_ms()
    log = Log(bus, app.topics, app.source)
    replay = app.replay(scratch, now_ms)
    count = _feed(replay, log.facts(until=outbox_top(copy, app.prefix)))[0]
    count += _feed(replay, log.waiting(copy, app.prefix))[0]
    replay.finish()
    live, replayed = (_digests(app, client, now_ms) for client in (copy, scratch))
    differing = sorted(
        name for name in live.keys() | replayed.keys() if live.get(name) != replayed.get(name)
    )
    return Verdict(count, _digest(sorted(live.items())), differing)


def backup(app: Recoverable, copy: Client, path: Path) -> int:
    """The keys of a frozen copy into a file; how many."""
    top = outbox_top(copy, app.prefix)
    taken_ms = StoreClock(copy, app.prefix).now_ms()
    facts = {"taken_ms": taken_ms, "outbox_top": entry_text(top) if top else None}
    return export.save(copy, app.prefix, path, facts)


def restore(app: Recoverable, client: Client, path: Path, bus: Bus) -> tuple[int, int]:
    """A backup, and then all that the log knows beyond it; keys and facts. Harmless when repeated.

    What the store has now is given up. Raises `BadBackup` before anything is changed.
    """
    export.facts_of(path, app.prefix)
    with closed(app, client):
        kept = frozenset(name.encode() for name in (_clock(app), _lease(app)))
        for names in export.batches(client, f"{app.prefix}:*"):
            gone = [name for name in names if name not in kept]
            if gone:
                client.unlink(*gone)
        keys = export.put_back(client, path, app.prefix, leave=kept)
        return keys, _replay_all(app, client, bus)


def rebuild(app: Recoverable, client: Client, bus: Bus) -> int:
    """What the log says, into the store that is there (empty, usually); how many facts."""
    with closed(app, client):
        return _replay_all(app, client, bus)


@contextmanager
def closed(app: Recoverable, client: Client) -> Iterator[None]:
    """Every transition and look at the store is refused as an outage (503), and no relay works.

    Stays so after an error: a store that is half restored must not be opened.
    """
    client.hset(_clock(app), "closed", "1")
    client.set(_lease(app), RELAY_TOKEN)
    yield
    client.hdel(_clock(app), "closed")
    client.delete(_lease(app))


def _replay_all(app: Recoverable, client: Client, bus: Bus) -> int:
    now = client.time()
    offset_ms = int(client.hget(_clock(app), "offset_ms") or 0)
    now_ms = now[0] * 1000 + now[1] // 1000 + offset_ms
    replay = app.replay(client, now_ms)
    count, last = _feed(replay, Log(bus, app.topics, app.source).facts())
    _feed(replay, Log(bus, app.topics, app.source).waiting(client, app.prefix))
    replay.finish()
    top = outbox_top(client, app.prefix)
    if top is None or top < last:
        # New entries must lie beyond those that the log has.
        entry: Any = client.xadd(f"{app.prefix}:outbox", {"-": "-"}, id=entry_text(last))
        client.xdel(f"{app.prefix}:outbox", entry)
    return count


def _feed(replay: Replay, facts: Iterable[Fact]) -> tuple[int, EntryId]:
    """How many, and the last own entry among them."""
    count, last = 0, (0, 1)
    for chunk in chunks(facts, CHUNK):
        replay.apply(chunk)
        count += len(chunk)
        last = max([last, *(fact.entry for fact in chunk if fact.own)])
    return count, last


def _digests(app: Recoverable, client: Client, now_ms: int) -> dict[str, str]:
    return {name: _digest(value) for name, value in app.canonical(client, now_ms)}


def _digest(value: Any) -> str:
    raw = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(raw).hexdigest()[:32]


def _clock(app: Recoverable) -> str:
    return f"{app.prefix}:clock"


def _lease(app: Recoverable) -> str:
    return f"{app.prefix}:relay:lease"
