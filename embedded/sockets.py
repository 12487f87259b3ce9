"""Listening sockets on loopback, bound before the processes that serve them.

What a newcomer must know: the supervisor holds each socket open for the whole run and hands it
down by number. A process that is started again therefore finds the connections that came in the
meantime waiting, and no port can be lost to somebody else in between.
"""

import errno
import socket
from typing import Self

from embedded.errors import CannotRun

HOST = "127.0.0.1"
BACKLOG = 1024


class Sockets:
    """The sockets of one run, closed together."""

    def __init__(self) -> None:
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def listen(self, port: int = 0) -> socket.socket:
        """A listening socket on that port, or on any free one. Raises OSError where it is taken."""
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((HOST, port))
            listener.listen(BACKLOG)
        except OSError:
            listener.close()
            raise
        self._open.append(listener)
        return listener

    def listen_if_free(self, port: int) -> socket.socket:
        """A listening socket on that port if it can be had, else on any free one."""
        try:
            return self.listen(port if port <= 65535 else 0)
        except OSError:
            return self.listen()

    def listen_as_asked(self, port: int) -> socket.socket:
        """A listening socket on the port that the user gave; CannotRun where it cannot be had."""
        try:
            return self.listen(port)
        except PermissionError as error:
            raise CannotRun(f"port {port} needs more rights: try PORT=8080") from error
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise CannotRun(f"port {port} cannot be used: {error.strerror}") from error
            another = port + 1 if port < 65535 else 8080
            raise CannotRun(f"port {port} is already taken: try PORT={another}") from error

    def close(self) -> None:
        """Let go of all: who connects from now on is refused, unless a process still serves."""
        while self._open:
            self._open.pop().close()


def port_of(listener: socket.socket) -> int:
    port = listener.getsockname()[1]
    assert isinstance(port, int)  # noqa: S101 - for the type checker
    return port
