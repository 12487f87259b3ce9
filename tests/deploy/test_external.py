"""The outside listener: its certificate, its settings, and the names of its users.

`make compose-check` runs it on a broker.
"""

import re
import ssl
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from shared.bus import kafka_users
from shared.contracts.registry import TOPICS

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy/external/certificate.sh"
FILE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
OVERRIDE: dict[str, Any] = yaml.safe_load((ROOT / "deploy/compose.external.yml").read_text("utf-8"))


def make(file: Path, host: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["sh", str(SCRIPT), str(file), host], capture_output=True, text=True)


def read(file: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in file.read_text("utf-8").splitlines())


@pytest.fixture
def env(tmp_path: Path) -> Path:
    file = tmp_path / "env"
    file.write_text("KEZEK_OPS_TOKEN=mine")
    return file


@pytest.mark.parametrize("host", ["kafka.example.kz", "127.0.0.1"])
def test_the_certificate_is_for_the_host_and_signed_by_the_ca_that_is_given_away(
    env: Path, host: str
) -> None:
    done = make(env, host)
    assert done.returncode == 0, done.stderr
    found = read(env)
    assert env.stat().st_mode & 0o777 == 0o600
    assert (found["KEZEK_OPS_TOKEN"], found["KEZEK_EXTERNAL_HOST"]) == ("mine", host)
    chain = x509.load_pem_x509_certificates(pem(found["KEZEK_KAFKA_TLS_CHAIN"]))
    (ca,) = x509.load_pem_x509_certificates((env.parent / "kafka-ca.pem").read_bytes())
    assert chain[1] == ca
    chain[0].verify_directly_issued_by(ca)
    names = chain[0].extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) + list(
        map(str, names.get_values_for_type(x509.IPAddress))
    ) == [host]
    key = load_pem_private_key(pem(found["KEZEK_KAFKA_TLS_KEY"]), None)
    assert key.public_key() == chain[0].public_key()
    ssl.create_default_context(cafile=str(env.parent / "kafka-ca.pem"))
    assert found["KEZEK_KAFKA_TLS_KEY"][40:80] not in done.stdout + done.stderr
    assert {path.name for path in env.parent.iterdir()} == {"env", "kafka-ca.pem"}


def pem(line: str) -> bytes:
    return line.replace("\\n", "\n").encode()


def test_ones_own_certificate_is_kept_and_the_host_is_changed(env: Path) -> None:
    env.write_text("KEZEK_KAFKA_TLS_KEY=own\nKEZEK_KAFKA_TLS_CHAIN=own\nKEZEK_EXTERNAL_HOST=a.kz\n")
    assert "is kept" in make(env, "b.kz").stdout
    found = read(env)
    assert (found["KEZEK_KAFKA_TLS_KEY"], found["KEZEK_EXTERNAL_HOST"]) == ("own", "b.kz")
    assert not (env.parent / "kafka-ca.pem").exists()


def test_compose_takes_the_file_from_then_on_beside_those_it_took_before(env: Path) -> None:
    make(env, "a.kz")
    assert read(env)["COMPOSE_FILE"] == "docker-compose.yml:deploy/compose.external.yml"
    before = env.read_text("utf-8")
    make(env, "a.kz")
    assert sorted(env.read_text("utf-8").splitlines()) == sorted(before.splitlines())
    env.write_text("COMPOSE_FILE=docker-compose.yml:mine.yml\n")
    make(env, "a.kz")
    assert read(env)["COMPOSE_FILE"] == "docker-compose.yml:mine.yml:deploy/compose.external.yml"


def test_what_is_no_host_is_refused(env: Path) -> None:
    assert make(env, "kafka,IP:10.0.0.1").returncode == 2
    assert make(env.parent / "none", "a.kz").returncode == 1
    assert env.read_text("utf-8") == "KEZEK_OPS_TOKEN=mine"


def test_the_broker_is_published_on_loopback_and_keeps_its_inside_listener() -> None:
    (name, kafka), *others = OVERRIDE["services"].items()
    assert (name, others) == ("kafka", [])
    assert kafka["ports"] == ["${KEZEK_EXTERNAL_BIND:-127.0.0.1}:${KEZEK_EXTERNAL_PORT:-9094}:9094"]
    inside = FILE["services"]["kafka"]["environment"]
    for setting in ("KAFKA_LISTENERS", "KAFKA_ADVERTISED_LISTENERS",
                    "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"):  # fmt: skip
        assert kafka["environment"][setting].startswith(f"{inside[setting]},EXTERNAL:")
    assert not re.findall(r"\$\{KEZEK_KAFKA_TLS_\w+:-", str(kafka))


def test_nobody_can_be_made_who_is_called_as_those_inside() -> None:
    superuser = OVERRIDE["services"]["kafka"]["environment"]["KAFKA_SUPER_USERS"]
    assert superuser == "User:ANONYMOUS"
    for name in ("ANONYMOUS", "User:x", "*", "a*", "-a", "a.b", "a\n", "", "x" * 64):
        assert not kafka_users.NAME.fullmatch(name)


def test_users_read_topics_that_there_are_and_nothing_else() -> None:
    assert set(kafka_users.TOPICS) == set(TOPICS) - {"notifications"}
    rights = {(str(r.resource_pattern), r.operation.name) for r in kafka_users.rights("display")}
    assert rights == {
        ("<ResourcePattern type=TOPIC, name=bookings, pattern=LITERAL>", "READ"),
        ("<ResourcePattern type=TOPIC, name=centres, pattern=LITERAL>", "READ"),
        ("<ResourcePattern type=GROUP, name=display, pattern=LITERAL>", "READ"),
        ("<ResourcePattern type=GROUP, name=display., pattern=PREFIXED>", "READ"),
    }
    assert {r.principal for r in kafka_users.rights("display")} == {"User:display"}


def test_where_rights_are_not_asked_for_nobody_is_made(
    kafka_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEZEK_BUS_URL", kafka_url)
    assert kafka_users.main(["add", "display"]) == 1
    assert "make external" in capsys.readouterr().err
    assert kafka_users.main(["list"]) == 0
    assert capsys.readouterr().out == "no users\n"
