"""What citizens ask for: valid persons and free starts without end."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from services.booking.domain.person import is_iin


def raw(method: str, path: str, body: Any = None) -> bytes:
    """The bytes of one HTTP/1.1 request."""
    content = b"" if body is None else json.dumps(body).encode()
    head = f"{method} {path} HTTP/1.1\r\nHost: bench\r\n"
    if body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
    return head.encode() + b"\r\n" + content


class Wishes:
    """Bodies of holds and bookings; every person is another one, and starts go round."""

    def __init__(self) -> None:
        self._iins, self._starts, self._lock = _iins(), _starts(), threading.Lock()

    def hold(self, centre: str) -> dict[str, Any]:
        with self._lock:
            return {"centre": centre, "service": "plates", "start": next(self._starts)}

    def booking(self, centre: str) -> dict[str, Any]:
        with self._lock:
            iin = next(self._iins)
        person = {"name": "Әсел Нұрлан", "iin": iin, "phone": "+77011234567"}
        return {**self.hold(centre), "person": person, "language": "kk"}


def _iins() -> Iterator[str]:
    for number in count():
        body = f"{number:011d}"
        yield from (body + check for check in "0123456789" if is_iin(body + check))


def _starts() -> Iterator[str]:
    """Ordinary working times of the next days."""
    first = datetime.now(UTC).date() + timedelta(days=1)
    days = [day for n in range(12) if (day := first + timedelta(days=n)).weekday() < 5]
    while True:
        for day in days:
            for minute in range(9 * 60, 18 * 60, 15):
                yield f"{day}T{minute // 60:02d}:{minute % 60:02d}:00+05:00"
