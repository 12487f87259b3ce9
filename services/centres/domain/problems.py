"""How the rules say what is wrong."""

from __future__ import annotations

from typing import NamedTuple


class Problem(NamedTuple):
    """One thing that is wrong: a dotted field path, an English text, and what to fill into it."""

    field: str
    text: str
    values: tuple[tuple[str, str], ...] = ()


def problem(field: str, text: str, **values: str) -> Problem:
    """A problem whose text has `{named}` places."""
    return Problem(field, text, tuple(sorted(values.items())))
