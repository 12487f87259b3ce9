"""One call, from request to answer, in the order that the HTTP contract fixes.

Owns the pipeline: token; media type, size, JSON; idempotency key; schema; then the route's use case.
Leaves everything after that to the use case, and documents to `shared.web.openapi`, which reads the
same declarations. The one thing to know: a route is a function `(call, deps) -> result`, and its
`present` turns the result into an `Answer`; a replayed request presents the kept result again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

import orjson
from flask import Flask, Request, Response, request
from marshmallow import Schema, ValidationError
from werkzeug.datastructures import Headers

from shared import trace
from shared.errors import Refusal
from shared.idempotency import Idempotency, Replayed, fingerprint
from shared.store.connection import Client
from shared.store.idempotency import IdempotencyRecords
from shared.web.answers import Answer
from shared.web.auth import Authenticator, Caller
from shared.web.fields import LangQuery, flatten
from shared.web.language import language_of

JSON = "application/json"
BODY_LIMIT = 64 * 1024


class WebDeps(Protocol):
    """What the pipeline itself needs of an app's dependencies."""

    @property
    def client(self) -> Client: ...
    @property
    def authenticator(self) -> Authenticator: ...
    @property
    def idempotency(self) -> IdempotencyRecords: ...


@dataclass(slots=True)
class Call:
    """One validated call. `query` and `body` are what the schemas loaded; `address` is the client's
    network address as the gateway saw it."""

    caller: Caller
    args: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    language: str
    idem: Idempotency
    address: str
    headers: Headers
    traceparent: str | None


Guard = Callable[[Caller, Mapping[str, str], Any], None]
Run = Callable[[Call, Any], Any]
Present = Callable[[Any, Call, Any], Answer]


def anybody(_caller: Caller, _args: Mapping[str, str], _deps: Any) -> None:
    """Public calls."""


def ops(caller: Caller, _args: Mapping[str, str], _deps: Any) -> None:
    """401 without a known token, 403 with a desk's."""
    if caller.role == "public":
        raise Refusal("unauthorised")
    if caller.role != "ops":
        raise Refusal("forbidden")


def staff(caller: Caller, _args: Mapping[str, str], _deps: Any) -> None:
    """Ops, or a desk of any centre (the use case looks which)."""
    if caller.role == "public":
        raise Refusal("unauthorised")


def _as_is(result: Any, _call: Call, _deps: Any) -> Answer:
    return Answer(200, result)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """The declaration of one route, and of its place in the OpenAPI document."""

    method: str
    path: str
    run: Run
    summary: str
    guard: Guard
    present: Present
    body: type[Schema] | None
    body_optional: bool
    body_types: tuple[str, ...]
    body_limit: int
    query: type[Schema]
    answers: Mapping[int, type[Schema] | None]
    refusals: tuple[str, ...]


@dataclass
class Routes:
    """The operations of one app, under its prefix (`/booking`)."""

    prefix: str
    operations: list[Operation] = field(default_factory=list)

    def add(
        self,
        method: str,
        path: str,
        *,
        answers: Mapping[int, type[Schema] | None],
        guard: Guard = anybody,
        present: Present = _as_is,
        body: type[Schema] | None = None,
        body_optional: bool = False,
        body_type: str | tuple[str, ...] = JSON,
        body_limit: int = BODY_LIMIT,
        query: type[Schema] = LangQuery,
        refusals: tuple[str, ...] = (),
    ) -> Callable[[Run], Run]:
        """Declares the decorated function as a route. `body_optional`: the POST has no required
        field, so it may come without body and content type. `body_type`: one media type, or
        several that are all JSON."""

        def declare(run: Run) -> Run:
            operation = Operation(
                method=method, path=path, run=run, guard=guard, present=present, body=body,
                summary=(run.__doc__ or "").strip(), body_optional=body_optional,
                body_types=(body_type,) if isinstance(body_type, str) else body_type,
                body_limit=body_limit, query=query, answers=answers,
                refusals=refusals,
            )  # fmt: skip
            self.operations.append(operation)
            return run

        return declare

    def install(self, app: Flask, deps: WebDeps) -> None:
        for operation in self.operations:
            app.add_url_rule(
                f"{self.prefix}{operation.path}",
                endpoint=f"{operation.method} {operation.path}",
                view_func=_view(operation, deps),
                methods=[operation.method],
            )


