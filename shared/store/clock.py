"""The apps' clock: the store's time plus an offset, never going back.

Owns the hash `{app}:clock`, and the mark in it that closes a store while it is being restored. The
one thing to know: hosts may disagree and step, so "now" for every deadline is the store's; the offset
is zero but where the simulated clock is switched on.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from shared.errors import StoreUnavailable
from shared.store.connection import Client, Pipeline
from shared.store.scripts import SHARED, Scripts


class StoreClock:
    """`now_ms()` costs a round trip; `commands`/`tell` join one that is made anyway."""

    def __init__(self, client: Client, prefix: str) -> None:
        self.key = f"{prefix}:clock"
        self.commands = (("TIME",), ("HMGET", self.key, "offset_ms", "last_ms", "closed"))
        self._client = client
        self._scripts = Scripts(client, SHARED)

    def ask(self, pipe: Pipeline) -> None:
        """The same, for somebody who has a pipeline."""
        for command in self.commands:
            pipe.execute_command(*command)  # type: ignore[no-untyped-call]

    @staticmethod
    def tell(time: Sequence[bytes], kept: Sequence[bytes | None]) -> int:
        """Now, from the answers of `commands`. Raises `StoreUnavailable` while it is restored."""
        if kept[2]:
            raise StoreUnavailable("the store is being restored")
        now = int(time[0]) * 1000 + int(time[1]) // 1000 + int(kept[0] or 0)
        return max(now, int(kept[1] or 0))

    def now_ms(self) -> int:
        time, kept = self._client.direct.run(self.commands, reads_only=True)
        return self.tell(time, kept)

    def advance(self, advance_ms: int) -> int:
        """Moves the offset forward; returns the new now. Only where the simulated clock is on."""
        answer: list[Any] = self._scripts.run("advance_clock", keys=[self.key], args=[advance_ms])
        return int(answer[1])
