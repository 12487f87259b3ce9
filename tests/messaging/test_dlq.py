"""`python -m shared.messaging.dlq` and `... .topics`, on both buses."""

from __future__ import annotations

import uuid
from collections.abc import Iterator

import pytest

from shared.bus import connect
from shared.bus.port import Bus, Record
from shared.messaging import dlq, topics
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.dlq import Letter
from tests.messaging.conftest import as_record
from tests.support import free_port


@pytest.fixture
def environment(bus_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("KEZEK_BUS_URL", bus_url)
    assert topics.main() == 0
    return bus_url


@pytest.fixture
def letter(environment: str) -> Iterator[Letter]:
    """A dead letter of `bookings`, of a key of its own."""
    key = f"k-{uuid.uuid4().hex[:8]}"
    sent = as_record("bookings", 0, key=key)
    bus = connect(environment)
    record = Record("bookings", 3, 17, sent.key, sent.value, sent.headers, 0)
    DeadLetters(bus.producer(), "notify").put(record, "does not validate")
    yield next(found for found in dlq.letters(bus) if found.record.key == key.encode())
    bus.close()


def originals(bus: Bus, letter: Letter) -> list[Record]:
    return [r for r in bus.read_all("bookings") if r.key == letter.record.key]


def test_a_dead_letter_is_listed_and_shown(
    letter: Letter, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert dlq.main(["list"]) == 0
    [line] = [line for line in capsys.readouterr().out.splitlines() if letter.place in line]
    assert "from bookings/3/17" in line
    assert line.endswith("by notify  does not validate")
    assert dlq.main(["show", letter.place]) == 0
    shown = capsys.readouterr().out
    assert "ce_type: kz.kezek.booking.confirmed.v1" in shown
    assert '"reference":"K7M2-9QRTX"' in shown


def test_a_dead_letter_sent_again_is_whole_and_is_not_listed_any_more(
    letter: Letter, environment: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert dlq.main(["redrive", letter.place]) == 0
    assert "1 sent again" in capsys.readouterr().out
    bus = connect(environment)
    [record] = originals(bus, letter)
    sent = as_record("bookings", 0, key=(letter.record.key or b"").decode())
    assert (record.value, record.headers) == (sent.value, sent.headers)
    assert letter.place not in [found.place for found in dlq.letters(bus)]
    bus.close()
    assert dlq.main(["redrive", letter.place]) == 1
    assert "no such dead letter" in capsys.readouterr().err


def test_redrive_wants_to_be_told_what(environment: str) -> None:
    with pytest.raises(SystemExit):
        dlq.main(["redrive"])


@pytest.mark.parametrize("scheme", ["kafka://127.0.0.1:", "redis://127.0.0.1:"])
def test_a_bus_that_cannot_be_reached_is_one_clear_line(
    scheme: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEZEK_BUS_URL", f"{scheme}{free_port()}")
    assert topics.main() == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert error.startswith("topics: the bus cannot be reached")


@pytest.mark.parametrize("url", ["", "amqp://x", "kafka://", "kafka://host:port", "kafka://a/b"])
def test_a_wrong_bus_url_is_one_clear_line(
    url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KEZEK_BUS_URL", url)
    assert topics.main() == 1
    assert capsys.readouterr().err.count("\n") == 1
