"""Finding the store's primary and its replicas by Sentinel.

Owns the URL `sentinel://[:password@]host[:port][,host[:port]...]/<name>[/<db>]` and the pools behind it.
The one thing to know: a pool asks the sentinels each time it connects, so that whoever lost a
connection finds the new primary by connecting again. The password is the stores'; sentinels have none.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import unquote

from redis.sentinel import Sentinel, SentinelConnectionPool

from shared.errors import ConfigurationError

SCHEME = "sentinel://"
PORT = 26379
ASK_TIMEOUT_S = 0.5
"""For one sentinel: one that is gone is passed over, and the next one asked."""


class SentinelUrl(NamedTuple):
    """What such a URL says."""

    sentinels: tuple[tuple[str, int], ...]
    name: str
    db: int
    username: str
    password: str


def parse(url: str) -> SentinelUrl:
    """Raises `ConfigurationError`, which never shows the password."""
    authority, _, path = url.removeprefix(SCHEME).partition("/")
    credentials, _, hosts = authority.rpartition("@")
    username, _, password = credentials.partition(":")
    name, _, db = path.strip("/").partition("/")
    sentinels = [_address(part) for part in hosts.split(",")]
    if not name or not (db or "0").isdigit():
        raise ConfigurationError("a sentinel URL must be sentinel://host:port[,...]/name[/db]")
    return SentinelUrl(tuple(sentinels), name, int(db or 0), unquote(username), unquote(password))


def pool(url: str, *, replica: bool, options: dict[str, Any]) -> SentinelConnectionPool:
    """Connections to the primary, or to the replicas in turn (to the primary where there is none)."""
    asked = parse(url)
    quick = {"socket_timeout": ASK_TIMEOUT_S, "socket_connect_timeout": ASK_TIMEOUT_S}
    # redis-py ships no types for these two.
    sentinel: Any = Sentinel(list(asked.sentinels), **{**options, **quick})  # type: ignore[no-untyped-call]
    made: SentinelConnectionPool = SentinelConnectionPool(  # type: ignore[no-untyped-call]
        asked.name, sentinel, is_master=not replica, db=asked.db,
        username=asked.username or None, password=asked.password or None, **options,
    )  # fmt: skip
    return made


def _address(part: str) -> tuple[str, int]:
    host, _, port = part.strip().partition(":")
    if not host or not (port or "1").isdigit():
        raise ConfigurationError("a sentinel URL must be sentinel://host:port[,...]/name[/db]")
    return host, int(port or PORT)
