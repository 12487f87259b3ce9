"""Lists: a page of items and an opaque cursor to the next."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

from shared.errors import Refusal


def encode_cursor(position: str) -> str:
    return base64.urlsafe_b64encode(position.encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> str:
    """Raises `validation_failed` for a cursor this system did not make."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (ValueError, UnicodeDecodeError):
        raise Refusal(
            "validation_failed", errors={"cursor": ["Not a cursor of this list."]}
        ) from None
    return text


def page(
    items: Sequence[Any], *, key: Callable[[Any], str], limit: int, cursor: str
) -> dict[str, Any]:
    """One page of a list that is in memory, in its own order; the cursor names the last item given.

    If that item is gone meanwhile, the list is read from the first item whose key sorts after it.
    """
    start = 0
    if cursor:
        last = decode_cursor(cursor)
        keys = [key(item) for item in items]
        start = keys.index(last) + 1 if last in keys else sum(k <= last for k in keys)
    chosen = items[start : start + limit]
    more = start + limit < len(items)
    return {"items": list(chosen), "next": encode_cursor(key(chosen[-1])) if more else None}
