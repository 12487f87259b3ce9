"""Lua scripts: loaded from files beside the store that uses them.

Owns the loading and the inclusion of shared fragments (`-- @include clock`). The one thing to know:
one transition is one script; a script returns a list whose first item is a status, and an error reply
is a bug, never an outcome.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from redis.exceptions import NoScriptError

from shared.errors import StoreUnavailable
from shared.store.connection import Client

WAIT_TIMEOUT_MS = 1000
"""For replicas to have a write on their disks: below the connection's time-out."""
SHARED = Path(__file__).parent / "lua"
_INCLUDE = re.compile(r"^-- @include ([a-z_]+)$", re.MULTILINE)


@cache
def source(folder: Path, name: str) -> str:
    """The script's text with its includes in place; fragments are sought beside it, then in shared."""

    def fragment(match: re.Match[str]) -> str:
        for place in (folder, SHARED):
            path = place / f"{match[1]}.lua"
            if path.exists():
                return path.read_text("utf-8").rstrip()
        raise FileNotFoundError(f"{folder / name}.lua includes {match[1]}, which does not exist")

    return _INCLUDE.sub(fragment, (folder / f"{name}.lua").read_text("utf-8"))


@cache
def loaded(folder: Path, name: str) -> tuple[str, str]:
    """The script's text and the name the server knows it by."""
    text = source(folder, name)
    return text, hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Scripts:
    """The scripts of one folder on one client; loaded into the server at first use, and again after
    a restart of the server."""

    def __init__(self, client: Client, folder: Path) -> None:
        self._client = client
        self._folder = folder

    def run(
        self,
        name: str,
        *,
        keys: Sequence[str],
        args: Sequence[str | bytes | int],
        wait_replicas: int = 0,
    ) -> list[Any]:
        """Runs one script atomically. Raises `StoreUnavailable` when the outcome is unknown.

        With `wait_replicas` also where fewer replicas than that have it on their disks in time: it is
        done then, and repeating it with the same idempotency key gets its answer.
        """
        text, sha = loaded(self._folder, name)
        rest = [len(keys), *keys, *args]
        wait = [["WAITAOF", 1, wait_replicas, WAIT_TIMEOUT_MS]] if wait_replicas else []
        try:
            answer = self._client.direct.run([["EVALSHA", sha, *rest], *wait], reads_only=False)
        except NoScriptError:  # a server that has not seen it, or was restarted
            answer = self._client.direct.run([["EVAL", text, *rest], *wait], reads_only=False)
        if wait:
            local, replicas = answer[1]
            if local < 1 or replicas < wait_replicas:
                raise StoreUnavailable(f"{replicas} of {wait_replicas} replicas have it")
        found: list[Any] = answer[0]
        return found
