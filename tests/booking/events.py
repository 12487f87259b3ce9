"""What booking's outbox holds, decoded by the contract."""

from __future__ import annotations

import orjson

from shared.contracts.codec import Event, decode
from tests.booking.conftest import World


def events_of(world: World) -> list[tuple[str, str, Event]]:
    """(key, short name, event) in order; a malformed one raises."""
    found = []
    for _, fields in world.outbox():
        headers = {name: value.encode() for name, value in orjson.loads(fields[b"h"]).items()}
        event = decode(headers, fields[b"v"])
        assert fields[b"t"] == event.type.topic.encode()
        found.append((fields[b"k"].decode(), event.type.name.removeprefix("booking."), event))
    return found


def told(world: World) -> list[tuple[str, str, int]]:
    """(key, name, sequence) of every event."""
    return [(key, name, e.data["booking"]["sequence"]) for key, name, e in events_of(world)]
