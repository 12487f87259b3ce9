"""The AsyncAPI 3.0 document of all topics and events: `python -m shared.contracts.asyncapi` prints it.

Owns nothing but the translation. The same declarations give the same text.
"""

from __future__ import annotations

import sys
from typing import Any

from shared.contracts.base import EventType, Topic
from shared.contracts.jsonschema import schemas
from shared.contracts.registry import EVENT_TYPES, TOPICS, dead_letter_topic

BINDING = "0.5.0"
_ABOUT = (
    "Every event carries the whole state of its entity and its version (a centre's `version`, a "
    "booking's `sequence`): apply it if and only if that is greater than the one you have. Records are "
    "CloudEvents 1.0 in Kafka's binary mode; the key is the centre's id. Ignore fields and types that "
    "you do not know."
)
_HEADERS = {
    "ce_id": "unique to the event",
    "ce_source": "the app it comes from",
    "ce_specversion": "of CloudEvents",
    "ce_time": "when it happened, in UTC",
    "content-type": "of the value",
}


def document() -> dict[str, Any]:
    """The document as plain data."""
    by_topic = {name: [e for e in EVENT_TYPES.values() if e.topic == name] for name in TOPICS}
    channels: dict[str, Any] = {}
    for topic in TOPICS.values():
        channels[topic.name] = _channel(topic, by_topic[topic.name])
        channels[dead_letter_topic(topic.name)] = {
            "address": dead_letter_topic(topic.name),
            "description": f"Records of `{topic.name}` that could not be handled, with the reason.",
        }
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "Kezek events", "version": "1.0.0", "description": _ABOUT},
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": {
            f"publish-{name}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{name}"},
                "messages": [
                    {"$ref": f"#/channels/{name}/messages/{event.name}.v{event.version}"}
                    for event in events
                ],
            }
            for name, events in by_topic.items()
        },
        "components": {
            "messages": {f"{e.name}.v{e.version}": _message(e) for e in EVENT_TYPES.values()},
            "schemas": schemas(*EVENT_TYPES.values()),
        },
    }


def _channel(topic: Topic, events: list[EventType]) -> dict[str, Any]:
    names = [f"{event.name}.v{event.version}" for event in events]
    return {
        "address": topic.name,
        "description": topic.description,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {
            "kafka": {
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": topic.retention_ms,
                },
                "bindingVersion": BINDING,
            }
        },
    }


def _message(event: EventType) -> dict[str, Any]:
    return {
        "name": event.ce_type,
        "title": event.name,
        "summary": event.description,
        "contentType": "application/json",
        "headers": _headers(event),
        "payload": {"$ref": f"#/components/schemas/{event.schema.__name__}"},
        "bindings": {
            "kafka": {
                "key": {"type": "string", "description": "the centre's id"},
                "bindingVersion": BINDING,
            }
        },
        "examples": [{"headers": _example_headers(event), "payload": event.example}],
    }


def _headers(event: EventType) -> dict[str, Any]:
    properties: dict[str, Any] = {
        name: {"type": "string", "description": words} for name, words in _HEADERS.items()
    }
    properties["ce_type"] = {"type": "string", "const": event.ce_type}
    properties["traceparent"] = {"type": "string", "description": "W3C trace context, where known"}
    required = sorted({*_HEADERS, "ce_type"})
    return {"type": "object", "required": required, "properties": dict(sorted(properties.items()))}


def _example_headers(event: EventType) -> dict[str, str]:
    source = {"centres": "/centres", "bookings": "/booking", "notifications": "/notify"}[
        event.topic
    ]
    return {
        "ce_id": "7d44c2a1f0b64c5f9d8e3b2a19c0e5f7",
        "ce_source": source,
        "ce_specversion": "1.0",
        "ce_time": "2026-11-23T05:00:00.000+00:00",
        "ce_type": event.ce_type,
        "content-type": "application/json",
    }


def main() -> None:
    import yaml

    class Plain(yaml.SafeDumper):
        """Writes what is named twice twice: anchors are for machines."""

        def ignore_aliases(self, _data: Any) -> bool:
            return True

    yaml.dump(document(), sys.stdout, Plain, sort_keys=False, allow_unicode=True, width=110)


if __name__ == "__main__":
    main()
