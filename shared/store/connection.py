"""Connections to Valkey or Redis.

Owns time-outs and the translation of the client's errors; finding a primary by Sentinel is
`shared.store.sentinel`. The one thing to know: nothing is retried here, because a script whose reply
was lost may have run; the caller repeats with the same key.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any, NamedTuple

import redis
from hiredis import pack_command
from redis.backoff import NoBackoff
from redis.retry import Retry

from shared.errors import StoreUnavailable
from shared.store import sentinel

TIMEOUT_S = 3.0
"""A store that has not answered by then is treated as down: a citizen is told so, not kept waiting."""

_DOWN = (
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    redis.exceptions.BusyLoadingError,
    redis.exceptions.OutOfMemoryError,
    redis.exceptions.ReadOnlyError,
)

_REFUSES = ("OOM", "MISCONF", "NOREPLICAS", "MASTERDOWN", "LOADING", "RESTORING")
"""How error replies begin by which a server says "not now"; the last is our own (lua/clock.lua)."""


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except _DOWN as error:
        raise StoreUnavailable(str(error)) from error
    except redis.exceptions.ResponseError as error:
        if str(error).startswith(_REFUSES):
            raise StoreUnavailable(str(error)) from error
        raise


class Pipeline(redis.client.Pipeline):
    def execute(self, raise_on_error: bool = True) -> list[Any]:
        with _translated():
            return super().execute(raise_on_error)


class Direct:
    """The hot path: one connection per thread, no pool and no wrappers around a command.

    Owns when a command is sent again: once, where it only reads, or where it was not sent at all (the
    server closed the connection meanwhile, as a restart does). A sent write is never repeated.
    """

    def __init__(self, pool: redis.ConnectionPool) -> None:
        self._pool = pool
        self._local = threading.local()

    def run(self, commands: Sequence[Sequence[Any]], *, reads_only: bool) -> list[Any]:
        """The answers of commands sent together; an error reply is raised.

        Raises `StoreUnavailable`.
        """
        packed = b"".join([pack_command(tuple(command)) for command in commands])
        with _translated():
            for last_try in (False, True):
                connection = self._connection()
                try:
                    sent = False
                    connection.send_packed_command([packed], check_health=False)
                    sent = True
                    answers = [connection.read_response() for _ in commands]
                except redis.exceptions.ResponseError:
                    connection.disconnect()  # answers of later commands may still be under way
                    raise
                except BaseException as error:
                    connection.disconnect()
                    lost = isinstance(error, redis.exceptions.ConnectionError)
                    if last_try or not lost or (sent and not reads_only):
                        raise
                else:
                    return answers
        raise AssertionError("unreachable")

    def _connection(self) -> Any:
        connection = getattr(self._local, "connection", None)
        if connection is None:
            connection = self._local.connection = self._pool.make_connection()
        connection.connect()  # nothing to do where it is connected
        return connection


class Client(redis.Redis):
    """`redis.Redis` whose outages are `StoreUnavailable`. Thread-safe; answers are bytes."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        with _translated():
            answer: Any = super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
            return answer

    @cached_property
    def direct(self) -> Direct:
        return Direct(self.connection_pool)

    def pipeline(self, transaction: bool = True, shard_hint: str | None = None) -> Pipeline:
        return Pipeline(self.connection_pool, self.response_callbacks, transaction, shard_hint)


def connect(
    url: str, *, timeout_s: float = TIMEOUT_S, replica: bool = False, db: int | None = None
) -> Client:
    """A lazy client: connects at the first command. `url`: redis://, rediss://, unix:// or sentinel://.

    A blocking read must block for less than `timeout_s`. `replica`: of the replicas that Sentinel
    knows, for reads that may be late; without Sentinel, and without any replica, of the primary. `db`
    instead of the URL's. Raises `ConfigurationError` for a sentinel URL that is none.
    """
    options: dict[str, Any] = {
        "socket_timeout": timeout_s,
        "socket_connect_timeout": timeout_s,
        "retry": Retry(NoBackoff(), 0),
        "protocol": 2,
    }
    client: Any
    if by_sentinel(url):
        client = Client(connection_pool=sentinel.pool(url, replica=replica, options=options))
    else:
        client = Client.from_url(url, **options)
    if db is not None:
        client.connection_pool.connection_kwargs["db"] = db
    connected: Client = client
    return connected


def by_sentinel(url: str) -> bool:
    """Whether there may be replicas to read from."""
    return url.startswith(sentinel.SCHEME)


class Where(NamedTuple):
    """Where a store is: `path` of a unix socket, or host and port."""

    host: str
    port: int
    path: str
    db: int
    username: str
    password: str


def where(url: str) -> Where:
    """Asks Sentinel for the primary, where it is used. Raises `StoreUnavailable`."""
    with connect(url) as client:
        pool: Any = client.connection_pool
        given = dict(pool.connection_kwargs)
        if by_sentinel(url):
            with _translated():
                given["host"], given["port"] = pool.get_master_address()
    return Where(
        given.get("host", "127.0.0.1"), int(given.get("port", 6379)), given.get("path", ""),
        int(given.get("db") or 0), given.get("username") or "", given.get("password") or "",
    )  # fmt: skip
