"""examples/day_list.py, run as a centre would run it, against a real broker."""

from __future__ import annotations

import ast
import subprocess
import sys
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.bus import connect
from shared.bus.port import OutRecord
from shared.contracts import bookings
from shared.contracts.base import EventType
from shared.contracts.codec import encode
from shared.messaging.relay import to_out_record
from shared.messaging.topics import specs
from tests.servers import ROOT

SAMPLE = ROOT / "examples" / "day_list.py"
DAY = "2026-11-24"


def event(
    event_type: EventType, key: str, reference: str, sequence: int, *, centre: str, **differs: Any
) -> OutRecord:
    """A record made as the apps make it, from the contract's example."""
    example = event_type.example["booking"]
    booking = {
        **example,
        "reference": reference,
        "sequence": sequence,
        "centre": {**example["centre"], "id": centre},
        **differs,
    }
    at = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
    data = {**event_type.example, "booking": booking}
    entry = encode(event_type, data, key=key, source="/booking", at=at)
    raw = {
        b"t": entry.topic.encode(),
        b"k": entry.key.encode(),
        b"h": entry.headers,
        b"v": entry.value,
    }
    return to_out_record(b"1-1", raw)


def run(url: str, centre: str) -> list[str]:
    servers = url.removeprefix("kafka://")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(SAMPLE), servers, centre, DAY],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return [" ".join(line.split()) for line in done.stdout.splitlines()]


def test_the_sample_is_short_and_imports_nothing_of_this_project() -> None:
    text = SAMPLE.read_text("utf-8")
    assert len(text.splitlines()) <= 60
    imported = {
        (node.module or "").split(".")[0]
        if isinstance(node, ast.ImportFrom)
        else name.name.split(".")[0]
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in node.names
    }
    assert imported <= {"kafka", "json", "sys"}


@pytest.mark.e2e
def test_the_sample_builds_the_day_list_from_the_topic_alone(kafka_url: str) -> None:
    here, there = f"here-{uuid.uuid4().hex[:8]}", f"there-{uuid.uuid4().hex[:8]}"
    confirmed = event(bookings.CONFIRMED, here, "AAAA", 0, centre=here, time="11:00")
    left = event(bookings.LEFT, here, "BBBB", 1, centre=there)
    came_late = event(bookings.CONFIRMED, here, "BBBB", 0, centre=here)
    records = [
        confirmed,
        confirmed,  # a duplicate
        event(bookings.CONFIRMED, here, "BBBB", 0, centre=here),
        left,
        event(bookings.MOVED, there, "BBBB", 1, centre=there),
        came_late,
        event(bookings.CONFIRMED, here, "CCCC", 0, centre=here, time="10:00"),
        event(bookings.CANCELLED, here, "CCCC", 1, centre=here, time="10:00"),
        event(bookings.CONFIRMED, here, "DDDD", 0, centre=here, time="12:00"),
        event(bookings.MOVED, here, "DDDD", 1, centre=here, time="09:30"),
        event(bookings.CHECKED_IN, here, "DDDD", 2, centre=here, time="09:30"),
        event(bookings.CONFIRMED, here, "EEEE", 0, centre=here, day="2026-11-25"),
        event(bookings.CONFIRMED, here, "FFFF", 0, centre=here, time="13:00"),
        event(bookings.DISPLACED, here, "FFFF", 1, centre=here, time="13:00"),
        event(bookings.CONFIRMED, there, "GGGG", 0, centre=there),
    ]
    bus = connect(kafka_url)
    bus.ensure_topics(specs())
    producer = bus.producer()
    producer.send(records)
    producer.close()
    bus.close()
    service = "Нөмірлік белгі беру"
    assert run(kafka_url, here) == [
        f"{here} {DAY}",
        f"09:30 DDDD checked_in kk {service}",
        f"11:00 AAAA confirmed kk {service}",
    ]
    assert run(kafka_url, there) == [
        f"{there} {DAY}",
        f"09:00 BBBB confirmed kk {service}",
        f"09:00 GGGG confirmed kk {service}",
    ]
