"""The health check of worker containers."""

import time
from typing import Any

import pytest

from shared.messaging import alive
from shared.messaging.relay_state import state_key
from tests.support import free_port


@pytest.mark.parametrize(
    ("silent_s", "code", "told"),
    [(0, 0, ""), (30, 0, ""), (90, 1, "booking: no relay for 90 s"), (None, 1, "booking: no relay has")],
)  # fmt: skip
def test_workers_are_alive_while_one_of_them_shows_itself(
    store: Any, store_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    silent_s: float | None, code: int, told: str,
) -> None:  # fmt: skip
    if silent_s is not None:
        fields = {"bus": "down", "error": "", "at_ms": int((time.time() - silent_s) * 1000)}
        store.hset(state_key("{booking}"), mapping=fields)
    monkeypatch.setenv("KEZEK_STORE_URL", store_url)
    assert alive.main(["booking"]) == code
    assert capsys.readouterr().err.startswith(told)


def test_without_the_store_no_worker_can_do_its_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEZEK_STORE_URL", f"redis://127.0.0.1:{free_port()}/0")
    assert alive.main(["booking"]) == 1
    assert "the store does not answer" in capsys.readouterr().err


def test_a_wrong_call_says_how(capsys: pytest.CaptureFixture[str]) -> None:
    assert alive.main([]) == 2
    assert capsys.readouterr().err.startswith("usage:")
