"""A lease: one owner of a name at a time, kept in Redis.

Owns taking, renewing and giving up. Leaves fencing to the scripts that write: each compares the
token, since a process that was stopped for longer than the lease finds out only by asking. Leases
run in real time, whatever the simulated clock says.
"""

from __future__ import annotations

import threading
import time
import uuid
from pathlib import Path

import redis

from shared.errors import Retryable

TTL_MS = 5_000
"""How long others wait after a kill -9. Renewed three times within, so that one slow fsync or a
collector's pause does not lose it."""
STANDBY_S = 0.5
"""How often one that stands by asks."""

LUA = Path(__file__).parent / "lua"
_DOWN = (redis.exceptions.RedisError, Retryable)


class Lease:
    """Held from `acquire` until `release`, loss, or the death of the process; renewed by a thread.

    With `idle_limit_s` it is given up too when nobody called `touch` for that long: an owner that
    hangs must not own for ever.
    """

    def __init__(
        self,
        client: redis.Redis,
        key: str,
        *,
        ttl_ms: int = TTL_MS,
        idle_limit_s: float | None = None,
    ) -> None:
        self.key = key
        self.token = ""
        self._client = client
        self._ttl_ms = ttl_ms
        self._idle_limit_s = idle_limit_s
        self._renew = client.register_script((LUA / "lease_renew.lua").read_text("utf-8"))
        self._release = client.register_script((LUA / "lease_release.lua").read_text("utf-8"))
        self._valid_until = 0.0
        self._touched = 0.0
        self._ended = threading.Event()

    @property
    def held(self) -> bool:
        """As far as this process can know without asking."""
        return time.monotonic() < self._valid_until

    def acquire(self) -> bool:
        """True if it is ours now; a new token each time, so that nothing of an earlier turn passes.
        Raises the client's errors."""
        token, asked_at = uuid.uuid4().hex, time.monotonic()
        if not self._client.set(self.key, token, nx=True, px=self._ttl_ms):
            return False
        self.drop()
        self.token, self._valid_until = token, asked_at + self._ttl_ms / 1000
        self.touch()
        self._ended = threading.Event()
        threading.Thread(
            target=self._keep, args=(token, self._ended), name=f"lease {self.key}", daemon=True
        ).start()
        return True

    def touch(self) -> None:
        self._touched = time.monotonic()

    def drop(self) -> None:
        """Stop renewing: it runs out by itself. No I/O."""
        self._ended.set()
        self._valid_until, self.token = 0.0, ""

    def release(self) -> None:
        """Give it up at once. A failure is no harm: then it runs out by itself."""
        token = self.token
        self.drop()
        if token:
            try:
                self._release(keys=[self.key], args=[token])
            except _DOWN:
                return

    def _keep(self, token: str, ended: threading.Event) -> None:
        while not ended.wait(self._ttl_ms / 3000):
            asked_at = time.monotonic()
            if self._idle_limit_s is not None and asked_at - self._touched > self._idle_limit_s:
                return
            try:
                kept = self._renew(keys=[self.key], args=[token, self._ttl_ms])
            except _DOWN:
                continue  # `held` turns false by itself if this goes on
            if ended.is_set():
                return
            if kept[0] != b"ok":
                self._valid_until = 0.0
                return
            self._valid_until = asked_at + self._ttl_ms / 1000
