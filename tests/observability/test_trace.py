"""Trace context: which header is taken, and what runs under it."""

from __future__ import annotations

import re
import threading

import pytest
from flask import Flask
from prometheus_client.registry import Collector

from shared import trace
from shared.web import measure

GIVEN = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
FRESH = re.compile("00-[0-9a-f]{32}-[0-9a-f]{16}-01")


class NoGauges(Collector):
    def collect(self) -> list[object]:  # type: ignore[override]
        return []


@pytest.fixture
def app() -> Flask:
    app = Flask("traced")
    app.add_url_rule("/t/now", view_func=lambda: trace.current() or "none", endpoint="now")
    measure.install(app, "t", "/t", NoGauges())
    return app


def test_a_valid_trace_is_followed_and_echoed(app: Flask) -> None:
    answer = app.test_client().get("/t/now", headers={"traceparent": GIVEN})
    assert answer.text == GIVEN
    assert answer.headers["traceparent"] == GIVEN


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "nonsense",
        GIVEN.upper(),
        GIVEN + "-more",
        GIVEN + "\t",
        GIVEN[:-1],
        "ff" + GIVEN[2:],
        "00-" + "0" * 32 + "-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-" + "0" * 16 + "-01",
    ],
)
def test_any_other_is_replaced_by_a_fresh_one(app: Flask, header: str | None) -> None:
    environ = {} if header is None else {"HTTP_TRACEPARENT": header}
    answer = app.test_client().get("/t/now", environ_overrides=environ)
    assert FRESH.fullmatch(answer.headers["traceparent"])
    assert answer.text == answer.headers["traceparent"]
    assert answer.text != GIVEN


def test_no_two_requests_share_a_fresh_one(app: Flask) -> None:
    assert len({app.test_client().get("/t/now").text for _ in range(50)}) == 50


def test_an_error_has_its_trace_too(app: Flask) -> None:
    answer = app.test_client().get("/nowhere", headers={"traceparent": GIVEN})
    assert (answer.status_code, answer.headers["traceparent"]) == (404, GIVEN)


def test_nothing_stays_behind_in_the_thread(app: Flask) -> None:
    app.test_client().get("/t/now", headers={"traceparent": GIVEN})
    assert trace.current() is None


def test_following_ends_with_its_block_and_its_thread() -> None:
    seen = []
    with trace.following(GIVEN):
        thread = threading.Thread(target=lambda: seen.append(trace.current()))
        thread.start()
        thread.join()
        with trace.following("nonsense"):
            seen.append(trace.current())
        seen.append(trace.current())
    assert [*seen, trace.current()] == [None, None, GIVEN, None]
