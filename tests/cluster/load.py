"""Bookings over HTTP by several clients, who repeat with the same key until they are answered."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from typing import Any

import orjson

from tests.booking.conftest import direct

CLIENTS = 4
PAUSE_S = 0.1
"""Before the same request again, as Retry-After would have it; a client's pace, not a test's."""


class Load:
    """Runs from `start` to `finish`. `answered` maps idempotency keys to the booking's answer."""

    def __init__(self, port: int, starts: list[str]) -> None:
        self.answered: dict[str, dict[str, Any]] = {}
        self.refused: list[Any] = []
        self.tries: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self._port, self._starts = port, starts
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._number = 0
        self._at: list[float] = []
        self._threads = [
            threading.Thread(target=self._book_on, daemon=True) for _ in range(CLIENTS)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def longest_gap_s(self, since: float) -> float:
        """The longest time without any booking answered, from `since` on."""
        instants = [since, *(instant for instant in self._at if instant > since)]
        return max(later - earlier for earlier, later in zip(instants, instants[1:], strict=False))

    def _book_on(self) -> None:
        while not self._stop.is_set():
            with self._lock:
                number, self._number = self._number, self._number + 1
            self._book(number)

    def _book(self, number: int) -> None:
        """One booking, repeated until it has an answer that is not an outage."""
        key = f"load-key-{number:012d}"
        body = direct(self._starts[number % len(self._starts)], number)
        while True:
            status, answer = self._post(key, orjson.dumps(body))
            self.statuses[status] += 1
            self.tries[key] += 1
            if status == 201:
                with self._lock:
                    self.answered[key] = answer
                    self._at.append(time.monotonic())
                return
            if status not in (0, 503):
                self.refused.append((status, answer))
                return
            time.sleep(PAUSE_S)

    def _post(self, key: str, body: bytes) -> tuple[int, Any]:
        """Status 0 where the connection broke: whether it happened is then unknown."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        try:
            connection.request("POST", "/booking/bookings", body, headers)
            answer = connection.getresponse()
            return answer.status, orjson.loads(answer.read())
        except OSError:
            return 0, None
        finally:
            connection.close()
