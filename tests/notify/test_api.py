"""notify over HTTP: who sees which messages."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from services.notify.schemas import MessageAnswer
from services.notify.wiring import Deps
from shared.contracts import bookings
from shared.i18n import translate
from tests.notify import helpers
from tests.notify.helpers import (
    CONFIRMATION,
    OPS,
    REF,
    confirmed,
    contact,
    desk,
    event,
    ids,
    place,
    send,
    take,
)
from tests.notify.servers import Mailbox
from tests.notify.test_handlers import centre_event

OTHER_CENTRE = place("2026-11-24T09:00:00+05:00", id="almaty-spec-1")


def all_pages(client: FlaskClient, path: str, headers: dict[str, str]) -> list[str]:
    found: list[str] = []
    cursor = ""
    while True:
        answer = client.get(f"{path}&cursor={cursor}", headers=headers)
        found += ids(answer)
        cursor = answer.json["next"]  # type: ignore[index]
        if cursor is None:
            return found


def test_ops_see_what_was_sent(client: FlaskClient, deps: Deps) -> None:
    take(deps, confirmed())
    send(deps)
    answer = client.get(f"/notify/messages?booking={REF}&status=sent", headers=OPS)
    (item,) = answer.json["items"]  # type: ignore[index]
    assert answer.json["next"] is None  # type: ignore[index]
    assert MessageAnswer().validate(item) == {}
    assert item == {
        "id": CONFIRMATION, "booking": REF, "sequence": 0, "kind": "confirmation",
        "channel": "email", "language": "kk", "status": "sent", "attempts": 1, "error": None,
        "centre": "almaty-spec-6", "sent_at": item["sent_at"], "created_at": item["created_at"],
        "due_at": item["due_at"],
    }  # fmt: skip
    assert item["sent_at"].startswith("2026-11-20T10:00:")
    assert item["sent_at"].endswith("+05:00")
    for secret in (helpers.EMAIL, helpers.PHONE, helpers.NAME, helpers.MANAGE_TOKEN):
        assert secret not in answer.text


def test_reminders_to_come_are_queued(client: FlaskClient, deps: Deps) -> None:
    take(deps, confirmed())
    answer = client.get("/notify/messages?status=queued", headers=OPS)
    dues = {item["id"]: item["due_at"] for item in answer.json["items"]}  # type: ignore[index]
    assert dues[f"{REF}.0.reminder-24h.email"] == "2026-11-23T09:00:00+05:00"
    assert dues[f"{REF}.0.reminder-2h.email"] == "2026-11-24T07:00:00+05:00"
    kinds = {item["kind"] for item in answer.json["items"]}  # type: ignore[index]
    assert kinds == {"confirmation", "reminder"}


@pytest.mark.parametrize("written", [REF.lower(), REF.replace("-", ""), "k7m2 9qrtx"])
def test_a_reference_is_read_as_people_write_it(
    client: FlaskClient, deps: Deps, written: str
) -> None:
    take(deps, confirmed())
    assert len(ids(client.get(f"/notify/messages?booking={written}", headers=OPS))) == 3


def test_a_desk_sees_its_centres_only(client: FlaskClient, deps: Deps) -> None:
    take(deps, confirmed(), confirmed(reference="AAAA-BBBBB", **OTHER_CENTRE))
    here, there = desk("almaty-spec-6"), desk("almaty-spec-1")
    assert {i[:10] for i in ids(client.get("/notify/messages", headers=here))} == {REF}
    assert {i[:10] for i in ids(client.get("/notify/messages", headers=there))} == {"AAAA-BBBBB"}
    both = desk("almaty-spec-6", "almaty-spec-1", "nowhere")
    assert len(ids(client.get("/notify/messages", headers=both))) == 6


def test_a_booking_of_another_centre_looks_like_none(client: FlaskClient, deps: Deps) -> None:
    take(deps, confirmed())
    asked = f"/notify/messages?booking={REF}"
    assert ids(client.get(asked, headers=desk("almaty-spec-1"))) == []
    assert ids(client.get("/notify/messages?booking=ZZZZ-ZZZZZ", headers=OPS)) == []


def test_each_desk_sees_its_part_of_a_booking_that_moved(client: FlaskClient, deps: Deps) -> None:
    previous = place("2026-11-24T09:00:00+05:00")
    take(deps, confirmed(), event(bookings.MOVED, 1, previous=previous, **OTHER_CENTRE))
    asked = f"/notify/messages?booking={REF}&status=queued"
    assert ids(client.get(asked, headers=desk("almaty-spec-6"))) == [CONFIRMATION]
    new = ids(client.get(asked, headers=desk("almaty-spec-1")))
    assert len(new) == 3
    assert all(i.startswith(f"{REF}.1.") for i in new)


@pytest.mark.parametrize("limit", [1, 2, 7, 200])
@pytest.mark.parametrize("who", ["ops", "desk"])
def test_pages_hold_everything_once_newest_first(
    client: FlaskClient, deps: Deps, limit: int, who: str
) -> None:
    places = [place("2026-11-24T09:00:00+05:00"), OTHER_CENTRE]
    for number in range(6):
        take(deps, confirmed(reference=f"K7M2-{number:05d}", **places[number % 2]))
        deps.book.advance_clock(10)
    headers = OPS if who == "ops" else desk("almaty-spec-6", "almaty-spec-1")
    found = all_pages(client, f"/notify/messages?limit={limit}", headers)
    assert len(found) == len(set(found)) == 18
    assert [i[5:10] for i in found] == sorted((i[5:10] for i in found), reverse=True)
    queued = all_pages(client, f"/notify/messages?limit={limit}&status=queued", headers)
    assert queued == found


def test_pages_of_one_booking(client: FlaskClient, deps: Deps) -> None:
    take(deps, confirmed())
    send(deps)
    path = f"/notify/messages?booking={REF}&limit=1"
    assert len(all_pages(client, path, OPS)) == 3
    assert len(all_pages(client, f"{path}&status=queued", OPS)) == 2


def test_since(client: FlaskClient, deps: Deps) -> None:
    take(deps, confirmed())
    deps.book.advance_clock(3600_000)
    take(deps, event(bookings.CANCELLED, 1))
    asked = "/notify/messages?since=2026-11-20T05:30:00Z"
    assert ids(client.get(asked, headers=OPS)) == [f"{REF}.1.cancelled.email"]


@pytest.mark.parametrize(("since", "number"), [("1970-01-01", 3), ("2200-01-01", 0)])
def test_since_any_year(client: FlaskClient, deps: Deps, since: str, number: int) -> None:
    take(deps, confirmed())
    query = {"since": f"{since}T00:00:00+05:00"}
    answer = client.get("/notify/messages", query_string=query, headers=OPS)
    assert len(ids(answer)) == number


def test_an_empty_reference_is_nobodys(client: FlaskClient, deps: Deps) -> None:
    take(deps, confirmed())
    assert ids(client.get("/notify/messages?booking=", headers=OPS)) == []


def test_status_follows_what_happens(client: FlaskClient, deps: Deps, mailbox: Mailbox) -> None:
    mailbox.answers = ["550 no"]
    take(deps, confirmed(sealed=contact(phone=None)))
    send(deps)
    for path in ("/notify/messages?status=failed", f"/notify/messages?status=failed&booking={REF}"):
        assert ids(client.get(path, headers=OPS)) == [CONFIRMATION]
        assert ids(client.get(path, headers=desk("almaty-spec-6"))) == [CONFIRMATION]
    assert CONFIRMATION not in ids(client.get("/notify/messages?status=queued", headers=OPS))


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_who_may_ask(client: FlaskClient, language: str) -> None:
    answer = client.get(f"/notify/messages?lang={language}")
    assert answer.status_code == 401
    english = "A valid token is needed for this."
    assert answer.json == {
        "status": 401, "error_code": "unauthorised", "message": translate(english, language),
    }  # fmt: skip
    assert (translate(english, language) == english) is (language == "en")


def test_a_desk_may_neither_send_again_nor_move_the_clock(client: FlaskClient, deps: Deps) -> None:
    take(deps, confirmed())
    headers = desk("almaty-spec-6")
    for path in (f"/notify/messages/{CONFIRMATION}/resend", "/notify/clock"):
        assert client.post(path, headers=headers).status_code == 403
        assert client.post(path).status_code == 401


def test_a_revoked_desk_token_is_unknown(client: FlaskClient, deps: Deps) -> None:
    headers = desk("almaty-spec-6", epoch=0)
    assert client.get("/notify/messages", headers=headers).status_code == 200
    take(deps, centre_event(5, 1))
    assert client.get("/notify/messages", headers=headers).status_code == 401
    headers = desk("almaty-spec-6", epoch=1)
    assert client.get("/notify/messages", headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=lost", "status"),
        ("since=2026-11-20T10:00:00", "since"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("cursor=%21", "cursor"),
        ("colour=red", "colour"),
    ],
)
@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_queries_that_are_not_right(
    client: FlaskClient, query: str, field: str, language: str
) -> None:
    answer = client.get(f"/notify/messages?{query}&lang={language}", headers=OPS)
    assert answer.status_code == 422
    assert answer.json["error_code"] == "validation_failed"  # type: ignore[index]
    (message,) = answer.json["errors"][field]  # type: ignore[index]
    assert message.isascii() is (language == "en")
