"""The centres app on an empty real store, with a few services known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.centres import wiring
from services.centres.use_cases.refresh import define_services
from tests.centres.helpers import DEFINITIONS, Centres, settings


@pytest.fixture
def deps(store_url: str) -> Iterator[wiring.Deps]:
    built = wiring.build(settings(store_url, simulated_clock=True))
    define_services(DEFINITIONS, store=built.store)
    yield built
    built.client.close()


@pytest.fixture
def api(deps: wiring.Deps) -> Centres:
    return Centres.on(deps)
