"""How records lie in Redis: keys, entry ids as offsets, headers as JSON; and the client's errors.

Owns the names `{bus}:<topic>` (a stream), `{bus}:groups:<topic>`, `{bus}:cursor:<group>:<topic>`,
`{bus}:lease:<group>` and `{bus}:retention`. An outside reader meets this layout
(docs/consuming-events.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import orjson
import redis

from shared.bus.port import BusUnavailable, Record

_SEQ_BITS = 32  # of an entry id "milliseconds-sequence" put into one growing number


@contextmanager
def translated() -> Iterator[None]:
    """The client's errors are `BusUnavailable` here: none of them says that nothing was written."""
    try:
        yield
    except redis.exceptions.RedisError as error:
        raise BusUnavailable(f"{type(error).__name__}: {error}") from error


def stream_key(topic: str) -> str:
    return f"{{bus}}:{topic}"


def groups_key(topic: str) -> str:
    return f"{{bus}}:groups:{topic}"


def cursor_key(group: str, topic: str) -> str:
    return f"{{bus}}:cursor:{group}:{topic}"


RETENTION_KEY = "{bus}:retention"


def to_offset(entry_id: bytes) -> int:
    ms, _, seq = entry_id.partition(b"-")
    return int(ms) << _SEQ_BITS | int(seq)


def to_entry_id(offset: int) -> str:
    return f"{offset >> _SEQ_BITS}-{offset & (1 << _SEQ_BITS) - 1}"


def pack_headers(headers: Sequence[tuple[str, bytes]]) -> bytes:
    """JSON pairs, the bytes as Latin-1 code points: exact for any bytes, readable for text."""
    return orjson.dumps([(name, value.decode("latin-1")) for name, value in headers])


def to_record(topic: str, entry_id: bytes, fields: Mapping[bytes, bytes]) -> Record:
    offset = to_offset(entry_id)
    headers = tuple((name, text.encode("latin-1")) for name, text in orjson.loads(fields[b"h"]))
    return Record(
        topic, 0, offset, fields.get(b"k"), fields.get(b"v"), headers, offset >> _SEQ_BITS
    )
