"""What is counted of requests, and how the numbers of several processes come together."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from shared.web import measure
from tests.observability.asking import ask
from tests.observability.test_trace import NoGauges
from tests.servers import ROOT
from tests.support import eventually, free_port

Sample = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: str) -> Sample:
    families = text_string_to_metric_families(text)
    return {(s.name, tuple(sorted(s.labels.items()))): s.value for f in families for s in f.samples}


def requests(text: str, app: str) -> dict[tuple[str, str, str], float]:
    """By route, method and status."""
    found = {}
    for (name, labels), value in samples(text).items():
        of = dict(labels)
        if name == "kezek_http_requests_total" and of["app"] == app:
            found[of["route"], of["method"], of["status"]] = value
    return found


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Flask:
    """Counted under the test's own name, since counters live as long as the process."""
    app = Flask("counted")
    app.add_url_rule("/m/things/<name>", view_func=lambda name: name, endpoint="thing")
    measure.install(app, request.node.name, "/m", NoGauges())
    return app


def test_a_route_is_its_rule_never_its_path(app: Flask, request: pytest.FixtureRequest) -> None:
    client = app.test_client()
    for name in ("a", "b", "c"):
        client.get(f"/m/things/{name}")
    client.post("/m/things/a")
    client.get("/nowhere/a")
    client.open("/nowhere/b", method="BREW")
    found = requests(client.get("/m/metrics").text, request.node.name)
    assert found == {
        ("/m/things/<name>", "GET", "200"): 3,
        ("none", "POST", "405"): 1,
        ("none", "GET", "404"): 1,
        ("none", "other", "404"): 1,
    }


def test_durations_are_counted_by_route(app: Flask, request: pytest.FixtureRequest) -> None:
    client = app.test_client()
    client.get("/m/things/a")
    found = samples(client.get("/m/metrics").text)
    labels = (("app", request.node.name), ("method", "GET"), ("route", "/m/things/<name>"))
    assert found["kezek_http_request_duration_seconds_count", labels] == 1
    assert found["kezek_http_request_duration_seconds_sum", labels] > 0


def test_nothing_that_a_client_says_becomes_a_label(
    app: Flask, request: pytest.FixtureRequest
) -> None:
    client = app.test_client()
    for number in range(20):
        client.open(f"/nowhere/{number}", method=f"M{number}")
        client.open(f"/m/things/{number}", method=f"M{number}")
    assert set(requests(client.get("/m/metrics").text, request.node.name)) == {
        ("none", "other", "404"), ("none", "other", "405"),
    }  # fmt: skip


COUNT = """
import sys
from shared import metrics
metrics.EVENTS.labels("booking_confirmed").inc(int(sys.argv[1]))
if len(sys.argv) > 2:
    from prometheus_client import generate_latest
    sys.stdout.write(generate_latest(metrics.of_all_processes()).decode())
"""


def test_numbers_of_processes_add_up_also_of_those_that_died(tmp_path: Path) -> None:
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}

    def run(*arguments: str) -> str:
        command = [sys.executable, "-c", COUNT, *arguments]
        done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stdout.decode()

    run("2")
    run("3")
    found = samples(run("4", "show"))
    assert found["kezek_events_total", (("event", "booking_confirmed"),)] == 9


def test_a_worker_answers_scrapes_on_its_port() -> None:
    port = free_port()
    code = (
        "import threading, urllib.request\n"
        "from shared import metrics\n"
        "metrics.EVENTS.labels('x').inc()\n"
        f"metrics.serve({port})\n"
        f"print(urllib.request.urlopen('http://127.0.0.1:{port}/metrics').read().decode())\n"
    )
    environ = {k: v for k, v in os.environ.items() if k != "PROMETHEUS_MULTIPROC_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", code], env={**environ, "no_proxy": "*"}, cwd=ROOT,
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert samples(done.stdout)["kezek_events_total", (("event", "x"),)] == 1


APP = """
from flask import Flask
from shared.web import measure
from tests.observability.test_trace import NoGauges

def create_app():
    app = Flask("several")
    app.add_url_rule("/s/pid", view_func=lambda: str(__import__("os").getpid()), endpoint="pid")
    measure.install(app, "s", "/s", NoGauges())
    return app
"""


def test_every_scrape_sees_all_gunicorn_workers_and_those_that_were_killed(tmp_path: Path) -> None:
    """With the deployed gunicorn configuration, which makes the folder."""
    (tmp_path / "several.py").write_text(APP)
    port = free_port()
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "metrics" / "s")}
    environ["PYTHONPATH"] = f"{tmp_path}:{ROOT}"
    server = subprocess.Popen(
        [sys.executable, "-m", "gunicorn", "-c", "shared/web/gunicorn_conf.py", "-w", "2",
         "--no-control-socket", "--bind", f"127.0.0.1:{port}", "several:create_app()"],
        cwd=ROOT, env=environ, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    asked = 0
    try:
        pids: set[str] = set()

        def both_answered() -> bool:
            nonlocal asked
            pids.add(ask(port, "/s/pid"))
            asked += 1
            return len(pids) == 2

        eventually(both_answered)
        eventually(lambda: counted(port) == asked)
        os.kill(int(pids.pop()), signal.SIGKILL)
        eventually(both_answered)
        eventually(lambda: counted(port) == asked)
    finally:
        server.terminate()
        server.wait(timeout=60)


def counted(port: int) -> float:
    return requests(ask(port, "/s/metrics"), "s").get(("/s/pid", "GET", "200"), 0)
