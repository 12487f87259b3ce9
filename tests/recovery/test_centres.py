"""The centres app's store against its log."""

from __future__ import annotations

from pathlib import Path

import pytest

from services.centres import wiring
from services.centres.recovery import CentresRecovery
from services.centres.store import PREFIX
from services.centres.use_cases.refresh import define_services
from shared.bus.port import Bus
from tests.centres.conftest import deps  # noqa: F401 - a fixture
from tests.centres.helpers import DEFINITIONS, Centres
from tests.recovery.conftest import Recovered
from tests.servers import ValkeyServer


@pytest.fixture
def api(deps: wiring.Deps) -> Centres:  # noqa: F811
    return Centres.on(deps)


@pytest.fixture
def recovered(api: Centres, store_url: str, scratch_server: ValkeyServer, bus: Bus) -> Recovered:
    made = Recovered(api.deps.client, store_url, scratch_server.url(), bus)
    made.app = CentresRecovery(lambda: api.deps.facts)
    return made


def lives(api: Centres) -> None:
    """Centres with changes in force, to come and over."""
    api.opened()
    api.step("almaty-spec-6", "suspend", from_=api.day(3), until=api.day(5))
    api.register(id="almaty-spec-7")
    api.step("almaty-spec-7", "open", from_=api.day(10))
    api.opened(id="almaty-spec-8", services=["plates"])
    api.step("almaty-spec-8", "close", from_=api.day(20))


def test_the_log_says_what_the_store_says(api: Centres, recovered: Recovered) -> None:
    lives(api)
    recovered.relay()
    api.step("almaty-spec-8", "suspend")  # is in the outbox only
    assert recovered.verify().differing == []
    recovered.client.set(f"{PREFIX}:centre:almaty-spec-7", b'{"id": "almaty-spec-7", "version": 9}')
    assert recovered.verify().differing == ["centre almaty-spec-7"]


def test_rebuilt_from_the_log_it_lives_on(api: Centres, recovered: Recovered) -> None:
    lives(api)
    recovered.relay()
    before = [api.get(f"/almaty-spec-{n}").json for n in (6, 7, 8)]
    recovered.client.flushdb()
    recovered.rebuild()
    again = Centres.on(api.deps)
    assert [again.get(f"/almaty-spec-{n}").json for n in (6, 7, 8)] == before
    assert [c["id"] for c in again.get().json["items"]] == [c["id"] for c in before]
    define_services(DEFINITIONS, store=api.deps.store)
    version = before[0]["version"]
    assert again.patch("/almaty-spec-6", {"resources": {"counter": 7}}, version).status_code == 200
    recovered.relay()
    assert recovered.verify().differing == []


def test_a_restored_backup_has_what_the_log_knows_beyond_it(
    api: Centres, recovered: Recovered, tmp_path: Path
) -> None:
    lives(api)
    recovered.relay()
    recovered.backup(tmp_path / "centres.backup")
    api.step("almaty-spec-6", "close")
    recovered.relay()
    closed = api.get("/almaty-spec-6").json
    recovered.client.flushdb()
    recovered.restore(tmp_path / "centres.backup")
    assert Centres.on(api.deps).get("/almaty-spec-6").json == closed
    assert recovered.verify().differing == []


def test_every_centre_is_told_again_in_the_version_it_has(
    api: Centres, recovered: Recovered
) -> None:
    lives(api)
    told = {event.data["centre"]["id"]: event.data["centre"] for event in api.events()}
    recovered.relay()
    recovered.client.delete(f"{PREFIX}:outbox")
    assert recovered.reseed() == 3
    again = {event.data["centre"]["id"]: event.data["centre"] for event in api.events()}
    assert again == told
    assert recovered.verify().differing == []
