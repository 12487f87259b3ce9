"""The gateway, as a real Caddy in front of a small server that tells what it was sent."""

import http.client
import json
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from embedded import gateway
from embedded.sockets import Sockets, port_of


class Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length)
        told = {"path": self.path, "headers": dict(self.headers), "body_bytes": len(body)}
        answer = json.dumps(told).encode()
        self.send_response(418 if "teapot" in self.path else 200)
        self.send_header("ETag", '"7"')
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def log_message(self, *_: Any) -> None:
        pass


class Front:
    """Requests to the gateway as they are, byte for byte."""

    def __init__(self, port: int) -> None:
        self.port = port

    def __call__(
        self, path: str, method: str = "GET", body: Any = None, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body=body, headers=named)
        answer = connection.getresponse()
        told = answer.read()
        connection.close()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, json.loads(told)


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def nobody() -> Iterator[int]:
    """A port that refuses connections for as long as the test runs."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield port_of(bound)


@contextmanager
def running(folder: Path, upstreams: dict[str, int]) -> Iterator[Front]:
    """A real Caddy with the gateway's configuration."""
    with Sockets() as sockets:
        listener = sockets.listen()
        path = gateway.write_config(
            folder / "gateway.json", listen=f"fd/{listener.fileno()}", upstreams=upstreams
        )
        caddy = subprocess.Popen(
            [str(Path(sys.executable).parent / "caddy"), "run", "--config", str(path)],
            pass_fds=[listener.fileno()],
            env={"HOME": str(folder), "XDG_DATA_HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
            stderr=subprocess.DEVNULL,
        )
        try:
            yield Front(port_of(listener))
        finally:
            caddy.terminate()
            caddy.wait(10)


@pytest.fixture(scope="module")
def front(upstream: int, nobody: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    apps = {"centres": upstream, "booking": upstream, "notify": nobody}
    with running(tmp_path_factory.mktemp("gateway"), apps) as front:
        yield front


@pytest.mark.parametrize(
    "path", ["/centres", "/booking", "/centres/almaty-1?x=1%202", "/booking/a%2Fb"]
)
def test_a_prefix_leads_to_its_app_and_nothing_is_rewritten(front: Front, path: str) -> None:
    status, headers, told = front(path)
    assert (status, told["path"], headers["etag"]) == (200, path, '"7"')


@pytest.mark.parametrize("path", ["/bookingX", "/centresque/1", "/unknown", "/booking.json"])
def test_what_only_looks_like_a_prefix_is_not_found(front: Front, path: str) -> None:
    status, headers, told = front(path)
    assert (status, told["status"], told["error_code"]) == (404, 404, "not_found")
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    "path",
    [
        "/booking/metrics",
        "/centres/metrics?x=1",
        "/notify/metrics/",
        "/booking/%6detrics",
        "/booking//metrics",
        "/booking/./metrics",
        "/centres/x/../metrics",
        "/centres/../booking/metrics",
        "/BOOKING/METRICS",
    ],
)
def test_metrics_are_not_shown_outside(front: Front, path: str) -> None:
    status, _, told = front(path)
    assert (status, told["error_code"]) == (404, "not_found")


def test_an_app_sees_the_peer_address_whatever_the_client_claims(front: Front) -> None:
    _, _, told = front(
        "/booking/x", X_Forwarded_For="1.2.3.4", X_Real_IP="1.2.3.4", Forwarded="for=1.2.3.4",
        X_Forwarded_Proto="https", Host="kezek.example",
    )  # fmt: skip
    headers = {name.lower(): value for name, value in told["headers"].items()}
    assert headers["x-forwarded-for"] == "127.0.0.1"
    assert headers["x-forwarded-proto"] == "http"
    assert headers["host"] == "kezek.example"
    assert "1.2.3.4" not in json.dumps(told)


def test_status_and_headers_of_an_app_pass_through(front: Front) -> None:
    status, _, told = front("/centres/teapot", Authorization="Bearer x", If_Match='"7"')
    assert (status, told["headers"]["Authorization"], told["headers"]["If-Match"]) == (
        418, "Bearer x", '"7"',
    )  # fmt: skip


def test_a_body_as_large_as_an_import_reaches_the_app(front: Front) -> None:
    size = 5 * 1024 * 1024
    assert front("/centres/import", "POST", b"x" * size)[2]["body_bytes"] == size


def test_a_body_beyond_all_reason_is_refused_before_all_of_it_is_sent(front: Front) -> None:
    beginning = iter([b"x" * 300_000])
    status, _, told = front("/centres/import", "POST", beginning, Content_Length="10000000")
    assert (status, told["error_code"]) == (413, "body_too_large")


def test_an_app_that_is_away_is_unavailable_and_tells_when_to_come_back(front: Front) -> None:
    status, headers, told = front("/notify/messages")
    assert (status, told["status"], told["error_code"]) == (503, 503, "unavailable")
    assert headers["retry-after"] == "1"
    assert headers["content-type"] == "application/json"


def test_the_root_names_the_apps(front: Front) -> None:
    assert set(front("/")[2]["apps"]) == {"centres", "booking", "notify"}


@pytest.mark.parametrize(
    ("query", "accepted", "language"),
    [
        ("", "", "kk"),
        ("", "kk-KZ,kk;q=0.9,ru;q=0.8", "kk"),
        ("", "ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("", "en", "en"),
        ("", "de-DE, fr;q=0.9, ru;q=0.5, en;q=0.4", "ru"),
        ("", "ro,uk;q=0.9,EN-gb;q=0.8", "en"),
        ("", "zh", "kk"),
        ("?lang=en", "ru", "en"),
        ("?lang=ru", "", "ru"),
        ("?lang=xx", "ru", "ru"),
    ],
)
def test_messages_are_in_the_asked_language(
    front: Front, query: str, accepted: str, language: str, expected: Callable[[str], str]
) -> None:
    told = front(f"/unknown{query}", Accept_Language=accepted)[2]
    assert told["message"] == expected(language)


@pytest.fixture
def expected() -> Callable[[str], str]:
    from shared.errors import REFUSALS
    from shared.i18n import translate

    return lambda language: translate(REFUSALS["not_found"][1], language)


def test_a_request_waits_for_an_app_that_is_just_coming_up(nobody_yet: Any, tmp_path: Path) -> None:
    """The port refuses when the request comes; the answer is the app's all the same."""
    placeholder, port = nobody_yet
    answers: list[int] = []
    with running(tmp_path, {"centres": port}) as front:
        assert front("/centres")[0] == 503
        asking = threading.Thread(target=lambda: answers.append(front("/centres")[0]), daemon=True)
        asking.start()
        placeholder.close()
        server = ThreadingHTTPServer(("127.0.0.1", port), Echo)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        asking.join(30)
        server.shutdown()
        server.server_close()
    assert answers == [200]


@pytest.fixture
def nobody_yet() -> Iterator[tuple[socket.socket, int]]:
    """A socket that keeps a port and refuses, until it is closed."""
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(("127.0.0.1", 0))
        yield bound, port_of(bound)
