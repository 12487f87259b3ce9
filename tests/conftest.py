"""Fixtures of the whole suite: real servers, each test in a database of its own.

A server that cannot be had on this machine skips the test with its reason printed, and fails it
where CI=true. Servers live as long as the session; under xdist each worker has its own.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any, NoReturn, Protocol, TypeVar

import pytest
import redis

from tests.servers import KafkaServer, Unavailable, ValkeyServer


def missing(reason: object) -> NoReturn:
    """Skips locally, fails in CI."""
    if os.environ.get("CI", "").lower() in ("1", "true"):
        pytest.fail(f"needed in CI: {reason}", pytrace=False)
    pytest.skip(str(reason))


class Server(Protocol):
    """Raises `Unavailable` where it cannot be had on this machine."""

    def start(self) -> None: ...
    def remove(self) -> None: ...


S = TypeVar("S", bound=Server)


def running(server: S) -> Iterator[S]:
    """The body of a fixture: a real server, started and removed; or the reason why there is none."""
    try:
        server.start()
        yield server
    except Unavailable as reason:
        missing(reason)
    finally:
        server.remove()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever asks for the broker is marked `needs_kafka`, so that `-m "not needs_kafka"` works."""
    for item in items:
        names = getattr(item, "fixturenames", ())
        spec = getattr(item, "callspec", None)
        on_kafka = spec is not None and "kafka" in spec.params.values()
        if on_kafka or {"kafka_server", "kafka_url", "own_kafka"} & set(names):
            item.add_marker(pytest.mark.needs_kafka)


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    yield from running(ValkeyServer())


@pytest.fixture
def store_url(valkey_server: ValkeyServer) -> str:
    """A real Valkey's database 0, empty."""
    with redis.Redis.from_url(valkey_server.url()) as client:
        client.flushdb()
    return valkey_server.url()


@pytest.fixture
def store(store_url: str) -> Iterator[Any]:
    """The apps' own client on `store_url`."""
    from shared.store.connection import connect

    with connect(store_url) as client:
        yield client


@pytest.fixture
def redis_bus_url(valkey_server: ValkeyServer) -> str:
    """A real Valkey's database 1, empty, as a bus."""
    url = valkey_server.url(db=1)
    with redis.Redis.from_url(url) as client:
        client.flushdb()
    return url


@pytest.fixture(scope="session")
def kafka_server() -> Iterator[KafkaServer]:
    yield from running(KafkaServer())


@pytest.fixture
def kafka_url(kafka_server: KafkaServer) -> str:
    """A real broker, shared by the session: use topics and groups of your own."""
    return kafka_server.url


@pytest.fixture
def own_kafka() -> Iterator[KafkaServer]:
    """A real broker for one test, to be stopped, killed and emptied."""
    yield from running(KafkaServer())


@pytest.fixture(params=["redis", "kafka"])
def bus_url(request: pytest.FixtureRequest) -> str:
    """Runs the test on both buses."""
    name = "redis_bus_url" if request.param == "redis" else "kafka_url"
    url: str = request.getfixturevalue(name)
    return url
