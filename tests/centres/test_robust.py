"""Never a 500 for an input."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from services.centres.schemas import PostedCentre
from tests.centres.helpers import Centres, centre

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20)
    | st.sampled_from(["plates", "09:00", "2027-01-01", "mon", "counter", "closed", "open"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.text(max_size=5) | st.sampled_from(["kk", "lat", "days", "from", "to", "date", "counter"]),
        inner, max_size=3,
    ),
    max_leaves=8,
)  # fmt: skip
CHANGES = st.dictionaries(st.sampled_from(sorted(PostedCentre._declared_fields)), JSON, max_size=3)
MANY = hypothesis_settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def fine(status: int) -> bool:
    return status < 500


@MANY
@given(body=JSON | CHANGES.map(lambda changes: {**centre(), **changes}))
def test_posting_anything(api: Centres, body: Any) -> None:
    assert fine(api.post("?dry_run=1", body).status_code)


@MANY
@given(body=JSON | CHANGES)
def test_patching_anything(api: Centres, body: Any) -> None:
    if api.get("/almaty-spec-6").status_code == 404:
        api.register()
    assert fine(api.patch("/almaty-spec-6?dry_run=1", body, 1).status_code)


@pytest.mark.parametrize("action", ["open", "suspend", "relocate", "close", "move-service"])
@hypothesis_settings(MANY, max_examples=30)
@given(body=JSON, known=st.dictionaries(
    st.sampled_from(["reason", "from", "until", "service", "to", "addresses", "resources"]),
    JSON | st.sampled_from(["2999-01-01", "9999-12-31"]),
))  # fmt: skip
def test_stepping_anyhow(api: Centres, action: str, body: Any, known: dict[str, Any]) -> None:
    if api.get("/almaty-spec-6").status_code == 404:
        api.opened()
    for sent in (body, {"reason": "r", **known}):
        assert fine(api.post(f"/almaty-spec-6/{action}?dry_run=1", sent).status_code)


@MANY
@given(query=st.dictionaries(
    st.sampled_from(["region", "kind", "service", "status", "near", "within_km", "limit", "cursor", "lang"]),
    st.text(max_size=12) | st.sampled_from(["43,76", "1e999,0", "-0", "MQ", "٣"]),
))  # fmt: skip
def test_asking_for_anything(api: Centres, query: dict[str, str]) -> None:
    assert fine(api.get("", query_string=query).status_code)


@MANY
@given(name=st.sampled_from(["If-Match", "If-None-Match", "Accept-Language", "Authorization"]),
       value=st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30))  # fmt: skip
def test_any_header(api: Centres, name: str, value: str) -> None:
    if api.get("/almaty-spec-6").status_code == 404:
        api.register()
    headers = {name: value}
    for answer in (
        api.get("/almaty-spec-6", token=None, headers=headers),
        api.patch("/almaty-spec-6", {}, token=None, headers=headers),
        api.patch("/almaty-spec-6", {}, headers=headers),
    ):
        assert fine(answer.status_code)


@MANY
@given(text=st.text(max_size=200) | st.binary(max_size=200))
def test_importing_anything(api: Centres, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode()
    assert fine(api.call("POST", "/import", data=data, content_type="text/csv").status_code)
