"""JSON Schema of every event type, from the declarations that also validate.

Owns the translation (by apispec) and the one rule of change: within a version only optional fields may
be added. The one thing to know: the schemas are tolerant, as readers are, so nothing forbids fields
that they do not name.
"""

from __future__ import annotations

from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema

from shared.contracts.base import EventType

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_WORDS = ("description", "title")


def schemas(*event_types: EventType) -> dict[str, Any]:
    """The schemas of those events' data and of all they nest, by class name; references point to
    `#/components/schemas/`."""
    plugin = MarshmallowPlugin(schema_name_resolver=_name)
    spec = APISpec("events", "1", "3.1.0", plugins=[plugin])
    for schema in dict.fromkeys(event_type.schema for event_type in event_types):
        spec.components.schema(_name(schema), schema=schema)
    found: dict[str, Any] = _tolerant(spec.to_dict()["components"]["schemas"])
    return dict(sorted(found.items()))


def json_schema(event_type: EventType) -> dict[str, Any]:
    """One event's data as a JSON Schema that stands alone."""
    root = _name(event_type.schema)
    definitions = _pointing_to(schemas(event_type), "#/$defs/")
    return {
        "$schema": DIALECT,
        "$id": event_type.ce_type,
        "$ref": f"#/$defs/{root}",
        "$defs": definitions,
    }


def breaking_changes(old: Any, new: Any, path: str = "") -> list[str]:
    """Where `new` differs from `old` by more than added optional fields; words do not count."""
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return [] if old == new else [path or "/"]
    found: list[str] = []
    may_gain = path.endswith(("/properties", "/$defs"))
    named = may_gain  # the keys of these are names of fields and schemas, not JSON Schema's words
    for key in sorted(old.keys() | new.keys()):
        if key in _WORDS and not named:
            continue
        here = f"{path}/{key}"
        if key not in new or (key not in old and not may_gain):
            found.append(here)
        elif key == "required" and not named:
            found += [] if sorted(old[key]) == sorted(new[key]) else [here]
        elif key in old:
            found += breaking_changes(old[key], new[key], here)
    return found


def _name(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    assert issubclass(cls, Schema)  # noqa: S101 - apispec gives classes and instances only
    return cls.__name__


def _tolerant(node: Any) -> Any:
    """apispec says `additionalProperties: false` for schemas that ignore unknown fields."""
    if isinstance(node, list):
        return [_tolerant(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _tolerant(value)
        for key, value in node.items()
        if not (key == "additionalProperties" and value is False)
    }


def _pointing_to(node: Any, place: str) -> Any:
    if isinstance(node, list):
        return [_pointing_to(item, place) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: value.replace("#/components/schemas/", place)
        if key == "$ref" and isinstance(value, str)
        else _pointing_to(value, place)
        for key, value in node.items()
    }
