"""What a provider says, without what it says about the person."""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST = 160
_ADDRESS = re.compile(r"[^\s<>\"'(),;:]+@[^\s<>\"'(),;]+")
_NUMBER = re.compile(r"\+?\d(?:[\s()-]{0,2}\d){5,}")
_SPACE = re.compile(r"\s+")
HIDDEN = "***"


def masked(text: str, secrets: Iterable[str | None] = ()) -> str:
    """A short, single line without e-mail addresses, telephone numbers and the given secrets.

    Reply codes (`550 5.1.1`) stay: they say what to do.
    """
    words = [part for secret in secrets if secret for part in {secret, *re.split(r"[\s@]", secret)}]
    for word in sorted(words, key=len, reverse=True):
        if len(word) > 1:
            text = re.sub(re.escape(word), HIDDEN, text, flags=re.IGNORECASE)
    text = _NUMBER.sub(HIDDEN, _ADDRESS.sub(HIDDEN, text))
    return _SPACE.sub(" ", text).strip()[:MOST]
