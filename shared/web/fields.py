"""Marshmallow fields and the base schema of requests.

Owns the forms that several apps accept: instants, days, languages, three-language texts. The one
thing to know: requests are strict (unknown fields are refused), and messages are English texts that
`shared.i18n` knows in all languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validate

from shared.i18n import LANGUAGES

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d(:\d\d([.,]\d{1,6})?)?([Zz]|[+-]([01]\d|2[0-3]):?[0-5]\d)",
    re.ASCII,
)
REQUIRED = "This field is required."
NOT_AN_INSTANT = "Not an instant: use ISO 8601 with an offset, such as 2026-11-24T09:00:00+05:00."
NOT_A_DAY = "Not a day: use YYYY-MM-DD."
CONTROL = "Control characters are not allowed."


class RequestSchema(Schema):
    """What a caller sends; unknown fields are refused."""

    error_messages = {
        "unknown": "Unknown field.",
        "type": "Not an object.",
    }

    class Meta:
        unknown = RAISE


class Instant(fields.Field[datetime]):
    """ISO 8601 with an offset, to an aware datetime; one without an offset is refused."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not _INSTANT.fullmatch(value):
            raise ValidationError(NOT_AN_INSTANT)
        try:
            instant = datetime.fromisoformat(value.upper().replace(",", "."))
            if not 1970 <= instant.year <= 2200:
                raise ValidationError(NOT_AN_INSTANT)
            return instant
        except (ValueError, OverflowError):
            raise ValidationError(NOT_AN_INSTANT) from None


class Day(fields.Field[date]):
    """`YYYY-MM-DD`, to a date."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        return parse_day(value)


def parse_day(value: Any) -> date:
    """Raises `ValidationError` for anything but `YYYY-MM-DD`."""
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise ValidationError(NOT_A_DAY)


class Text(fields.String):
    """One line of text a person typed: NFC, trimmed, 1 to `most` characters, no control characters."""

    def __init__(self, most: int = 500, **kwargs: Any) -> None:
        self.most = most
        super().__init__(**kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        text = unicodedata.normalize("NFC", text).strip()
        if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
            raise ValidationError(CONTROL)
        if not 1 <= len(text) <= self.most:
            raise ValidationError(f"Length must be between 1 and {self.most}.")
        return text


class Localised(RequestSchema):
    """A text in all three languages."""

    kk = Text(most=300, required=True)
    ru = Text(most=300, required=True)
    en = Text(most=300, required=True)


class Location(RequestSchema):
    """Degrees, WGS 84."""

    lat = fields.Float(required=True, allow_nan=False, validate=validate.Range(-90, 90))
    lon = fields.Float(required=True, allow_nan=False, validate=validate.Range(-180, 180))


class Near(fields.Field[tuple[float, float]]):
    """A query's `lat,lon`."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> tuple[float, float]:
        try:
            lat, lon = (float(part) for part in str(value).split(","))
        except ValueError:
            raise ValidationError("Not a place: use lat,lon in degrees.") from None
        if not (-90 <= lat <= 90 and -180 <= lon <= 180):
            raise ValidationError("Not a place: use lat,lon in degrees.")
        return lat, lon


class Language(fields.String):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(validate=validate.OneOf(LANGUAGES), **kwargs)


class ListQuery(RequestSchema):
    """The paging parameters of every list."""

    lang = fields.String(metadata={"description": "kk, ru or en"})
    limit = fields.Integer(load_default=50, validate=validate.Range(1, 200))
    cursor = fields.String(load_default="")


class LangQuery(RequestSchema):
    """For calls whose only parameter is the language."""

    lang = fields.String(metadata={"description": "kk, ru or en"})


def flatten(messages: Any, path: str = "") -> dict[str, list[str]]:
    """Nested validation messages to `{"person.iin": [...]}`."""
    if isinstance(messages, list):
        return {path or "_body": [str(m) for m in messages]}
    flat: dict[str, list[str]] = {}
    if isinstance(messages, Mapping):
        for name, inner in messages.items():
            if name in ("_schema", "key", "value"):
                flat.update(flatten(inner, path or "_body"))
            else:
                flat.update(flatten(inner, f"{path}.{name}" if path else str(name)))
    else:
        flat[path or "_body"] = [str(messages)]
    return flat


def require(condition: Callable[[Any], bool], message: str) -> Callable[[Any], None]:
    """A validator from a predicate and the message for what does not satisfy it."""

    def check(value: Any) -> None:
        if not condition(value):
            raise ValidationError(message)

    return check
