"""Whatever English text may reach a person has its Kazakh and its Russian."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from marshmallow import ValidationError, fields, validate

from shared.errors import REFUSALS
from shared.i18n import catalogue
from shared.web.errors import translated
from tests.servers import ROOT

PLACES = [*(ROOT / "shared" / "web").rglob("*.py"), *(ROOT / "services").rglob("*.py")]
_TALKS = {"ValidationError", "Message", "Problem"}
_FIELDS = (
    fields.Field, fields.String, fields.Integer, fields.Float, fields.Boolean, fields.List,
    fields.Dict, fields.Nested, fields.Email,
)  # fmt: skip


def constants(node: ast.AST) -> Iterator[str]:
    """English sentences in an expression; numbers put into an f-string stand as `{}`."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [str(p.value) if isinstance(p, ast.Constant) else "{}" for p in node.values]
        yield re.sub(r"-?\d+(?:\.\d+)?", "{}", "".join(parts))
    elif isinstance(node, ast.List | ast.Tuple):
        for item in node.elts:
            yield from constants(item)
    elif isinstance(node, ast.Dict):
        for value in node.values:
            yield from constants(value)
    elif isinstance(node, ast.DictComp):
        yield from constants(node.value)


def spoken(path: Path) -> set[str]:
    """What a module hands to `ValidationError`, `Message`, or a refusal's `errors`."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in _TALKS and node.args:
            found.update(constants(node.args[0]))
        for keyword in node.keywords:
            if keyword.arg == "errors":
                found.update(constants(keyword.value))
    return {text for text in found if re.search(r"[a-z]{2,}.*\.$", text)}


def is_known(text: str) -> bool:
    return all(
        text in catalogue(language) or translated(text, language) != text
        for language in ("kk", "ru")
    )


@pytest.mark.parametrize("code", REFUSALS)
def test_every_refusal_is_translated(code: str) -> None:
    assert is_known(REFUSALS[code][1])


@pytest.mark.parametrize("path", PLACES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_message_of_a_module_is_translated(path: Path) -> None:
    assert [text for text in sorted(spoken(path)) if not is_known(text)] == []


def test_the_search_finds_the_messages_it_is_meant_to_find() -> None:
    texts = {text for path in PLACES for text in spoken(path)}
    assert "Not a phone number of Kazakhstan." in texts
    assert "There is no such centre." in texts


@pytest.mark.parametrize("field", _FIELDS, ids=lambda f: f.__name__)
def test_what_marshmallow_says_of_a_field_is_translated(field: type[fields.Field]) -> None:
    said: set[str] = set()
    for cls in field.__mro__:
        said.update(getattr(cls, "default_error_messages", {}).values())
    silent = {"Not a valid utf-8 string.", "Not a valid {input_type}."}
    assert [text for text in sorted(said - silent) if not is_known(text)] == []


@pytest.mark.parametrize(
    ("validator", "wrong"),
    [
        (validate.Length(1, 64), ""),
        (validate.Length(max=254), "x" * 255),
        (validate.Length(min=2), "x"),
        (validate.Range(0, 3000), -1),
        (validate.Range(-90, 90), 90.5),
        (validate.Range(min=1), 0),
        (validate.Range(max=1), 2),
        (validate.OneOf(("kk", "ru", "en")), "de"),
        (validate.OneOf(("planned",)), "x"),
        (validate.Regexp("a"), "b"),
        (validate.Email(), "x"),
    ],
    ids=str,
)
def test_what_a_validator_says_is_translated(validator: Any, wrong: object) -> None:
    with pytest.raises(ValidationError) as refused:
        validator(wrong)
    (text,) = refused.value.messages
    assert is_known(text), text


@pytest.mark.parametrize("language", ["kk", "ru"])
def test_a_translation_keeps_the_places_of_numbers_and_lists(language: str) -> None:
    for english, other in catalogue(language).items():
        assert sorted(re.findall(r"\{\w*\}", english)) == sorted(re.findall(r"\{\w*\}", other)), (
            english
        )
        assert re.search("[а-яәғқңөұүһі]", other.lower()), (
            f"{english!r} is not translated: {other!r}"
        )
