"""notify over HTTP: sending again, the clock, health."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.notify.app import create_app
from services.notify.config import NotifySettings
from services.notify.routes import openapi
from services.notify.wiring import Deps, build
from shared.contracts import bookings
from tests.notify import helpers
from tests.notify.helpers import (
    CONFIRMATION,
    OPS,
    REF,
    confirmed,
    contact,
    event,
    ids,
    send,
    take,
)
from tests.notify.servers import Mailbox, SmsGateway


def resend(client: FlaskClient, message_id: str, **headers: str) -> TestResponse:
    return client.post(f"/notify/messages/{message_id}/resend", headers={**OPS, **headers})


def test_a_failed_message_is_sent_again(
    client: FlaskClient, deps: Deps, mailbox: Mailbox, store: Any
) -> None:
    mailbox.answers = ["550 no"]
    take(deps, confirmed(sealed=contact(phone=None)))
    send(deps)
    answer = resend(client, CONFIRMATION)
    assert answer.status_code == 202
    assert (answer.json["id"], answer.json["status"]) == (CONFIRMATION, "queued")  # type: ignore[index]
    assert CONFIRMATION in ids(client.get("/notify/messages?status=queued", headers=OPS))
    assert ids(client.get("/notify/messages?status=failed", headers=OPS)) == []
    send(deps)
    (item,) = client.get("/notify/messages?status=sent", headers=OPS).json["items"]  # type: ignore[index]
    assert (item["id"], item["attempts"], item["error"]) == (CONFIRMATION, 2, None)
    assert [e.type.name for e in helpers.outbox(store)] == [
        "notification.failed", "notification.delivered",
    ]  # fmt: skip


def test_sending_again_is_not_taken_for_a_repetition(
    client: FlaskClient, deps: Deps, mailbox: Mailbox, gateway: SmsGateway
) -> None:
    """Otherwise mail readers hide it, and providers answer without sending."""
    take(deps, confirmed(), confirmed(reference="AAAA-BBBBB", sealed=contact(email=None)))
    send(deps)
    send(deps, "sms")
    assert resend(client, CONFIRMATION.lower()).status_code == 202
    assert resend(client, "AAAA-BBBBB.0.confirmation.sms").status_code == 202
    send(deps)
    send(deps, "sms")
    first, second = mailbox.mails
    assert first["Message-ID"] != second["Message-ID"]
    assert len({call["headers"]["Idempotency-Key"] for call in gateway.calls}) == 2


def test_a_queued_message_is_left_as_it_is(client: FlaskClient, deps: Deps, store: Any) -> None:
    take(deps, confirmed())
    before = helpers.contents(store)
    answer = resend(client, CONFIRMATION)
    assert (answer.status_code, answer.json["status"]) == (202, "queued")  # type: ignore[index]
    assert helpers.contents(store) == before


def test_a_reminder_that_was_sent_can_be_sent_again(
    client: FlaskClient, deps: Deps, mailbox: Mailbox
) -> None:
    take(deps, confirmed())
    helpers.set_clock(deps.client, "2026-11-24T07:30:00+05:00")
    send(deps)
    take(deps, event(bookings.CANCELLED, 1))
    assert resend(client, f"{REF}.0.reminder-2h.email").status_code == 202
    send(deps)
    assert len(mailbox.mails) == 4


@pytest.mark.parametrize("message_id", [CONFIRMATION, "nonsense", "%2e%2e.1.x.email"])
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_an_unknown_message(client: FlaskClient, message_id: str, language: str) -> None:
    path = f"/notify/messages/{message_id}/resend?lang={language}"
    answer = client.post(path, headers=OPS)
    assert answer.status_code == 404
    assert answer.json["error_code"] == "not_found"  # type: ignore[index]


def test_the_same_key_sends_again_once(client: FlaskClient, deps: Deps, mailbox: Mailbox) -> None:
    key = {"Idempotency-Key": "resend-0123456789"}
    take(deps, confirmed())
    send(deps)
    first = resend(client, CONFIRMATION, **key)
    send(deps)
    again = resend(client, CONFIRMATION, **key)
    assert (again.status_code, again.json) == (first.status_code, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
    send(deps)
    assert len(mailbox.mails) == 2
    other = resend(client, f"{REF}.0.reminder-2h.email", **key)
    assert other.json["error_code"] == "idempotency_key_reused"  # type: ignore[index]


def test_the_clock_moves_and_reminders_come_due(
    client: FlaskClient, deps: Deps, mailbox: Mailbox
) -> None:
    take(deps, confirmed())
    send(deps)
    answer = client.post("/notify/clock", json={"advance_s": 3 * 86400}, headers=OPS)
    assert answer.status_code == 200
    assert answer.json["now"].startswith("2026-11-23T05:00:0")  # type: ignore[index]
    send(deps)
    assert len(mailbox.mails) == 2


@pytest.mark.parametrize("body", [{}, {"advance_s": -1}, {"advance_s": "5"}, {"advance_s": 10**9}])
def test_the_clock_never_goes_back(client: FlaskClient, body: Any) -> None:
    answer = client.post("/notify/clock", json=body, headers=OPS)
    assert answer.status_code == 422
    assert answer.json["errors"]["advance_s"]  # type: ignore[index]


def test_a_real_clock_cannot_be_moved(settings: NotifySettings, store: Any) -> None:
    client = create_app(replace(settings, simulated_clock=False)).test_client()
    answer = client.post("/notify/clock", json={"advance_s": 5}, headers=OPS)
    assert answer.status_code == 404
    assert store.exists("{notify}:clock") == 0


def test_ready_says_what_is_wrong(client: FlaskClient, deps: Deps, store: Any) -> None:
    take(deps, confirmed())
    answer = client.get("/notify/health/ready")
    assert answer.status_code == 200
    assert answer.json == {
        "status": "degraded",
        "checks": {"store": "ok", "worker": "starting", "bus": "starting", "queue": {"due": 1}},
    }
    real_ms = store.time()[0] * 1000
    store.hset("{notify}:relay:state", mapping={"bus": "ok", "error": "", "at_ms": real_ms})
    assert client.get("/notify/health/ready").json["status"] == "ok"  # type: ignore[index]
    store.hset("{notify}:relay:state", mapping={"bus": "down", "error": "BusUnavailable"})
    checks = client.get("/notify/health/ready").json["checks"]  # type: ignore[index]
    assert checks["bus"] == "BusUnavailable"
    store.hset("{notify}:relay:state", "at_ms", real_ms - 120_000)
    checks = client.get("/notify/health/ready").json["checks"]  # type: ignore[index]
    assert checks["worker"].startswith("no sign of life")


def test_ready_is_503_without_the_store(settings: NotifySettings) -> None:
    deps = build(replace(settings, store_url="unix:///nowhere/at/all"))
    client = create_app(deps=deps).test_client()
    assert client.get("/notify/health/live").status_code == 200
    assert client.get("/notify/health/ready").status_code == 503
    assert client.get("/notify/messages", headers=OPS).status_code == 503


def test_openapi_describes_the_calls(client: FlaskClient) -> None:
    answer = client.get("/notify/openapi.json")
    assert answer.json == openapi()
    assert set(openapi()["paths"]) == {
        "/notify/messages", "/notify/messages/{message_id}/resend", "/notify/clock",
    }  # fmt: skip
