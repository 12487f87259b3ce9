"""Booking's store against its log: verified, backed up, restored, rebuilt, and the log seeded anew."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from services.booking.domain.occupation import Occupation
from services.booking.store import keys
from services.booking.store.canonical import Canonical
from services.booking.use_cases import housekeeping
from shared.bus import connect
from shared.contracts.codec import decode
from shared.errors import StoreUnavailable
from shared.messaging import recovery
from shared.messaging.recovery import closed
from shared.messaging.relay import Relay
from shared.messaging.relay_state import LogWentBack
from shared.messaging.topics import specs
from shared.store.export import BadBackup
from shared.store.scratch import frozen
from tests.booking.conftest import World, direct
from tests.recovery.conftest import Recovered, announce, both_buses
from tests.recovery.life import HOUR, act, booked, morning, move
from tests.servers import KafkaServer


def test_the_log_says_what_the_store_says(world: World, recovered: Recovered) -> None:
    morning(world)
    recovered.relay()
    morning(world, first=20)  # is in the outbox only
    verdict = recovered.verify()
    assert verdict.differing == []
    assert verdict.facts > 20


def test_what_was_changed_behind_the_log_is_named(world: World, recovered: Recovered) -> None:
    made = morning(world)
    recovered.relay()
    client = recovered.client
    client.delete(keys.booking(made[0]["reference"]))
    taken = keys.taken("almaty-spec-6", "2026-11-24", "pick-up-window")
    client.setrange(taken, 2 * 110, b"\x03\x00")
    differing = recovered.verify().differing
    assert f"booking {made[0]['reference']}" in differing
    assert "taken almaty-spec-6:2026-11-24:pick-up-window" in differing
    assert len(differing) == 2


def test_facts_after_the_frozen_instant_do_not_count(world: World, recovered: Recovered) -> None:
    morning(world)
    with frozen(recovered.url, recovered.scratch_url) as (copy, scratch):
        morning(world, first=20)
        recovered.relay()
        verdict = recovery.verify(recovered.app, copy, scratch, recovered.bus)
    assert verdict.differing == []


def test_days_that_are_over_and_settled_are_the_same_too(
    world: World, recovered: Recovered
) -> None:
    made = morning(world)
    recovered.relay()
    world.now("2026-11-24T08:50:00+05:00")
    act(world, made[0], "check-in", world.desk())
    world.now("2026-11-25T00:10:00+05:00")
    deps = world.deps
    assert recovered.verify().differing == []
    housekeeping.settle_days(store=deps.store, policy=deps.policy, retention_days=30)
    recovered.relay()
    assert recovered.verify().differing == []
    world.now("2027-01-05T00:00:00+05:00")
    housekeeping.forget_days(store=deps.store)
    assert recovered.verify().differing == []


@both_buses
def test_rebuilt_from_the_log_alone_it_is_as_it_was(world: World, recovered: Recovered) -> None:
    made = morning(world)
    recovered.relay()
    before = recovered.canonical()
    lose_the_store(world)
    recovered.rebuild()
    assert recovered.canonical() == before
    assert recovered.verify().differing == []
    # It goes on where it was: versions, claims, capacity, and an outbox beyond what the log has.
    move(world, made[0], HOUR.format(11))
    again = world.post("/bookings", direct(HOUR.format(16), 4))
    assert again.get_json()["error_code"] == "already_booked"
    assert recovered.relay() == 1
    assert recovered.verify().differing == []


def test_forgotten_bookings_do_not_come_back(world: World, recovered: Recovered) -> None:
    morning(world)
    recovered.relay()
    lose_the_store(world)
    world.now("2027-01-05T00:00:00+05:00")
    recovered.rebuild()
    assert list(recovered.client.scan_iter("{booking}:booking:*")) == []


def test_a_restored_backup_has_what_the_log_knows_beyond_it(
    world: World, recovered: Recovered, tmp_path: Path
) -> None:
    made = morning(world)
    recovered.relay()
    file = tmp_path / "booking.backup"
    recovered.backup(file)
    assert file.stat().st_mode & 0o777 == 0o600
    move(world, made[0], HOUR.format(11))
    act(world, made[4], "cancel")
    morning(world, first=20)
    recovered.relay()
    before = recovered.canonical()
    lose_the_store(world)
    recovered.restore(file)
    assert recovered.canonical() == before
    assert recovered.verify().differing == []
    move(world, made[0], HOUR.format(14))  # sequence 2, and not 1 once more
    recovered.relay()
    assert recovered.verify().differing == []
    recovered.restore(file)  # harmless when repeated
    assert recovered.verify().differing == []


def test_what_never_left_the_outbox_before_the_backup_is_sent_after_the_restore(
    world: World, recovered: Recovered, tmp_path: Path
) -> None:
    recovered.relay()
    booked(world, direct())
    recovered.backup(tmp_path / "b")
    lose_the_store(world)
    recovered.restore(tmp_path / "b")
    assert recovered.relay() == 1
    assert recovered.verify().differing == []


def test_while_it_is_restored_the_store_is_closed(world: World, recovered: Recovered) -> None:
    made = booked(world, direct())
    before = recovered.canonical()
    with closed(recovered.app, recovered.client):
        for answer in (
            world.post("/bookings", direct(number=1)),
            world.get("/slots?service=plates&centre=almaty-spec-6"),
            world.get("/health/ready"),
            world.http.post(
                f"/booking/bookings/{made['reference']}/cancel",
                headers={"Authorization": f"Bearer {made['manage_token']}"},
            ),
        ):
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
        # A script that was on its way is refused by the store itself, with nothing written.
        with pytest.raises(StoreUnavailable, match="being restored"):
            world.deps.store.release(
                occupation=next(world_occupations(recovered)), only_if_due=False
            )
        with pytest.raises(AssertionError):
            recovered.relay()
    assert recovered.canonical() == before
    assert world.post("/bookings", direct(number=1)).status_code == 201


def test_a_restore_that_failed_leaves_the_store_closed(
    world: World, recovered: Recovered, tmp_path: Path
) -> None:
    booked(world, direct())
    recovered.backup(tmp_path / "b")
    good = recovered.bus
    recovered.bus = None  # type: ignore[assignment]
    with pytest.raises(AttributeError):
        recovered.restore(tmp_path / "b")
    assert world.get("/health/ready").status_code == 503
    recovered.bus = good
    recovered.restore(tmp_path / "b")
    assert world.get("/health/ready").status_code == 200


def test_half_a_backup_is_refused_before_anything_is_changed(
    world: World, recovered: Recovered, tmp_path: Path
) -> None:
    booked(world, direct())
    file = tmp_path / "b"
    recovered.backup(file)
    whole = file.read_bytes()
    before = recovered.canonical()
    for damaged in (whole[:-20], whole[: len(whole) // 2], b"", b"nothing of the kind"):
        file.write_bytes(damaged)
        with pytest.raises(BadBackup):
            recovered.restore(file)
    assert recovered.canonical() == before
    assert world.get("/health/ready").status_code == 200


def test_every_state_is_told_again_in_the_version_it_has(
    world: World, recovered: Recovered
) -> None:
    morning(world)
    recovered.relay()
    world.now("2026-11-23T11:00:00+05:00")  # no place cools off any more
    assert recovered.reseed() == 8
    told = [
        decode({n.decode(): v.encode() for n, v in headers.items()}, fields[b"v"])
        for fields, headers in map(headers_of, world.outbox())
    ]
    state = {d["reference"]: d for d in recovered_bookings(recovered)}
    assert {e.data["booking"]["reference"] for e in told} == state.keys()
    assert all(e.data["booking"] == state[e.data["booking"]["reference"]] for e in told)
    recovered.relay()
    assert recovered.verify().differing == []


@pytest.mark.slow
def test_a_broker_that_came_back_with_nothing_is_filled_again(
    world: World, recovered: Recovered, own_kafka: KafkaServer
) -> None:
    recovered.bus = connect(own_kafka.url)
    recovered.bus.ensure_topics(specs())
    morning(world)
    recovered.relay()
    recovered.bus.close()
    own_kafka.stop()
    own_kafka.lose_data()
    own_kafka.start()
    recovered.bus = connect(own_kafka.url)
    recovered.bus.ensure_topics(specs())
    booked(world, direct(number=40))
    with pytest.raises(LogWentBack):
        check(recovered)
    announce(recovered.bus, world.document(), world.document("almaty-spec-7"))
    world.now("2026-11-23T11:00:00+05:00")
    recovered.reseed()
    check(recovered)
    assert recovered.relay() == 10
    assert recovered.verify().differing == []
    recovered.bus.close()


def check(recovered: Recovered) -> None:
    relay = Relay(recovered.client, recovered.app.prefix, recovered.bus)
    try:
        assert relay.take_over()
        relay.check_bus()
    finally:
        relay.close()


def lose_the_store(world: World) -> None:
    """An empty server, whose clock the test sets anew."""
    clock = world.deps.client.hgetall(keys.CLOCK)
    world.deps.client.flushdb()
    world.deps.client.hset(keys.CLOCK, mapping=clock)


def world_occupations(recovered: Recovered) -> Iterator[Occupation]:
    return Canonical(recovered.client, 0, retention_ms=0, window_ms=0).occupations()


def recovered_bookings(recovered: Recovered) -> Iterator[dict[str, Any]]:
    return Canonical(recovered.client, 0, retention_ms=0, window_ms=0).bookings()


def headers_of(entry: Any) -> tuple[Any, dict[bytes, bytes]]:
    return entry[1], {k.encode(): v for k, v in orjson.loads(entry[1][b"h"]).items()}
