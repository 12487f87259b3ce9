"""Facts about texts that decide their cost or their safety."""

from __future__ import annotations

import unicodedata

_GSM = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_EXTENDED = set("^{}\\[~]|€")


def segments(text: str) -> int:
    """How many short messages a text takes (3GPP TS 23.038): of 160 in the GSM alphabet (then 153
    each), of 70 with any other letter in it, Cyrillic ones for instance (then 67 each)."""
    if all(c in _GSM or c in _GSM_EXTENDED for c in text):
        length, single, part = len(text) + sum(c in _GSM_EXTENDED for c in text), 160, 153
    else:
        length, single, part = len(text.encode("utf-16-be")) // 2, 70, 67
    return 1 if length <= single else -(-length // part)


def one_line(text: str) -> str:
    """The text without line breaks and control characters: nothing typed by a person can end a
    header or a line."""
    kept = (" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join("".join(kept).split())


def shortened(text: str, most: int) -> str:
    """At most `most` characters, cut between words where that loses little."""
    if len(text) <= most:
        return text
    cut = text[: most - 1]
    space = cut.rfind(" ")
    return (cut[:space] if space >= most // 3 else cut).rstrip(" ,.-") + "…"
