"""Every query of the dashboard, and every rule, against a real Prometheus that scraped a running
system: it parses, and names only metrics that exist."""

from __future__ import annotations

import json
import re

import pytest

from tests.observability.prometheus import Prometheus
from tests.observability.test_alerts import alerts
from tests.servers import ROOT

DASHBOARD = ROOT / "deploy" / "observability" / "grafana" / "dashboards" / "kezek.json"
PANELS = [p for p in json.loads(DASHBOARD.read_text("utf-8"))["panels"] if p["type"] != "row"]
QUERIES = [(p["title"], target["expr"]) for p in PANELS for target in p["targets"]]
_NAME = re.compile(r"\bkezek[a-z0-9_:]+")


def metric_names(query: str) -> set[str]:
    return set(_NAME.findall(re.sub(r'"[^"]*"', '""', query)))


@pytest.mark.parametrize(("title", "query"), QUERIES, ids=[title for title, _ in QUERIES])
def test_a_panel_asks_for_what_is_there(prometheus: Prometheus, title: str, query: str) -> None:
    prometheus.query(query)
    missing = metric_names(query) - known(prometheus) - NOT_YET
    assert not missing, title


@pytest.mark.parametrize("alert", alerts(), ids=lambda a: a["alert"])
def test_an_alert_asks_for_what_is_there(prometheus: Prometheus, alert: dict[str, str]) -> None:
    assert metric_names(alert["expr"]) - known(prometheus) - NOT_YET == set()
    prometheus.query(alert["expr"])


NOT_YET = {
    # Recorded from five and fifteen minutes of samples, or once a denominator is not 0.
    "kezek:http_errors:ratio5m",
    "kezek:http_request_duration:p99_5m",
    "kezek:notices_failed:ratio15m",
}


def known(prometheus: Prometheus) -> set[str]:
    return set(prometheus.ask("label/__name__/values"))


def test_every_panel_has_room_and_a_place_of_its_own() -> None:
    places = [(p["gridPos"]["x"], p["gridPos"]["y"]) for p in PANELS]
    assert len(places) == len(set(places))
    assert all(p["gridPos"]["x"] + p["gridPos"]["w"] <= 24 for p in PANELS)
    ids = [p["id"] for p in PANELS]
    assert len(ids) == len(set(ids))


def test_the_system_that_works_fires_nothing(prometheus: Prometheus) -> None:
    firing = prometheus.query(
        'ALERTS{alertstate="firing", alertname!~"KezekDiskFills|.*WorkerDown"}'
    )
    assert firing == []
