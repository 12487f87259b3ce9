"""The deployed rules and configuration, by Prometheus's own tool."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.conftest import missing
from tests.observability.prometheus import RULES, program
from tests.servers import ROOT, Unavailable

HERE = Path(__file__).parent
CONFIG = ROOT / "deploy" / "observability" / "prometheus.yml"
DOCS = ROOT / "docs" / "observability.md"


def promtool(*arguments: str) -> None:
    try:
        command = [program("promtool"), *arguments]
    except Unavailable as reason:
        missing(reason)
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def alerts() -> list[dict[str, str]]:
    groups = [yaml.safe_load(file.read_text("utf-8"))["groups"] for file in RULES.glob("*.yml")]
    return [rule for g in groups for group in g for rule in group["rules"] if "alert" in rule]


def test_the_rules_are_valid() -> None:
    promtool("check", "rules", *map(str, RULES.glob("*.yml")))


def test_the_configuration_is_valid(tmp_path: Path) -> None:
    there = CONFIG.read_text("utf-8")
    here = tmp_path / "prometheus.yml"
    here.write_text(there.replace("/etc/prometheus/rules", str(RULES)))
    assert here.read_text() != there
    promtool("check", "config", str(here))


def test_each_alert_fires_where_it_should() -> None:
    promtool("test", "rules", str(HERE / "alerts.test.yml"))


def test_no_alert_is_left_untested() -> None:
    tests = (HERE / "alerts.test.yml").read_text("utf-8")
    assert {a["alert"] for a in alerts()} == set(re.findall(r"alertname: (\w+)", tests))


@pytest.mark.parametrize("alert", alerts(), ids=lambda a: a["alert"])
def test_the_guide_says_what_each_alert_means(alert: dict[str, str]) -> None:
    assert f"**{alert['alert']}**" in DOCS.read_text("utf-8")
