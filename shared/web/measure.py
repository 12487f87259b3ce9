"""What is measured and traced of every request, and `/<app>/metrics`, where it is read.

Owns the request's start, its trace and its counting. The one thing to know: it is on every request's
way, so it is a bare WSGI layer, and what it counts is written a little later (`shared.web.tally`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from shared import metrics, trace
from shared.web.tally import NO_ROUTE, Tally

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def install(app: Flask, name: str, prefix: str, gauges: Collector) -> None:
    """Measures and traces every request of the app, and adds the route of its metrics. The last of
    the app's layers: what is put around it later is not measured."""
    tally = Tally(name)
    app.wsgi_app = _measured(app.wsgi_app, tally)  # type: ignore[assignment, method-assign]
    view = _exposition(tally, gauges)
    app.add_url_rule(f"{prefix}/metrics", view_func=view, endpoint="metrics")


def _measured(inner: WSGIApplication, tally: Tally) -> WSGIApplication:
    """From the request's arrival here until its answer is made; the answer names its trace."""
    known = tally.seconds

    def measured(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = perf_counter()
        traceparent = trace.accepted(environ.get("HTTP_TRACEPARENT"))

        def started(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            rule = environ["werkzeug.request"].url_rule
            what = NO_ROUTE if rule is None else rule.rule, environ["REQUEST_METHOD"], status
            (known.get(what) or tally.list_of(what)).append(perf_counter() - began)
            headers.append((trace.HEADER, traceparent))
            return start_response(status, headers, *error)

        token = trace.RUNNING.set(traceparent)
        try:
            return inner(environ, started)
        finally:
            trace.RUNNING.reset(token)

    return measured


def _exposition(tally: Tally, gauges: Collector) -> Callable[[], Response]:
    """What all processes counted, then what the store says now."""
    own = CollectorRegistry()
    own.register(gauges)

    def exposition() -> Response:
        tally.flush()
        text = generate_latest(metrics.of_all_processes()) + generate_latest(own)
        return Response(text, content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return exposition
