"""What is refused before anybody asks what it means: media type, size, encoding, JSON, key, schema."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.booking.conftest import World, bearer, direct, person
from tests.booking.refusing import HOLD, KEY, START, assert_refused, book

POSTS = ["/holds", "/bookings"]
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "text/json", ""]
)
def test_another_media_type_is_415(world: World, path: str, kind: str) -> None:
    headers = {"Content-Type": kind} if kind else {}
    assert_refused(world, "POST", path, "unsupported_media_type", data=b"{}", headers=headers)


def test_a_body_of_64_kib_is_read_and_a_byte_more_is_413(world: World) -> None:
    whole = json.dumps(HOLD).encode().ljust(64 * 1024)
    assert world.http.post("/booking/holds", data=whole, headers=JSON).status_code == 201
    assert_refused(world, "POST", "/holds", "body_too_large", data=whole + b" ", headers=JSON)


def test_a_body_that_is_not_utf_8_is_invalid_encoding(world: World) -> None:
    body = json.dumps(HOLD).encode("utf-16")
    assert_refused(world, "POST", "/holds", "invalid_encoding", data=body, headers=JSON)
    latin = {"Content-Type": "application/json; charset=iso-8859-1"}
    body = '{"centre": "Алматы"}'.encode("cp1251")
    assert_refused(world, "POST", "/holds", "invalid_encoding", data=body, headers=latin)


@pytest.mark.parametrize(
    "body",
    ["", "{", "{'centre': 1}", '{"a": NaN}', '{"a": Infinity}', '{"a": 1,}', '{"a": "\\ud800"}',
     "[" * 5000, '{"a":' * 3000, '"\x00"', "\ufeff{}", "{} {}"],
)  # fmt: skip
def test_what_is_not_json_is_malformed(world: World, body: str) -> None:
    assert_refused(world, "POST", "/holds", "malformed_json", data=body.encode(), headers=JSON)


@pytest.mark.parametrize(
    "key", ["", "short", "x" * 15, "x" * 129, "with a space in it", "ключключключключ"]
)
def test_a_malformed_idempotency_key_is_refused(world: World, key: str) -> None:
    headers = {"Idempotency-Key": key.encode().decode("latin-1")}
    assert_refused(world, "POST", "/holds", "idempotency_key_malformed", json=HOLD, headers=headers)


def test_keys_of_16_and_of_128_characters_are_accepted(world: World) -> None:
    for key in ("!" * 16, "~" * 128):
        answer = world.post("/holds", HOLD, {"Idempotency-Key": key})
        assert answer.status_code == 201, answer.json


def test_a_key_used_for_another_body_is_refused(world: World) -> None:
    headers = {"Idempotency-Key": KEY}
    assert world.post("/holds", HOLD, headers).status_code == 201
    other = HOLD | {"start": "2026-11-24T10:00:00+05:00"}
    assert_refused(world, "POST", "/holds", "idempotency_key_reused", json=other, headers=headers)


def without(body: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in names}


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("/holds", {}, "centre"),
        ("/holds", HOLD | {"start": "2026-11-24T09:00:00"}, "start"),
        ("/holds", HOLD | {"start": "2026-11-24"}, "start"),
        ("/holds", HOLD | {"start": 1764000000}, "start"),
        ("/holds", HOLD | {"start": None}, "start"),
        ("/holds", HOLD | {"start": "2026-02-30T09:00:00+05:00"}, "start"),
        ("/holds", HOLD | {"start": "2026-11-24T09:00:00+05:99"}, "start"),
        ("/holds", HOLD | {"start": "2026-11-24T24:00:00Z"}, "start"),
        ("/holds", HOLD | {"start": "9999-12-31T23:59:59-12:00"}, "start"),
        ("/holds", HOLD | {"start": "\u0662026-11-24T09:00:00Z"}, "start"),
        ("/holds", HOLD | {"colour": "red"}, "colour"),
        ("/holds", HOLD | {"centre": 7}, "centre"),
        ("/holds", HOLD | {"centre": ["almaty-spec-6"]}, "centre"),
        ("/holds", [HOLD], "_body"),
        ("/holds", None, "_body"),
        ("/holds", "hold", "_body"),
        ("/bookings", without(direct(), "person"), "person"),
        ("/bookings", without(direct(), "start"), "start"),
        ("/bookings", {"person": person()}, "centre"),
        ("/bookings", direct(hold="h"), "centre"),
        ("/bookings", {"hold": "h", "person": person(), "start": START}, "start"),
        ("/bookings", direct(language="de"), "language"),
        ("/bookings", direct(person=[]), "person"),
        ("/bookings", direct(person=person(iin=None)), "person.iin"),
        ("/bookings", direct(person=person(iin="010101100019")), "person.iin"),
        ("/bookings", direct(person=person(iin=10101100018)), "person.iin"),
        ("/bookings", direct(person=person(phone=None)), "person.phone"),
        ("/bookings", direct(person=person(phone="+7 495 123 45 67")), "person.phone"),
        ("/bookings", direct(person=person(phone="1" * 5000)), "person.phone"),
        ("/bookings", direct(person=person(email="nobody")), "person.email"),
        ("/bookings", direct(person=person(email="a@b.kz\nBcc: x@y.kz")), "person.email"),
        ("/bookings", direct(person=person(name="")), "person.name"),
        ("/bookings", direct(person=person(name="R2-D2")), "person.name"),
        ("/bookings", direct(person=person(name="А\u0000сел")), "person.name"),
        ("/bookings", direct(person=person(name="Ә" * 101)), "person.name"),
        ("/bookings", direct(person=person() | {"passport": "1"}), "person.passport"),
    ],
)  # fmt: skip
def test_a_body_against_the_schema_names_the_field(
    world: World, path: str, body: Any, field: str
) -> None:
    answer = assert_refused(
        world, "POST", path, "validation_failed", extras=["errors"],
        data=json.dumps(body).encode(), headers=JSON,
    )  # fmt: skip
    assert field in answer.json["errors"], answer.json


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "service"),
        ("service=plates", "centre"),
        ("service=plates&centre=almaty-spec-6&region=almaty-city", "centre"),
        ("service=plates&near=43,76&region=almaty-city", "centre"),
        ("service=plates&near=43", "near"),
        ("service=plates&near=nan,76", "near"),
        ("service=plates&near=inf,76", "near"),
        ("service=plates&near=91,76", "near"),
        ("service=plates&near=43,76&within_km=nan", "within_km"),
        ("service=plates&near=43,76&within_km=1e999", "within_km"),
        ("service=plates&near=43,76&limit=0", "limit"),
        ("service=plates&near=43,76&limit=" + "9" * 6000, "limit"),
        ("service=plates&centre=almaty-spec-6&from=24.11.2026", "from"),
        ("service=plates&centre=almaty-spec-6&from=2026-11-31", "from"),
        ("service=plates&centre=almaty-spec-6&from=2026-11-25&to=2026-11-24", "to"),
        ("service=plates&centre=almaty-spec-6&colour=red", "colour"),
    ],
)
def test_a_query_against_the_schema_names_the_parameter(
    world: World, query: str, field: str
) -> None:
    answer = assert_refused(world, "GET", f"/slots?{query}", "validation_failed", extras=["errors"])
    assert field in answer.json["errors"], answer.json


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=201", "limit=x", "cursor=%00", "cursor=!", "page=2"]
)
def test_a_list_refuses_what_is_no_page_of_it(world: World, query: str) -> None:
    assert_refused(world, "GET", f"/services?{query}", "validation_failed", extras=["errors"])


def test_messages_of_fields_are_in_the_asked_language_too(world: World) -> None:
    answers = {
        language: world.post(f"/holds?lang={language}", HOLD | {"start": "x", "colour": 1}).json[
            "errors"
        ]
        for language in ("kk", "ru", "en")
    }
    for field in ("start", "colour"):
        assert len({tuple(errors[field]) for errors in answers.values()}) == 3, answers


def test_a_range_of_more_than_31_days_is_too_long(world: World) -> None:
    where = "/slots?service=plates&centre=almaty-spec-6"
    assert world.get(f"{where}&from=2026-11-01&to=2026-12-01").status_code == 200
    assert_refused(world, "GET", f"{where}&from=2026-11-01&to=2026-12-02", "range_too_long")


@pytest.mark.parametrize("step", ["move", "cancel", "accept"])
def test_a_step_refuses_fields_it_does_not_know(world: World, step: str) -> None:
    made = book(world)
    assert_refused(
        world, "POST", f"/bookings/{made['reference']}/{step}", "validation_failed",
        extras=["errors"], json={"start": START, "reason": "x"}, headers=bearer(made["manage_token"]),
    )  # fmt: skip


def test_a_post_without_fields_comes_with_or_without_body_and_content_type(world: World) -> None:
    made = book(world)
    path, token = f"/booking/bookings/{made['reference']}/cancel", bearer(made["manage_token"])
    assert world.http.post(path, headers=token).status_code == 200
    assert world.http.post(path, headers=token | JSON).status_code == 200
    assert world.http.post(path, headers=token | JSON, data=b"{}").status_code == 200
    assert world.http.post(path, headers=token, data=b"{}").status_code == 415
