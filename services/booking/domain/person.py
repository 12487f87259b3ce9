"""Who books: the rules for an IIN and a name.

Owns the checks; hashing and sealing are the adapters'. Sources: IIN check digit as published by the
state revenue committee (weights 1..11; if the remainder is 10, weights 3..11,1,2; if still 10 the
number is never issued); names use the Kazakh, Russian and Latin alphabets. An IIN is never refused
for its birth date or sex digit.
"""

from __future__ import annotations

import re
import unicodedata

_FIRST = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_LETTER = "A-Za-zÀ-ÖØ-öø-ɏəḀ-ỿА-Яа-яЁёӘәҒғҚқҢңӨөҰұҮүҺһІі"
_NAME = re.compile(rf"[{_LETTER}]+(?:[ '’ʼ-]+[{_LETTER}]+)*[.']?")
MOST_NAME = 100


def is_iin(text: str) -> bool:
    """Twelve digits with a right check digit."""
    if not re.fullmatch(r"[0-9]{12}", text):
        return False
    digits = [int(c) for c in text]
    for weights in (_FIRST, _SECOND):
        check = sum(w * d for w, d in zip(weights, digits[:11], strict=True)) % 11
        if check < 10:
            return check == digits[11]
    return False


def clean_name(text: str) -> str:
    """NFC with single spaces; a typographic apostrophe stays as typed."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_name(text: str) -> bool:
    """One or more words of Kazakh, Russian or Latin letters, with hyphens and apostrophes."""
    return 1 <= len(text) <= MOST_NAME and _NAME.fullmatch(text) is not None
