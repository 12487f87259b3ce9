"""The whole system, once on each bus, for all tests of this folder.

Starting it costs seconds, so tests share it: each has centres and citizens of its own, and none
counts on the time of day, since clocks have been moved before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import running
from tests.e2e.system import System
from tests.servers import KafkaServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever runs the system is marked `e2e`."""
    for item in items:
        if {"system", "embedded_system", "kafka_system", "own_system"} & set(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="session")
def broker() -> Iterator[KafkaServer]:
    """A broker of this folder: what is on its topics, the system wrote."""
    yield from running(KafkaServer())


@pytest.fixture(scope="session")
def embedded_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """As `make run` alone starts it. At the end SIGTERM stops it, and nothing is left running."""
    yield from _started(System(_var(tmp_path_factory)))


@pytest.fixture(scope="session")
def kafka_system(broker: KafkaServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """As `make run BUS=kafka://...` starts it."""
    yield from _started(System(_var(tmp_path_factory), "--bus", broker.url))


@pytest.fixture(params=["embedded", "kafka"])
def system(request: pytest.FixtureRequest) -> System:
    """Runs the test on both buses."""
    made: System = request.getfixturevalue(f"{request.param}_system")
    return made


def _started(made: System) -> Iterator[System]:
    try:
        made.start()
        yield made
    finally:
        made.close()


@pytest.fixture(scope="module")
def own_system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system for one module, which may kill it; started by the test that needs it."""
    made = System(_var(tmp_path_factory))
    yield made
    made.close()


def _var(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("kezek") / "var"
