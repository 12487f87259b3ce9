"""The worker process: relays what was written, tells anew what is new, ends when asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from services.centres import wiring
from services.centres.use_cases.refresh import define_services
from shared import bus
from shared.config import ROOT
from tests.centres.helpers import DEFINITIONS, OPS, Centres, settings
from tests.support import eventually


@pytest.fixture
def worker(api: Centres, redis_bus_url: str) -> Any:
    environment = {
        **os.environ, "KEZEK_STORE_URL": api.deps.settings.store_url, "KEZEK_BUS_URL": redis_bus_url,
        "KEZEK_OPS_TOKEN": OPS, "KEZEK_TOKEN_KEY": "a-token-key-for-tests",
    }  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "services.centres.worker"], cwd=ROOT, env=environment,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield process
    process.kill()
    process.wait()


def test_a_worker_relays_refreshes_and_stops(
    api: Centres, redis_bus_url: str, worker: subprocess.Popen[bytes]
) -> None:
    assert api.get("/health/ready").json["checks"]["bus"] == "starting"
    api.opened()
    consumer = bus.connect(redis_bus_url).consumer("a-test", ["centres"])
    records: list[Any] = []

    def arrived() -> bool:
        records.extend(consumer.poll(0.2))
        return len(records) >= 2

    eventually(arrived)
    consumer.close()
    types = [dict(record.headers)["ce_type"] for record in records[:2]]
    assert types == [b"kz.kezek.centre.registered.v1", b"kz.kezek.centre.opened.v1"]
    eventually(lambda: api.get("/health/ready").json["status"] == "ok")
    assert api.get("/health/ready").json["checks"]["network"] == {"centres": 1}
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0


def test_a_worker_tells_at_its_start_what_an_interrupted_load_left(
    api: Centres, redis_bus_url: str, request: pytest.FixtureRequest
) -> None:
    api.opened()
    longer = [{**d, "minutes": 25} if d["code"] == "plates" else d for d in DEFINITIONS]
    define_services(longer, store=api.deps.store)
    request.getfixturevalue("worker")
    eventually(lambda: api.get("/almaty-spec-6").json["version"] == 3)
    kept = api.deps.store.read("almaty-spec-6").centres["almaty-spec-6"].stored
    assert kept["schedule_version"] == 3


def test_health_says_what_is_wrong(api: Centres) -> None:
    state = "{centres}:relay:state"
    api.deps.client.hset(state, mapping={"bus": "down", "error": "no brokers", "at_ms": "1"})
    ready = api.get("/health/ready", token=None)
    assert (ready.status_code, ready.json["status"]) == (200, "degraded")
    assert ready.json["checks"]["bus"] == "down: no brokers"
    assert ready.json["checks"]["worker"] != "ok"


def test_a_missing_setting_is_one_line() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.centres.worker"], cwd=ROOT, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"]}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == "centres worker: KEZEK_STORE_URL is not set\n"


def test_a_folder_without_regions_is_one_line(store_url: str, tmp_path: Any) -> None:
    from shared.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="KEZEK_DATA_DIR"):
        wiring.build(settings(store_url, data_dir=tmp_path))
