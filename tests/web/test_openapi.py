"""The OpenAPI documents: valid, and of every route, every parameter and every status there is."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from shared.errors import REFUSALS
from shared.web.operation import Operation

APPS = ("centres", "booking", "notify")
APP = pytest.mark.parametrize("app", APPS)


def module(app: str) -> Any:
    return importlib.import_module(f"services.{app}.routes")


def operations(app: str) -> list[tuple[Operation, str]]:
    """Each declared route with its path as OpenAPI writes it."""
    routes = module(app).routes
    return [
        (o, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"{routes.prefix}{o.path}"))
        for o in routes.operations
    ]


@APP
def test_the_document_is_valid_openapi_3_1(app: str) -> None:
    document = module(app).openapi()
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


@APP
def test_every_route_is_described_and_no_other(app: str) -> None:
    described = {
        (method.upper(), path)
        for path, methods in module(app).openapi()["paths"].items()
        for method in methods
        if method in ("get", "post", "put", "patch", "delete")
    }
    assert described == {(o.method, path) for o, path in operations(app)}


@APP
def test_every_status_a_route_declares_is_described(app: str) -> None:
    paths = module(app).openapi()["paths"]
    for operation, path in operations(app):
        responses = paths[path][operation.method.lower()]["responses"]
        declared = {str(status) for status in operation.answers}
        declared |= {str(REFUSALS[code][0]) for code in operation.refusals}
        if operation.method == "POST":
            declared |= {"400", "413", "415", "422"}
        assert declared | {"503"} <= set(responses), (operation.method, path)
        for code in operation.refusals:
            assert f"`{code}`" in responses[str(REFUSALS[code][0])]["description"]


@APP
def test_every_path_parameter_is_described_and_operation_ids_are_unique(app: str) -> None:
    paths = module(app).openapi()["paths"]
    ids = []
    for operation, path in operations(app):
        described = paths[path][operation.method.lower()]
        ids.append(described["operationId"])
        named = {p["name"] for p in described["parameters"] if p.get("in") == "path"}
        assert named == set(re.findall(r"\{(\w+)\}", path))
        assert described["summary"]
    assert len(ids) == len(set(ids))


@APP
def test_a_body_is_optional_exactly_where_it_may_be_left_out(app: str) -> None:
    paths = module(app).openapi()["paths"]
    for operation, path in operations(app):
        body = paths[path][operation.method.lower()].get("requestBody")
        if body is not None:
            assert body["required"] == (not operation.body_optional)
