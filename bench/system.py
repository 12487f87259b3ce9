"""The two web servers that are compared: booking's, and the bare echo, of the same kind, with one
store that fsyncs before every reply."""

from __future__ import annotations

import copy
import os
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self

from cryptography.fernet import Fernet

from bench.servers import ROOT, free_port, until, valkey
from services.booking.config import BookingSettings
from services.booking.store import Store
from services.booking.wiring import build
from shared.config import Environment
from shared.contracts.centres import EXAMPLE_CENTRE, WEEKDAYS

WORKERS = 2
CENTRES = 11
"""The one that is booked, and ten more around it for searches near a place."""


class System:
    """`booking` and `echo` are the ports of two gunicorns with the same settings."""

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self.store_url = self._stack.enter_context(valkey())
        env = environ(self.store_url)
        open_centres(build(BookingSettings.read(Environment(env))).store)
        self.booking = self._web("services.booking.app:create_app()", env)
        self.echo = self._web("bench.echo:create_app()", {})
        for url in (f"{self.booking}/booking/health/live", f"{self.echo}/echo"):
            until(lambda url=url: _answers(f"http://127.0.0.1:{url}"), f"{url} answers")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def _web(self, app: str, env: dict[str, str]) -> int:
        port = free_port()
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "-c", "shared/web/gunicorn_conf.py", "-w", str(WORKERS),
             "--no-control-socket", "--bind", f"127.0.0.1:{port}", app],
            cwd=ROOT, env={**os.environ, **env}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        self._stack.callback(server.wait)
        self._stack.callback(server.terminate)
        return port


def settings(store_url: str) -> BookingSettings:
    """Booking's, for measuring: no limits, no lead time."""
    return BookingSettings.read(Environment(environ(store_url)))


def environ(store_url: str) -> dict[str, str]:
    return {
        "KEZEK_STORE_URL": store_url,
        "KEZEK_BUS_URL": store_url,
        "KEZEK_OPS_TOKEN": "bench",
        "KEZEK_TOKEN_KEY": "bench",
        "KEZEK_IIN_KEY": "bench",
        "KEZEK_CONTACT_KEYS": Fernet.generate_key().decode(),
        "KEZEK_RATE_LIMITS": "off",
        "KEZEK_LEAD_S": "0",
    }


def open_centres(store: Store) -> None:
    """Open centres with places for every booking of the run, written as their events would."""
    for number in range(CENTRES):
        document: dict[str, Any] = copy.deepcopy(EXAMPLE_CENTRE)
        document["id"], document["holidays"] = f"bench-{number}", []
        hours = [{"days": list(WEEKDAYS), "from": "09:00", "to": "18:00", "breaks": []}]
        document["periods"][0] |= {
            "resources": {"pick-up-window": 3000, "counter": 6, "inspection-bay": 2},
            "hours": hours, "services": ["plates"], "exceptions": [],
        }  # fmt: skip
        store.apply_centre(document)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
