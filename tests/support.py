"""Helpers for tests of every part."""

from __future__ import annotations

import random
import socket
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

DEADLINE_S = 30.0


def eventually(check: Callable[[], T], *, timeout: float = DEADLINE_S, every: float = 0.02) -> T:
    """The first truthy answer of `check`; an AssertionError inside it counts as "not yet".

    Fails with the last answer once `timeout` seconds are over. The deadline is for a broken build,
    not for measuring: choose it generously.
    """
    deadline = time.monotonic() + timeout
    while True:
        try:
            answer, problem = check(), None
        except AssertionError as error:
            answer, problem = None, error
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not so within {timeout} s; last: {answer!r}") from problem
        time.sleep(every)


def free_port(neighbours: int = 0) -> int:
    """A loopback port nobody listens on, with `neighbours` free ones after it.

    Below the range that outgoing connections take theirs from, so that a server that is stopped
    finds its port free when it is started again.
    """
    while True:
        port = random.randrange(12_000, 32_000)
        if all(_is_free(port + step) for step in range(neighbours + 1)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except (OSError, OverflowError):
            return False
    return True
