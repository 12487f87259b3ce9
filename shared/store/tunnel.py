"""A store on a unix socket, lent to one caller on a loopback port.

Owns the tunnel that `scratch` needs, since a replica reaches its primary by TCP only. The one thing to
know: it takes one connection and then stops listening, so that nobody else comes in by it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from shared.store.connection import Where

CHUNK = 1 << 16
ACCEPT_LIMIT_S = 30.0


class Tunnel:
    """Copies bytes between the one connection and the unix socket."""

    @staticmethod
    @contextmanager
    def to(live: Where) -> Iterator[tuple[str, int]]:
        """Host and port by which the store is reached while the context lasts."""
        if not live.path:
            yield live.host, live.port
            return
        with socket.create_server(("127.0.0.1", 0), backlog=1) as listener:
            listener.settimeout(ACCEPT_LIMIT_S)
            tunnel = Tunnel(listener, live.path)
            threading.Thread(target=tunnel._serve, name="tunnel", daemon=True).start()
            try:
                yield "127.0.0.1", listener.getsockname()[1]
            finally:
                tunnel._close()

    def __init__(self, listener: socket.socket, path: str) -> None:
        self._listener = listener
        self._path = path
        self._ends: list[socket.socket] = []

    def _serve(self) -> None:
        with suppress(OSError):  # nobody came, or the context is over
            caller, _ = self._listener.accept()
            self._listener.close()
            store = socket.socket(socket.AF_UNIX)
            self._ends = [caller, store]
            store.connect(self._path)
            back = threading.Thread(target=self._copy, args=(store, caller), daemon=True)
            back.start()
            self._copy(caller, store)

    @staticmethod
    def _copy(source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def _close(self) -> None:
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
