"""One app's keys in a file, and back.

Owns the format: gzip of one JSON line, then per key its name, its instant of expiry and the server's
own DUMP of it. The one thing to know: a file is whole or is not there; it holds personal data (sealed)
and idempotency records, so it is readable by its owner only.
"""

from __future__ import annotations

import gzip
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from shared.errors import KezekError
from shared.store.connection import Client

FORMAT = 1
BATCH = 500
_HEAD = struct.Struct(">IqI")
"""Bytes of the name, expiry in ms since 1970 (0: never), bytes of the dump."""
_END = _HEAD.pack(0, 0, 0)


class BadBackup(KezekError):
    """The file is no backup of this app, or not a whole one."""


def save(client: Client, prefix: str, path: Path, facts: dict[str, Any]) -> int:
    """Writes every key under `prefix`; how many. `client` is a frozen copy, so that they agree."""
    partial = path.with_name(f".{path.name}.partial")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    count = 0
    with os.fdopen(handle, "wb") as file:
        with gzip.GzipFile(fileobj=file, mode="wb", compresslevel=1, mtime=0) as packed:
            head = {"format": FORMAT, "prefix": prefix, **facts}
            packed.write(orjson.dumps(head) + b"\n")
            for key, expires_ms, dump in _dumps(client, prefix):
                packed.write(_HEAD.pack(len(key), expires_ms, len(dump)) + key + dump)
                count += 1
            packed.write(_END)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)
    return count


def facts_of(path: Path, prefix: str) -> dict[str, Any]:
    """What was noted with a backup. Raises `BadBackup`, also where any part of it is missing."""
    with _opened(path, prefix) as (_, facts):
        pass
    for _ in records(path, prefix):
        pass
    return facts


def records(path: Path, prefix: str) -> Iterator[tuple[bytes, int, bytes]]:
    """(key, expiry or 0, dump) of each key. Raises `BadBackup`."""
    with _opened(path, prefix) as (file, _):
        try:
            while (head := file.read(_HEAD.size)) != _END:
                key_bytes, expires_ms, dump_bytes = _HEAD.unpack(head)
                key, dump = file.read(key_bytes), file.read(dump_bytes)
                if len(dump) != dump_bytes or not key.startswith(prefix.encode()):
                    raise BadBackup(f"{path.name} is damaged")
                yield key, expires_ms, dump
        except (OSError, EOFError, struct.error) as error:
            raise BadBackup(f"{path.name} is damaged: {error}") from None


class _opened:
    """The file behind its first line, and that line."""

    def __init__(self, path: Path, prefix: str) -> None:
        self._path, self._prefix = path, prefix

    def __enter__(self) -> tuple[gzip.GzipFile, dict[str, Any]]:
        try:
            self._file = gzip.open(self._path, "rb")
            facts: dict[str, Any] = orjson.loads(self._file.readline())
        except (OSError, EOFError, orjson.JSONDecodeError) as error:
            raise BadBackup(f"{self._path} is no backup: {error}") from None
        if facts.get("format") != FORMAT or facts.get("prefix") != self._prefix:
            raise BadBackup(f"{self._path} is no backup of {self._prefix}")
        return self._file, facts

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _dumps(client: Client, prefix: str) -> Iterator[tuple[bytes, int, bytes]]:
    for names in batches(client, f"{prefix}:*"):
        pipe = client.pipeline(transaction=False)
        ask: Any = pipe.execute_command  # untyped in redis-py
        for name in names:
            ask("PEXPIRETIME", name)
            ask("DUMP", name)
        answers = pipe.execute()
        for name, expires_ms, dump in zip(names, answers[::2], answers[1::2], strict=True):
            if dump is not None:
                yield name, max(0, expires_ms), dump


def batches(client: Client, pattern: str) -> Iterator[list[bytes]]:
    """Names of keys, some hundreds at a time; a name may come twice if keys are added meanwhile."""
    batch: list[bytes] = []
    for name in client.scan_iter(pattern, count=BATCH):
        batch.append(name)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def put_back(client: Client, path: Path, prefix: str, *, leave: frozenset[bytes]) -> int:
    """Writes the keys of a backup, but for those in `leave`; how many. Others stay as they are."""
    count = 0
    pipe = client.pipeline(transaction=False)
    for key, expires_ms, dump in records(path, prefix):
        if key in leave:
            continue
        pipe.restore(key, expires_ms, dump, replace=True, absttl=True)
        count += 1
        if count % BATCH == 0:
            pipe.execute()
    pipe.execute()
    return count
