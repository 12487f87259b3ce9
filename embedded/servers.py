"""Looks at the servers that a user gave with STORE= and BUS=, before anything is started.

A server that cannot be used is one clear line here, and a crash of five processes later on.
Passwords in addresses are never printed.
"""

import socket
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import redis

from embedded.errors import CannotRun

TIMEOUT_S = 3.0
OLDEST_STORE = (7, 0)
KAFKA_PORT = 9092


def shown(url: str) -> str:
    """The address without its user and password."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def check_redis(name: str, url: str, say: Callable[[str], None]) -> None:
    """A Valkey or Redis that answers and is new enough; CannotRun otherwise.

    Says one line where it may lose or evict what was acknowledged: it runs, at the user's risk.
    """
    # The old protocol, so that a server that is too old can say so.
    options = {} if url.startswith("unix:") else {"socket_connect_timeout": TIMEOUT_S}
    try:
        with redis.Redis.from_url(
            url, socket_timeout=TIMEOUT_S, decode_responses=True, protocol=2, **options
        ) as client:
            info = client.info("server")
            kept = _config(client)
    except (redis.RedisError, OSError, ValueError) as error:
        raise CannotRun(f"{name}={shown(url)} cannot be used: {_one_line(error)}") from error
    version = str(info.get("redis_version", "0"))
    if tuple(int(part) for part in version.split(".")[:2] if part.isdigit()) < OLDEST_STORE:
        oldest = ".".join(map(str, OLDEST_STORE))
        raise CannotRun(f"{name}={shown(url)} is version {version}: {oldest} or later is needed")
    wanted = {"appendonly": "yes", "appendfsync": "always", "maxmemory-policy": "noeviction"}
    risky = [f"{k} {kept[k]}" for k, v in wanted.items() if kept.get(k, v) != v]
    if risky:
        advice = ", ".join(f"{k} {v}" for k, v in wanted.items())
        say(f"{name} has {', '.join(risky)}: data can be lost; {advice} is safe")


def _config(client: redis.Redis) -> dict[str, str]:
    try:
        found: Mapping[Any, Any] = client.config_get("append*") | client.config_get("maxmemory-*")
        return {str(name): str(value) for name, value in found.items()}
    except redis.ResponseError:  # a hosted server that does not show its configuration
        return {}


def check_kafka(url: str) -> None:
    """At least one of the brokers takes a connection; CannotRun otherwise."""
    reasons = []
    for address in urlsplit(url).netloc.split(","):
        host, _, port = address.rpartition(":") if ":" in address else (address, "", "")
        try:
            socket.create_connection((host, int(port or KAFKA_PORT)), TIMEOUT_S).close()
        except (OSError, ValueError) as error:
            reasons.append(_one_line(error))
        else:
            return
    raise CannotRun(
        f"BUS={shown(url)} cannot be reached: {reasons[0]}; `make kafka` starts a broker here"
    )


def _one_line(error: Exception) -> str:
    if isinstance(error, TimeoutError | redis.TimeoutError):
        return f"no answer in {TIMEOUT_S:.0f} s"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return " ".join(str(error).split()) or type(error).__name__
