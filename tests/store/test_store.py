"""Scripts, clock and idempotency records on a real server; and what is said when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import redis

from shared.errors import Refusal, StoreUnavailable
from shared.idempotency import Idempotency, Replayed, fingerprint
from shared.store.clock import StoreClock
from shared.store.connection import Client, connect
from shared.store.idempotency import IdempotencyRecords
from shared.store.scripts import Scripts, source
from tests.conftest import running
from tests.servers import ValkeyServer

PRINT = fingerprint(b"caller", b"POST /x", b"{}")
OTHER = fingerprint(b"caller", b"POST /x", b"{}", b"")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "twice.lua").write_text("local function twice(n) return 2 * n end\n")
    (tmp_path / "double.lua").write_text(
        "#!lua\n-- @include twice\n-- @include clock\nreturn {'ok', twice(tonumber(ARGV[1]))}\n"
    )
    (tmp_path / "lost.lua").write_text("#!lua\n-- @include nowhere\nreturn {'ok'}\n")
    return tmp_path


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    yield from running(ValkeyServer())


def test_a_script_includes_fragments_from_beside_it_and_from_shared(
    folder: Path, store: Any
) -> None:
    assert Scripts(store, folder).run("double", keys=[], args=[21]) == [b"ok", 42]
    text = source(folder, "double")
    assert text.startswith("#!lua\n")
    assert "local function clock(" in text
    assert "@include" not in text


def test_a_fragment_that_does_not_exist_is_named(folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere"):
        source(folder, "lost")


def test_a_script_runs_again_after_the_server_forgot_it(folder: Path, store: Any) -> None:
    scripts = Scripts(store, folder)
    scripts.run("double", keys=[], args=[1])
    store.script_flush()
    assert scripts.run("double", keys=[], args=[2]) == [b"ok", 4]


def test_scripts_run_again_after_a_restart_and_not_while_it_is_down(
    folder: Path, own_valkey: ValkeyServer
) -> None:
    with connect(own_valkey.url()) as client:
        scripts = Scripts(client, folder)
        scripts.run("double", keys=[], args=[1])
        own_valkey.kill()
        for _ in range(2):
            with pytest.raises(StoreUnavailable):
                scripts.run("double", keys=[], args=[1])
        with pytest.raises(StoreUnavailable):
            client.pipeline().get("x").execute()
        own_valkey.start()
        assert scripts.run("double", keys=[], args=[2]) == [b"ok", 4]


def test_a_full_store_and_a_wrong_command_are_told_apart(own_valkey: ValkeyServer) -> None:
    with connect(own_valkey.url()) as client:
        client.config_set("maxmemory", "1")
        with pytest.raises(StoreUnavailable):
            client.set("a", "b")
        with pytest.raises(redis.exceptions.ResponseError):
            client.execute_command("NO-SUCH-COMMAND")


def test_a_script_that_fails_is_a_bug_and_not_an_outage(tmp_path: Path, store: Any) -> None:
    (tmp_path / "bad.lua").write_text("#!lua\nreturn nil + 1\n")
    with pytest.raises(redis.exceptions.ResponseError):
        Scripts(store, tmp_path).run("bad", keys=[], args=[])


def test_the_clock_is_the_stores_time_plus_the_offset(store: Client) -> None:
    clock = StoreClock(store, "{t}")
    seconds, micros = store.time()
    assert clock.now_ms() >= seconds * 1000 + micros // 1000
    before = clock.now_ms()
    assert clock.advance(3_600_000) >= before + 3_600_000
    assert clock.now_ms() >= before + 3_600_000


def test_the_clock_never_goes_back_though_the_hosts_does(store: Client) -> None:
    clock = StoreClock(store, "{t}")
    seen = clock.advance(60_000)
    # As if the host's clock had stepped back by an hour.
    store.hincrby(clock.key, "offset_ms", -3_600_000)
    assert clock.now_ms() == seen
    assert clock.advance(5) == seen + 5
    assert clock.now_ms() == seen + 5


def test_a_key_is_new_then_replayed_then_reused(store: Client) -> None:
    records = IdempotencyRecords(store, "{t}")
    idem = records.begin("k" * 16, PRINT)
    records.remember(idem, {"answer": 1})
    with pytest.raises(Replayed) as replayed:
        records.begin("k" * 16, PRINT)
    assert replayed.value.result == {"answer": 1}
    with pytest.raises(Refusal) as refused:
        records.begin("k" * 16, OTHER)
    assert refused.value.code == "idempotency_key_reused"
    records.begin("m" * 16, OTHER)


def test_without_a_key_nothing_is_kept(store: Client) -> None:
    records = IdempotencyRecords(store, "{t}")
    records.remember(records.none(), {"answer": 1})
    records.recheck(records.none())
    assert store.dbsize() == 0


def test_a_record_lives_for_a_day(store: Client) -> None:
    records = IdempotencyRecords(store, "{t}")
    idem = records.begin("k" * 16, PRINT)
    records.remember(idem, None)
    assert 23 * 3600 < store.ttl(idem.record) <= 24 * 3600


def test_what_a_script_did_not_keep_is_still_to_be_remembered() -> None:
    idem = Idempotency("r", PRINT)
    idem.args({"answer": 1})
    idem.check([b"changed"])
    assert not idem.recorded
    idem.check([b"ok"])
    assert idem.recorded


def test_of_many_at_once_one_is_remembered_and_the_others_are_given_it(store: Client) -> None:
    records = IdempotencyRecords(store, "{t}")

    def remember(number: int) -> int:
        try:
            idem = records.begin("k" * 16, PRINT)
            records.remember(idem, number)
        except Replayed as earlier:
            return int(earlier.result)
        return number

    with ThreadPoolExecutor(20) as pool:
        assert len(set(pool.map(remember, range(20)))) == 1


def test_parts_of_a_fingerprint_cannot_run_together() -> None:
    assert fingerprint(b"ab", b"c") != fingerprint(b"a", b"bc")
    assert fingerprint(b"", b"a") != fingerprint(b"a", b"")
