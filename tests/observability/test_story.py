"""One booking's whole story, by its reference, from the logs of three apps."""

from __future__ import annotations

import json
from typing import Any

from tests.observability.conftest import TRACE, Life
from tests.support import eventually


def lines(life: Life) -> list[dict[str, Any]]:
    """Every line of the apps' logs, by time."""
    found = []
    for app in ("centres", "booking", "notify"):
        for process in ("web", "worker"):
            text = (life.system.var / "log" / f"{app}-{process}.log").read_text("utf-8")
            found += [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return sorted(found, key=lambda line: str(line["at"]))


def story(life: Life) -> list[dict[str, Any]]:
    return [line for line in lines(life) if line.get("booking") == life.reference]


def told(found: list[dict[str, Any]]) -> list[tuple[str, str, int]]:
    return [(line["app"], line["event"], line["sequence"]) for line in found]


def test_a_reference_finds_every_transition_and_every_message(life: Life) -> None:
    found = eventually(lambda: _whole(life))
    of_booking = [line for line in told(found) if line[0] == "booking"]
    assert of_booking == [
        ("booking", "booking_confirmed", 0),
        ("booking", "booking_moved", 1),
        ("booking", "booking_cancelled", 2),
    ]
    for sequence, name in enumerate(("confirmation", "moved", "cancelled")):
        message = f"{life.reference}.{sequence}.{name}.email"
        of_message = [line["event"] for line in found if line.get("message") == message]
        assert of_message == ["message_queued", "message_sent"], message


def _whole(life: Life) -> list[dict[str, Any]]:
    found = story(life)
    sent = [line for line in found if line["event"] == "message_sent"]
    return found if len(sent) == 3 else []


def test_every_line_of_it_names_centre_event_and_trace(life: Life) -> None:
    for line in eventually(lambda: _whole(life)):
        assert line["centre"] == life.centre
        assert len(line["event_id"]) == 32
        assert line["trace_id"] == life.traces[line["sequence"]], line


def test_one_trace_runs_from_the_request_to_the_mail(life: Life) -> None:
    eventually(lambda: _whole(life))
    assert life.traces[0] == TRACE
    traced = [line["event"] for line in lines(life) if line.get("trace_id") == TRACE]
    assert traced[0] == "booking_confirmed"
    assert "message_sent" in traced


def test_a_centre_has_a_story_too(life: Life) -> None:
    of_centre = [
        (line["app"], line["event"]) for line in lines(life) if line.get("centre") == life.centre
    ]
    assert of_centre[0] == ("centres", "centre_registered")
    assert ("centres", "centre_opened") in of_centre
    assert ("booking-worker", "centre_applied") in of_centre


def test_no_line_says_who(life: Life) -> None:
    citizen = life.citizen
    text = "\n".join(
        file.read_text("utf-8", "replace") for file in (life.system.var / "log").glob("*.log")
    )
    ours = (citizen.name, citizen.iin, citizen.email, citizen.token, life.system.ops)
    for secret in filter(None, ours):
        assert str(secret) not in text, secret
