"""References of bookings: short, read aloud without doubt, not enumerable, with a check character.

Owns alphabet, check and normal form `XXXX-XXXXX`. 23 symbols (a prime), none of which looks or sounds
like another; eight random ones (36 bits) and one check symbol that catches every single wrong symbol
and every swap of neighbours. A reference alone opens nothing.
"""

from __future__ import annotations

import secrets

ALPHABET = "23456789ACEFHJKMPRTUWXY"
_VALUE = {symbol: value for value, symbol in enumerate(ALPHABET)}
_CYRILLIC = str.maketrans("АСЕНКМРТХУ", "ACEHKMPTXY")
"""Cyrillic letters that look the same: people type what they see."""
_DATA = 8


def _check(data: str) -> str:
    return ALPHABET[
        sum(weight * _VALUE[s] for weight, s in enumerate(data, start=2)) % len(ALPHABET)
    ]


def new_reference() -> str:
    """A fresh random reference; the store refuses the one in billions that is taken."""
    number = secrets.randbelow(len(ALPHABET) ** _DATA)
    data = ""
    for _ in range(_DATA):
        number, symbol = divmod(number, len(ALPHABET))
        data += ALPHABET[symbol]
    return f"{data[:4]}-{data[4:]}{_check(data)}"


def normalise(text: str) -> str | None:
    """The normal form of what somebody typed; None for what cannot be a reference."""
    symbols = "".join(c for c in text.strip().upper() if c not in " -–—").translate(_CYRILLIC)
    if len(symbols) != _DATA + 1 or any(s not in _VALUE for s in symbols):
        return None
    if _check(symbols[:_DATA]) != symbols[_DATA]:
        return None
    return f"{symbols[:4]}-{symbols[4:]}"
