"""Events to bytes and back: CloudEvents 1.0 in Kafka's binary mode.

Owns the headers and the two ways reading can fail. The one thing to know: what is encoded is not
validated on the way out (the hot path); tests validate every event that any of them emits.
Source: CloudEvents Kafka protocol binding 1.0.2, section 3.2 (binary content mode).
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson
from marshmallow import Schema, ValidationError

from shared.contracts.base import EventType
from shared.contracts.registry import EVENT_TYPES

CONTENT_TYPE = "application/json"


class UnknownEventType(Exception):
    """A type this reader does not know: count it and skip it."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class MalformedEvent(Exception):
    """A record that can never be read: dead-letter it with `reason`."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class OutboxEntry(NamedTuple):
    """An encoded event as the outbox keeps it; `headers` is a JSON object of strings."""

    topic: str
    key: str
    headers: bytes
    value: bytes


class Event(NamedTuple):
    """A decoded, validated event; fields this reader does not know are dropped."""

    type: EventType
    id: str
    source: str
    time: str
    traceparent: str | None
    data: dict[str, Any]


def encode(
    event_type: EventType,
    data: Mapping[str, Any],
    *,
    key: str,
    source: str,
    at: datetime,
    traceparent: str | None = None,
    event_id: str | None = None,
) -> OutboxEntry:
    """The outbox entry of one event. `key` is the centre's id; `source` the app, as `/booking`."""
    headers = {
        "ce_specversion": "1.0",
        "ce_id": event_id or uuid.uuid4().hex,
        "ce_type": event_type.ce_type,
        "ce_source": source,
        "ce_time": at.astimezone(UTC).isoformat(timespec="milliseconds"),
        "content-type": CONTENT_TYPE,
    }
    if traceparent:
        headers["traceparent"] = traceparent
    return OutboxEntry(event_type.topic, key, orjson.dumps(headers), orjson.dumps(data))


_SCHEMAS: dict[type[Schema], Schema] = {}


def _schema(event_type: EventType) -> Schema:
    """Building a schema is slow: once per type."""
    if event_type.schema not in _SCHEMAS:
        _SCHEMAS[event_type.schema] = event_type.schema()
    return _SCHEMAS[event_type.schema]


def decode(headers: Mapping[str, bytes], value: bytes | None) -> Event:
    """Reads and validates one record.

    Raises `UnknownEventType` for a type (or version) that is not declared here, `MalformedEvent` for
    bytes that do not validate.
    """
    try:
        text = {
            name: headers[name].decode() for name in headers if name.startswith(("ce_", "trace"))
        }
    except UnicodeDecodeError:
        raise MalformedEvent("headers are not UTF-8") from None
    for name in ("ce_id", "ce_type"):
        if not text.get(name):
            raise MalformedEvent(f"header {name} is missing")
    event_type = EVENT_TYPES.get(text["ce_type"])
    if event_type is None:
        raise UnknownEventType(text["ce_type"])
    try:
        document = orjson.loads(value or b"")
    except orjson.JSONDecodeError as error:
        raise MalformedEvent(f"not JSON: {error}") from None
    try:
        data: dict[str, Any] = _schema(event_type).load(document)
    except ValidationError as error:
        raise MalformedEvent(f"does not validate: {error.messages}") from None
    return Event(
        event_type,
        text["ce_id"],
        text.get("ce_source", ""),
        text.get("ce_time", ""),
        text.get("traceparent"),
        data,
    )
