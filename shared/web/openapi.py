"""OpenAPI documents from the declarations that also validate.

`python -m shared.web.openapi services.<app>.routes docs/openapi-<app>.yaml` writes an app's document;
each app serves its own as `/<app>/openapi.json`. Owns nothing but the translation (by apispec).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from shared.errors import REFUSALS
from shared.web import operation as op
from shared.web.fields import Day, Instant, Near

_ALWAYS: Mapping[op.Guard, tuple[str, ...]] = {
    op.anybody: (),
    op.ops: ("unauthorised", "forbidden"),
    op.staff: ("unauthorised", "forbidden"),
}
_BODY = (
    "malformed_json",
    "invalid_encoding",
    "body_too_large",
    "unsupported_media_type",
    "validation_failed",
)
_KEY = ("idempotency_key_malformed", "idempotency_key_reused")


class Error(Schema):
    """The one body of every error."""

    status = fields.Integer(required=True)
    error_code = fields.String(required=True)
    message = fields.String(required=True, metadata={"description": "in the asked language"})
    errors = fields.Dict(keys=fields.String(), values=fields.List(fields.String()))


def document(routes: op.Routes, title: str, description: str) -> dict[str, Any]:
    """The OpenAPI 3.1 document of one app."""
    marshmallow = MarshmallowPlugin(schema_name_resolver=_schema_name)
    spec = APISpec(title, "1", "3.1.0", info={"description": description}, plugins=[marshmallow])
    converter: Any = marshmallow.converter
    converter.add_attribute_function(_formats)
    spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})
    spec.components.schema("Error", schema=Error)
    for operation in routes.operations:
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"{routes.prefix}{operation.path}")
        spec.path(path, operations={operation.method.lower(): _describe(operation)})
    return cast("dict[str, Any]", _without_null_defaults(spec.to_dict()))


def _without_null_defaults(node: Any) -> Any:
    """apispec writes "left out" as `default: null`, which a string's schema does not allow."""
    if isinstance(node, list):
        return [_without_null_defaults(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        key: _without_null_defaults(value)
        for key, value in node.items()
        if not (key == "default" and value is None)
    }


def _schema_name(schema: Any) -> str:
    cls = schema if isinstance(schema, type) else type(schema)
    return str(cls.__name__)


def _formats(self: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    if isinstance(field, Instant):
        return {"type": "string", "format": "date-time"}
    if isinstance(field, Day):
        return {"type": "string", "format": "date"}
    if isinstance(field, Near):
        return {"type": "string", "example": "43.2389,76.8897"}
    return {}


def _describe(operation: op.Operation) -> dict[str, Any]:
    summary, _, description = operation.summary.partition("\n")
    described: dict[str, Any] = {
        "summary": summary.rstrip("."),
        "operationId": operation.run.__name__,
        "parameters": [*_path(operation), {"in": "query", "schema": operation.query}],
        "responses": _responses(operation),
    }
    if description.strip():
        described["description"] = " ".join(description.split())
    if operation.guard is not op.anybody:
        described["security"] = [{"bearer": []}]
    if operation.method == "POST":
        key = {"type": "string", "minLength": 16, "maxLength": 128, "pattern": "^[!-~]+$"}
        described["parameters"].append({"in": "header", "name": "Idempotency-Key", "schema": key})
    if operation.body is not None or op.JSON not in operation.body_types:
        schema: Any = operation.body or {"type": "string"}
        described["requestBody"] = {
            "required": not operation.body_optional,
            "content": {name: {"schema": schema} for name in operation.body_types},
        }
    return described


def _path(operation: op.Operation) -> list[dict[str, Any]]:
    names = re.findall(r"<(?:\w+:)?(\w+)>", operation.path)
    return [
        {"in": "path", "name": n, "required": True, "schema": {"type": "string"}} for n in names
    ]


def _responses(operation: op.Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, schema in operation.answers.items():
        responses[str(status)] = {"description": "Done." if status < 300 else "Not modified."}
        if schema is not None:
            responses[str(status)]["content"] = {op.JSON: {"schema": schema}}
    codes = list(operation.refusals) + list(
        _ALWAYS.get(operation.guard, ("unauthorised", "not_found"))
    )
    codes += ["validation_failed", "unavailable"]
    if operation.method in ("POST", "PATCH"):
        codes += _BODY
    if operation.method == "POST":
        codes += _KEY
    by_status: dict[int, list[str]] = {}
    for code in dict.fromkeys(codes):
        by_status.setdefault(REFUSALS[code][0], []).append(code)
    for status, named in sorted(by_status.items()):
        described = {"description": ", ".join(f"`{code}`" for code in named)}
        responses[str(status)] = {**described, "content": {op.JSON: {"schema": "Error"}}}
    return responses


def main() -> None:
    """`python -m shared.web.openapi MODULE FILE`: writes what MODULE.openapi() answers as YAML."""
    import importlib
    import sys
    from pathlib import Path

    import yaml

    module, file = sys.argv[1:]
    spec = importlib.import_module(module).openapi()
    text = yaml.safe_dump(spec, sort_keys=False, allow_unicode=True, width=110)
    Path(file).write_text(text, "utf-8")


if __name__ == "__main__":
    main()
