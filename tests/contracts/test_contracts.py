"""Event types: examples, tolerance, snapshots, the AsyncAPI document."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import yaml
from jsonschema_rs import Draft202012Validator

from shared.contracts.asyncapi import document
from shared.contracts.base import EventType
from shared.contracts.codec import MalformedEvent, UnknownEventType, decode, encode
from shared.contracts.jsonschema import breaking_changes, json_schema
from shared.contracts.registry import EVENT_TYPES, TOPICS, dead_letter_topic
from shared.contracts.snapshots import FOLDER, committed, refused_changes, snapshot_path
from tests.servers import ROOT

EVENTS = pytest.mark.parametrize("event", EVENT_TYPES.values(), ids=lambda e: e.ce_type)
AT = datetime(2026, 11, 23, 5, tzinfo=UTC)


def record(event: EventType, data: Any) -> tuple[dict[str, bytes], bytes]:
    entry = encode(event, data, key="almaty-spec-6", source="/x", at=AT, traceparent="00-1-2-03")
    headers = {name: value.encode() for name, value in orjson.loads(entry.headers).items()}
    return headers, entry.value


@EVENTS
def test_every_example_comes_back_as_it_was(event: EventType) -> None:
    read = decode(*record(event, event.example))
    assert read.data == event.example
    assert (read.type, read.source, read.traceparent) == (event, "/x", "00-1-2-03")
    assert read.time == "2026-11-23T05:00:00.000+00:00"
    assert read.id


@EVENTS
def test_every_example_fits_its_published_schema(event: EventType) -> None:
    schema = Draft202012Validator(json_schema(event))
    schema.validate(orjson.loads(orjson.dumps(event.example)))
    assert not schema.is_valid({})


@EVENTS
def test_fields_that_a_reader_does_not_know_are_dropped_and_allowed(event: EventType) -> None:
    newer: dict[str, Any] = copy.deepcopy(dict(event.example))
    for node in (newer, *[v for v in newer.values() if isinstance(v, dict)]):
        node["from_the_future"] = {"deep": [1]}
    assert decode(*record(event, newer)).data == event.example
    Draft202012Validator(json_schema(event)).validate(orjson.loads(orjson.dumps(newer)))


@EVENTS
def test_what_is_published_changes_by_optional_fields_only(event: EventType) -> None:
    assert committed(event) is not None, "run: python -m shared.contracts.snapshots"
    assert refused_changes(event) == [], "what a version says may not change: declare the next one"
    assert committed(event) == json_schema(event), "run: python -m shared.contracts.snapshots"


def test_no_snapshot_is_without_its_event() -> None:
    """A version that readers may still meet in the log is never taken away."""
    assert set(FOLDER.glob("*.json")) == {snapshot_path(e) for e in EVENT_TYPES.values()}


def changed(**changes: Any) -> dict[str, Any]:
    base = {
        "$defs": {
            "A": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": {"type": "string"}, "title": {"type": "string"}},
            }
        }
    }
    one = copy.deepcopy(base)
    for name, value in changes.items():
        if value is None:
            del one["$defs"]["A"][name]
        else:
            one["$defs"]["A"][name] = value
    return one


def test_added_optional_fields_schemas_and_words_are_no_breaking_change() -> None:
    fields = changed()["$defs"]["A"]["properties"]
    more = changed(properties={**fields, "note": {"type": "string"}}, description="words")
    more["$defs"]["B"] = {"type": "object"}
    assert breaking_changes(changed(), more) == []


@pytest.mark.parametrize(
    "after",
    [
        changed(required=["id", "title"]),
        changed(required=[]),
        changed(required=None),
        changed(properties={"id": {"type": "string"}}),
        changed(properties={"id": {"type": "integer"}, "title": {"type": "string"}}),
        changed(properties={"id": {"type": "string"}, "title": {"type": "string", "enum": ["a"]}}),
        changed(additionalProperties=False),
        {"$defs": {}},
    ],
)
def test_everything_else_is_a_breaking_change(after: dict[str, Any]) -> None:
    assert breaking_changes(changed(), after) != []


@EVENTS
@pytest.mark.parametrize("value", [None, b"", b"{", b"[]", b"null", b"\xff", b"{}", b"[" * 5000])
def test_bytes_that_do_not_validate_are_malformed(event: EventType, value: bytes | None) -> None:
    with pytest.raises(MalformedEvent) as found:
        decode(record(event, {})[0], value)
    assert found.value.reason


def test_a_record_without_its_headers_is_malformed_and_an_unknown_type_is_skipped() -> None:
    headers, value = record(next(iter(EVENT_TYPES.values())), {})
    for name in ("ce_id", "ce_type"):
        with pytest.raises(MalformedEvent):
            decode({k: v for k, v in headers.items() if k != name}, value)
    with pytest.raises(MalformedEvent):
        decode(headers | {"ce_id": b"\xff"}, value)
    for unknown in (b"kz.kezek.centre.opened.v2", b"com.example.thing"):
        with pytest.raises(UnknownEventType):
            decode(headers | {"ce_type": unknown}, value)


def test_the_registry_names_every_event_once_on_a_topic_that_exists() -> None:
    for ce_type, event in EVENT_TYPES.items():
        assert ce_type == f"kz.kezek.{event.name}.v{event.version}"
        assert event.topic in TOPICS
        assert event.description.endswith(".")
    assert len({(e.name, e.version) for e in EVENT_TYPES.values()}) == len(EVENT_TYPES)


def references(node: Any) -> list[str]:
    if isinstance(node, list):
        return [found for item in node for found in references(item)]
    if not isinstance(node, dict):
        return []
    own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
    return own + [found for value in node.values() for found in references(value)]


def test_the_asyncapi_document_names_every_topic_and_event_and_nothing_that_is_not_there() -> None:
    found = document()
    assert found["asyncapi"] == "3.0.0"
    topics = {*TOPICS, *(dead_letter_topic(topic) for topic in TOPICS)}
    assert {channel["address"] for channel in found["channels"].values()} == topics
    messages = found["components"]["messages"].values()
    assert {message["name"] for message in messages} == set(EVENT_TYPES)
    for reference in references(found):
        place: Any = found
        for step in reference.removeprefix("#/").split("/"):
            place = place[step]
    for message in messages:
        example = message["examples"][0]
        Draft202012Validator(message["headers"]).validate(example["headers"])
        assert message["bindings"]["kafka"]["key"]


def test_the_asyncapi_document_is_printed_the_same_every_time() -> None:
    command = [sys.executable, "-m", "shared.contracts.asyncapi"]
    texts = {
        subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout for _ in range(2)
    }
    assert len(texts) == 1
    assert yaml.safe_load(texts.pop()) == json.loads(json.dumps(document()))
