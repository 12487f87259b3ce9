"""The gateway: one origin in front of the three apps, as a configuration for Caddy.

Owns the routing by prefix, what clients cannot say (their address), and the JSON answers that are
given without an app. It rewrites nothing and knows nothing of what the apps answer.

What a newcomer must know: a request that was not yet sent is tried again for a moment, so that an
app that is being started again is not seen from outside; one that was sent is not, except a GET.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from embedded.folder import write_private
from embedded.gateway_messages import error_body, in_asked_language

Json = dict[str, Any]

# A guard for the process, not a rule: the apps themselves refuse at 64 KiB, or 5 MiB for imports.
# Ten million bytes, so that a number of eight digits is too large whatever it is.
MAX_BODY_BYTES = 10_000_000
_TOO_LARGE = "^0*[1-9][0-9]{7,}$"
# Below gunicorn's 75 s, so that no request is sent down a connection that is just being closed.
UPSTREAM_IDLE = "60s"
TRY_AGAIN_FOR = "2s"
ANSWER_WITHIN = "60s"


def write_config(path: Path, *, listen: str, upstreams: Mapping[str, int]) -> Path:
    """Write the configuration; the same path comes back. See `config`."""
    write_private(path, json.dumps(config(listen=listen, upstreams=upstreams), indent=1))
    return path


def config(*, listen: str, upstreams: Mapping[str, int]) -> Json:
    """Caddy's configuration, listening on `listen` (a Caddy network address, such as `fd/3`).

    `upstreams` maps an app's name, which is also its prefix, to its port on loopback.
    """
    server = {
        "listen": [listen],
        "protocols": ["h1"],
        "automatic_https": {"disable": True},
        "read_header_timeout": "15s",
        "max_header_bytes": 65536,
        "routes": [
            in_asked_language(),
            _inside_only(upstreams),
            _too_large(),
            *(_app(name, port) for name, port in upstreams.items()),
            _front_page(upstreams),
            {"handle": [_answer("not_found")]},
        ],
        "errors": {"routes": [in_asked_language(), *_errors()]},
    }
    return {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "WARN", "encoder": _log_encoder()}}},
        "apps": {"http": {"grace_period": "5s", "servers": {"kezek": server}}},
    }


def _inside_only(names: Mapping[str, int]) -> Json:
    """Metrics are for those who reach the apps themselves."""
    paths = [f"/{name}/metrics{rest}" for name in names for rest in ("", "/*")]
    return _route({"path": paths}, _answer("not_found"))


def _too_large() -> Json:
    """Refused by what the header says, before an app is asked; `_app` stops what says nothing."""
    told = {"Content-Length": {"pattern": _TOO_LARGE}}
    return _route({"header_regexp": told}, _answer("body_too_large"))


def _app(name: str, port: int) -> Json:
    proxy = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"127.0.0.1:{port}"}],
        "load_balancing": {"try_duration": TRY_AGAIN_FOR, "try_interval": "100ms"},
        "transport": {
            "protocol": "http",
            "dial_timeout": "2s",
            "response_header_timeout": ANSWER_WITHIN,
            "keep_alive": {"idle_timeout": UPSTREAM_IDLE, "max_idle_conns_per_host": 64},
            "compression": False,
        },
        # Where a request comes from is what the connection says, whatever the client claims.
        "headers": {
            "request": {
                "set": {
                    "X-Forwarded-For": ["{http.request.remote.host}"],
                    "X-Forwarded-Host": ["{http.request.host}"],
                    "X-Forwarded-Proto": ["{http.request.scheme}"],
                },
                "delete": ["Forwarded", "X-Real-IP", "X-Forwarded-Prefix", "X-Forwarded-Port"],
            }
        },
    }
    limit = {"handler": "request_body", "max_size": MAX_BODY_BYTES}
    return _route({"path": [f"/{name}", f"/{name}/*"]}, limit, proxy)


def _front_page(names: Mapping[str, int]) -> Json:
    page = {"name": "kezek", "apps": {name: f"/{name}/openapi.json" for name in names}}
    return _route({"path": ["/"]}, _static(200, json.dumps(page)))


def _errors() -> list[Json]:
    """What went wrong in Caddy itself: mostly, that the app cannot be reached."""
    status = "{http.error.status_code}"
    return [
        _route({"vars": {status: ["413"]}}, _answer("body_too_large")),
        {"handle": [_answer("unavailable", {"Retry-After": ["1"]})]},
    ]


def _route(match: Json, *handlers: Json) -> Json:
    return {"match": [match], "handle": list(handlers), "terminal": True}


def _answer(error_code: str, headers: Mapping[str, list[str]] | None = None) -> Json:
    return _static(*error_body(error_code), headers)


def _static(status: int, body: str, headers: Mapping[str, list[str]] | None = None) -> Json:
    return {
        "handler": "static_response",
        "status_code": status,
        "headers": {"Content-Type": ["application/json"], **(headers or {})},
        "body": body,
    }


def _log_encoder() -> Json:
    """No address, no header and no query of a person in the log."""
    return {
        "format": "filter",
        "wrap": {"format": "json", "time_format": "iso8601"},
        "fields": {
            "request>headers": {"filter": "delete"},
            "request>remote_ip": {"filter": "delete"},
            "request>client_ip": {"filter": "delete"},
            "request>remote_port": {"filter": "delete"},
            "request>uri": {"filter": "regexp", "regexp": "\\?.*", "value": ""},
        },
    }
