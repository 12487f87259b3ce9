"""How an event type and a topic are declared.

Owns the two record types and the marshmallow fields that events share. Leaves transport to
`shared.contracts.codec`. The one thing to know: readers ignore unknown fields, so a version may gain
optional fields; any other change is a new version (a test compares with the committed snapshots).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

LANGUAGES = ("kk", "ru", "en")


class EventSchema(Schema):
    """Events are read tolerantly: a field this reader does not know is dropped."""

    class Meta:
        unknown = EXCLUDE


class Localised(EventSchema):
    """A text in the three languages of the network."""

    kk = fields.String(required=True)
    ru = fields.String(required=True)
    en = fields.String(required=True)


class Location(EventSchema):
    """Degrees, WGS 84."""

    lat = fields.Float(required=True, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, validate=validate.Range(-180, 180))


class Instant(fields.String):
    """ISO 8601 with an offset, whole seconds: `2026-11-24T09:00:00+05:00`."""

    def __init__(self, **kwargs: Any) -> None:
        pattern = r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?[+-]\d\d:\d\d$"
        super().__init__(validate=validate.Regexp(pattern), **kwargs)


class Day(fields.String):
    """A day in the centre's zone: `2026-11-24`."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Regexp(r"^\d{4}-\d\d-\d\d$"), **kwargs)


class TimeOfDay(fields.String):
    """A time on the centre's clocks: `09:00`; `24:00` is the end of the day."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.Regexp(r"^([01]\d|2[0-4]):[0-5]\d$"), **kwargs)


@dataclass(frozen=True)
class Topic:
    """A topic: `retention_ms` of -1 keeps everything. Every topic is keyed by centre id."""

    name: str
    retention_ms: int
    description: str


@dataclass(frozen=True)
class EventType:
    """One declared event: `name` in the past tense, `schema` of its data, an `example` that validates."""

    name: str
    version: int
    topic: str
    schema: type[Schema]
    description: str
    example: Mapping[str, Any]

    @property
    def ce_type(self) -> str:
        return f"kz.kezek.{self.name}.v{self.version}"
