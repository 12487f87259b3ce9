"""Whatever is sent, the answer is an answer: never a 500."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.booking.conftest import World, bearer, direct, person
from tests.booking.refusing import HOLD, START, book

LOTS = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text() | st.sampled_from(["almaty-spec-6", "plates", START, ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
FIELDS = st.sampled_from(
    ["centre", "service", "start", "hold", "person", "language", "name", "iin"]
)


def send(world: World, path: str, data: bytes, **headers: str) -> int:
    given_ = {"Content-Type": "application/json", **headers}
    answer = world.http.post(f"/booking{path}", data=data, headers=given_)
    assert answer.status_code < 500, (data[:200], answer.get_data(as_text=True))
    if answer.status_code >= 400:
        assert answer.json["error_code"]
        assert answer.json["message"]
    return int(answer.status_code)


@LOTS
@given(
    body=st.dictionaries(FIELDS, JSON_VALUES) | JSON_VALUES,
    path=st.sampled_from(["/holds", "/bookings"]),
)
def test_any_json_is_answered(world: World, body: Any, path: str) -> None:
    send(world, path, json.dumps(body).encode("utf-8", "replace"))


@LOTS
@given(changes=st.dictionaries(FIELDS, JSON_VALUES, min_size=1, max_size=2))
def test_any_field_may_be_anything(world: World, changes: dict[str, Any]) -> None:
    send(world, "/holds", json.dumps(HOLD | changes).encode())
    send(world, "/bookings", json.dumps(direct() | changes).encode())
    send(world, "/bookings", json.dumps(direct(person=person() | changes)).encode())


@LOTS
@given(data=st.binary(max_size=200))
def test_any_bytes_are_answered(world: World, data: bytes) -> None:
    send(world, "/holds", data)


@pytest.mark.parametrize(
    "number", ["1" * 400, "-" + "9" * 5000, "1e400", "1e-400", "-0", "0.1e999999999"]
)
def test_numbers_beyond_every_width_are_answered(world: World, number: str) -> None:
    body = f'{{"centre": {number}, "service": "plates", "start": {number}}}'.encode()
    assert send(world, "/holds", body) in (400, 422)
    assert send(world, "/holds", body, **{"Idempotency-Key": "k" * 16}) in (400, 422)


@pytest.mark.parametrize("depth", [100, 253, 255, 300, 1000, 1023, 1025, 20_000])
@pytest.mark.parametrize("key", ["", "k" * 16])
def test_nesting_of_any_depth_is_answered(world: World, depth: int, key: str) -> None:
    body = b'{"centre":' + b"[" * depth + b"]" * depth + b"}"
    assert send(world, "/holds", body, **({"Idempotency-Key": key} if key else {})) in (400, 422)


def test_fields_named_twice_are_read_once(world: World) -> None:
    body = json.dumps(HOLD)[:-1] + f', "start": "{START}"}}'
    assert send(world, "/holds", body.encode()) == 201


@pytest.mark.parametrize(
    "kind",
    ["application/json; charset=utf-16", "application/json; charset=klingon", "application/json;;;",
     'application/json; charset="', "APPLICATION/JSON", "application/json; boundary=x; q=1"],
)  # fmt: skip
def test_odd_parameters_of_the_media_type_change_nothing(world: World, kind: str) -> None:
    assert send(world, "/holds", json.dumps(HOLD).encode(), **{"Content-Type": kind}) == 201


@pytest.mark.parametrize(
    "query",
    ["service=plates&service=x&centre=almaty-spec-6&centre=y", "service=%FF&centre=%FE",
     "service=plates&centre=%00", "service=plates&centre=%ED%A0%80", "%FF=%FF", "lang=kk&lang=%00",
     "service=plates&near=1,2,3", "service=plates&near=1e400,0", "service=plates&near=,",
     "service=plates&centre=almaty-spec-6&from=0001-01-01&to=0001-01-01",
     "service=plates&centre=almaty-spec-6&from=9999-12-31&to=9999-12-31",
     "service=plates&region=" + "x" * 5000, "&&&=&=", "service[]=plates"],
)  # fmt: skip
def test_any_query_is_answered(world: World, query: str) -> None:
    answer = world.get(f"/slots?{query}")
    assert answer.status_code in (200, 404, 422), answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "headers",
    [{"Accept-Language": ",;q=,"}, {"Accept-Language": "x" * 4000}, {"Accept-Language": "kk;q=9e999"},
     {"Authorization": "Bearer desk." + "A" * 3000}, {"Authorization": "Bearer \xff"},
     {"Authorization": "Bearer desk.WyJ0Iiw1XQ.x"}, {"traceparent": "\xff" * 100},
     {"X-Forwarded-For": ",,,"}, {"X-Forwarded-For": "\xff"}],
)  # fmt: skip
def test_any_header_is_answered(world: World, headers: dict[str, str]) -> None:
    for number, path in enumerate(("/holds", "/bookings")):
        body = HOLD if path == "/holds" else direct(number=number)
        answer = world.http.post(f"/booking{path}", json=body, headers=headers)
        assert answer.status_code == 201, answer.get_data(as_text=True)


@pytest.mark.parametrize(
    "path", ["/holds/%00/renew", "/holds/%FF/renew", "/bookings/%F0%9F/cancel", "/nothing"]
)
def test_any_path_is_answered(world: World, path: str) -> None:
    answer = world.post(path, None, bearer("x"))
    assert answer.status_code in (404, 410)
    assert answer.json["message"]


def test_a_method_that_is_not_there_says_which_are(world: World) -> None:
    answer = world.http.put("/booking/holds")
    assert (answer.status_code, answer.json["error_code"]) == (405, "method_not_allowed")
    assert "POST" in answer.headers["Allow"]


def test_an_email_alone_is_a_way_to_be_told(world: World) -> None:
    book(world, person=person(phone=None, email="asel@example.kz"))


@pytest.mark.parametrize(
    "phone", ["+7 701 123 45 67", "87011234567", "8 (727) 250-00-00", "7011234567"]
)
def test_phones_of_the_country_are_accepted_as_people_write_them(world: World, phone: str) -> None:
    book(world, person=person(phone=phone))
