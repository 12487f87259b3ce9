"""What docker-compose.yml promises, as far as reading it can tell; `make compose-check` runs it."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
APPS = ("centres", "booking", "notify")
ONE_SHOT = {"topics", "load", "centres-recovery", "booking-recovery"}

FILE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, Any] = FILE["services"]
# Read by every app and given by the image: /app/data.
NOT_GIVEN = {"KEZEK_DATA_DIR"}


def settings_of(app: str) -> set[str]:
    """The names of every setting that this app's code reads."""
    sources = (ROOT / "shared/config.py", ROOT / f"services/{app}/config.py")
    texts = [source.read_text("utf-8") for source in sources if source.exists()]
    return {name for text in texts for name in re.findall(r'"(KEZEK_[A-Z_]+)"', text)} - NOT_GIVEN


@pytest.mark.parametrize("app", APPS)
@pytest.mark.parametrize("kind", ["web", "worker"])
def test_an_app_is_given_every_setting_it_reads_and_no_other(app: str, kind: str) -> None:
    given = set(SERVICES[f"{app}-{kind}"]["environment"]) - {"PROMETHEUS_MULTIPROC_DIR"}
    assert given == settings_of(app)


@pytest.mark.parametrize("name", SERVICES)
def test_every_container_may_as_little_as_possible(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["mem_limit"]
    assert service["pids_limit"]
    assert service["logging"]["options"]["max-size"]
    assert "privileged" not in service


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONE_SHOT))
def test_what_stays_up_is_looked_after(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"]
    assert SERVICES[name]["restart"] == "unless-stopped"


def test_only_the_gateway_and_the_mail_catcher_are_published_and_on_loopback() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert {name for name in ports if "profiles" not in SERVICES[name]} == {"gateway", "mail"}
    assert all(port.startswith("127.0.0.1:") for each in ports.values() for port in each)


def test_no_secret_has_a_default() -> None:
    """Every secret that is made is asked for by name, and compose refuses where it is missing."""
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    made = set(re.findall(r"^need (KEZEK_\w+)", (ROOT / "deploy/secrets.sh").read_text(), re.M))
    required = set(re.findall(r"\$\{(KEZEK_\w+):\?run make secrets first\}", text))
    assert required == made
    assert not [name for name in made if f"${{{name}:-" in text or f"${{{name}}}" in text]


def test_the_volumes_hold_the_data_of_the_stores_and_the_broker() -> None:
    mounted = {
        volume.split(":")[0]
        for service in SERVICES.values()
        for volume in service.get("volumes", ())
        if not volume.startswith("./")
    }
    assert mounted == set(FILE["volumes"])


def test_it_is_valid_in_old_and_new_compose() -> None:
    assert "version" not in FILE
    assert "name" not in FILE
    assert "include" not in FILE
    assert not [s for s in SERVICES.values() if "start_interval" in s.get("healthcheck", {})]
