"""Fixtures for the runner and the relay: a bus, a topic of the test's own, events to send."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.bus import connect
from shared.bus.port import Bus, OutRecord, TopicSpec
from shared.contracts import bookings
from shared.contracts.base import EventType
from shared.contracts.codec import encode
from shared.contracts.registry import dead_letter_topic
from shared.messaging.relay import to_out_record

AT = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)


@pytest.fixture
def bus(bus_url: str) -> Iterator[Bus]:
    bus = connect(bus_url)
    yield bus
    bus.close()


@pytest.fixture
def topic(bus: Bus) -> str:
    """A topic with its dead-letter topic."""
    name = f"t-{uuid.uuid4().hex[:12]}"
    bus.ensure_topics([TopicSpec(name, -1), TopicSpec(dead_letter_topic(name), -1)])
    return name


def outbox_fields(
    topic: str, n: int, *, key: str = "almaty-spec-6", event_type: EventType = bookings.CONFIRMED
) -> dict[Any, Any]:
    """An entry as a service's script writes it; `n` is the booking's sequence."""
    booking = {**bookings.EXAMPLE_BOOKING, "sequence": n}
    data = {**event_type.example, "booking": booking}
    entry = encode(event_type, data, key=key, source="/booking", at=AT, event_id=f"{key}-{n}")
    return {"t": topic, "k": entry.key, "h": entry.headers, "v": entry.value}


def as_record(topic: str, n: int, **differs: Any) -> OutRecord:
    """The same, as the relay sends it."""
    fields = outbox_fields(topic, n, **differs)
    raw = {k.encode(): v if isinstance(v, bytes) else v.encode() for k, v in fields.items()}
    return to_out_record(b"1-1", raw)


@pytest.fixture
def publish(bus: Bus, topic: str) -> Callable[..., None]:
    """`publish(0, 1, OutRecord(...))`: numbers become events of the topic."""

    def send(*what: int | OutRecord) -> None:
        producer = bus.producer()
        producer.send([as_record(topic, w) if isinstance(w, int) else w for w in what])
        producer.close()

    return send