def _view(operation: Operation, deps: WebDeps) -> Callable[..., Response]:
    body_schema = operation.body() if operation.body else None
    query_schema = operation.query()

    @lru_cache(maxsize=512)  # the same searches come again and again
    def load_query(_text: bytes) -> Mapping[str, Any]:
        loaded: dict[str, Any] = _load(query_schema, request.args.to_dict())
        return MappingProxyType(loaded)

    def view(**args: str) -> Response:
        caller = deps.authenticator.identify(request.headers.get("Authorization"))
        operation.guard(caller, args, deps)
        raw = _read_body(request, operation) if operation.method in ("POST", "PATCH") else None
        call = Call(
            caller=caller, args=args, query={}, body=raw, language=language_of(request),
            idem=deps.idempotency.none(), address=request.remote_addr or "",
            headers=request.headers, traceparent=trace.current(),
        )  # fmt: skip
        key = request.headers.get("Idempotency-Key") if operation.method == "POST" else None
        try:
            if key is not None:
                call.idem = _begin(deps.idempotency, key, call)
            call.query = load_query(request.query_string)
            if body_schema is not None:
                call.body = _load(body_schema, raw)
            return _perform(operation, call, deps).response()
        except Replayed as earlier:
            answer = operation.present(earlier.result, call, deps).response()
            answer.headers["Idempotency-Replayed"] = "true"
            return answer

    return view


def _perform(operation: Operation, call: Call, deps: WebDeps) -> Answer:
    """Runs the use case. A refusal gives way to the answer of a duplicate that was first."""
    try:
        result = operation.run(call, deps)
    except Refusal:
        deps.idempotency.recheck(call.idem)
        raise
    if not isinstance(result, Answer):
        deps.idempotency.remember(call.idem, result)
        return operation.present(result, call, deps)
    return result


def _begin(records: IdempotencyRecords, key: str, call: Call) -> Idempotency:
    if not 16 <= len(key) <= 128 or any(not "!" <= c <= "~" for c in key):
        raise Refusal("idempotency_key_malformed")
    body = call.body
    canonical = body.encode() if isinstance(body, str) else _canonical(body)
    dry = request.args.get("dry_run", "")
    where = f"{request.method} {request.path} {dry}".encode()
    return records.begin(key, fingerprint(call.caller.bearer.encode(), where, canonical))


def _canonical(body: Any) -> bytes:
    """The same for the same fields in any order. What nests deeper than can be written is refused:
    no schema has room for it."""
    try:
        return orjson.dumps(body, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:
        raise Refusal("validation_failed", errors={"_body": ["Nested too deeply."]}) from None


def _read_body(req: Request, operation: Operation) -> Any:
    """The parsed JSON, or the text of another declared type; {} where there is no body to read."""
    declared = (req.content_length or 0) > 0 or "chunked" in req.headers.get(
        "Transfer-Encoding", ""
    )
    empty_will_do = operation.body_optional or operation.body is None
    if not declared and not req.mimetype and empty_will_do and JSON in operation.body_types:
        return {}
    if req.mimetype not in operation.body_types:
        if operation.body is None and JSON in operation.body_types and not declared:
            return {}
        raise Refusal("unsupported_media_type")
    if (req.content_length or 0) > operation.body_limit:
        raise Refusal("body_too_large")
    raw = req.stream.read(operation.body_limit + 1)
    if len(raw) > operation.body_limit:
        raise Refusal("body_too_large")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Refusal("invalid_encoding") from None
    if JSON not in operation.body_types:
        return text
    if not text.strip() and operation.body_optional:
        return {}
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        raise Refusal("malformed_json") from None


def _load(schema: Schema, data: Any) -> Any:
    try:
        return schema.load(data)
    except ValidationError as error:
        raise Refusal("validation_failed", errors=flatten(error.messages_dict)) from None
