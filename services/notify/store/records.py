"""Messages and bookings as they are kept.

A message is a hash: `facts` (JSON, written once) and what changes: `status`, `attempts`, `earlier`,
`resends`, `since_ms`, `due_ms`, `sent_ms`, `error`, `claim`. A booking is a hash of `sequence` and
`document`, the newest one heard of, its contact sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import orjson

from services.notify.domain.messages import Message, Notice, Place
from services.notify.domain.owed import Visit
from shared.clock import to_ms

_FACTS = ("name", "channel", "created_ms", "until_ms")


def facts(message: Message) -> bytes:
    """The part of a message that never changes."""
    kept = {name: getattr(message, name) for name in _FACTS}
    return orjson.dumps({**kept, "notice": asdict(message.notice)})


def message_from(record: Mapping[bytes, bytes]) -> Message:
    kept = orjson.loads(record[b"facts"])
    kept["notice"] = _notice(kept["notice"])
    sent, error = record.get(b"sent_ms"), record.get(b"error")
    return Message(
        **kept,
        since_ms=int(record[b"since_ms"]),
        due_ms=int(record[b"due_ms"]),
        status=record[b"status"].decode(),
        attempts=int(record[b"attempts"]),
        earlier=int(record.get(b"earlier", 0)),
        resends=int(record.get(b"resends", 0)),
        sent_ms=int(sent) if sent else None,
        error=error.decode() if error else None,
    )


def _notice(kept: dict[str, Any]) -> Notice:
    for name in ("place", "previous", "offer"):
        if kept[name] is not None:
            kept[name] = Place(**kept[name])
    return Notice(**kept)


def visit_from(document: bytes) -> Visit:
    """What reminders depend on, of a kept booking."""
    kept = orjson.loads(document)
    start = to_ms(datetime.fromisoformat(kept["start"]))
    return Visit(kept["status"], kept["centre"]["id"], start)
