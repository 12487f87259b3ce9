"""A frozen copy of a store, on a scratch server.

Owns how the copy is made: the scratch server becomes a replica for a moment, so that the copy is of
one instant and nobody who writes has to wait. The one thing to know: a scratch server must be empty
before, since becoming a replica empties it, and is emptied afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from shared.errors import ConfigurationError, KezekError
from shared.store.connection import Client, connect, where
from shared.store.tunnel import Tunnel

SYNC_LIMIT_S = 900.0
LOOK_EVERY_S = 0.05
SLOW_S = 60.0
"""What a scratch server may take for one command: emptying it, say."""


class CopyFailed(KezekError):
    """The scratch server did not become a copy; the text says why."""


@contextmanager
def frozen(live_url: str, scratch_url: str) -> Iterator[tuple[Client, Client]]:
    """The copy of the live store at one instant, and an empty database beside it.

    Raises `ConfigurationError` for a scratch server that is not empty, `CopyFailed`,
    `StoreUnavailable`.
    """
    live = where(live_url)
    with (
        connect(scratch_url, timeout_s=SLOW_S, db=live.db) as copy,
        connect(scratch_url, timeout_s=SLOW_S, db=(live.db + 1) % 16) as beside,
    ):
        if copy.info("keyspace"):
            raise ConfigurationError("KEZEK_SCRATCH_URL names a server that is not empty")
        try:
            with Tunnel.to(live) as (host, port):
                _replicate(copy, host, port, live.username, live.password)
            beside.flushdb()
            yield copy, beside
        finally:
            with suppress(KezekError):
                copy.execute_command("REPLICAOF", "NO", "ONE")
                copy.flushall()


def _replicate(copy: Client, host: str, port: int, username: str, password: str) -> None:
    # The names that Redis and Valkey both know.
    copy.config_set("masteruser", username)
    copy.config_set("masterauth", password)
    copy.execute_command("REPLICAOF", host, port)
    deadline = time.monotonic() + SYNC_LIMIT_S
    state: dict[str, Any] = {}
    while state.get("master_link_status") != "up":
        if time.monotonic() > deadline:
            raise CopyFailed(f"the scratch server cannot copy {host}:{port}: {state}")
        time.sleep(LOOK_EVERY_S)
        state = copy.info("replication")
    copy.execute_command("REPLICAOF", "NO", "ONE")
    copy.config_set("masterauth", "")
