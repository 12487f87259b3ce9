"""A system on a store of its own, which tests take away from it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.conftest import running
from tests.e2e.system import System
from tests.servers import ValkeyServer


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whoever runs the system is marked `e2e`."""
    for item in items:
        if "given_store" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.e2e)


@pytest.fixture(scope="module")
def given_store() -> Iterator[ValkeyServer]:
    """A Valkey that nobody starts again."""
    yield from running(ValkeyServer())


@pytest.fixture(scope="module")
def system(given_store: ValkeyServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """As `make run STORE=...` starts it: the store is the bus as well."""
    made = System(tmp_path_factory.mktemp("kezek") / "var", "--store", given_store.url())
    made.start()
    yield made
    made.close()
