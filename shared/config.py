"""Settings: the environment, read once into frozen values.

Owns the settings that every app shares; an app adds its own in a subclass. The one thing to know:
nothing reads `os.environ` later, and no secret has a default, so that a missing value fails at boot.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from shared.errors import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent


class Environment:
    """Typed reading of environment variables; raises `ConfigurationError` naming the variable."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values

    def required(self, name: str) -> str:
        value = self._values.get(name, "").strip()
        if not value:
            raise ConfigurationError(f"{name} is not set")
        return value

    def text(self, name: str, default: str) -> str:
        return self._values.get(name, "").strip() or default

    def integer(self, name: str, default: int, *, least: int = 0) -> int:
        raw = self._values.get(name, "").strip()
        if not raw:
            return default
        try:
            value = int(raw)
        except ValueError:
            raise ConfigurationError(f"{name} must be a whole number, not {raw!r}") from None
        if value < least:
            raise ConfigurationError(f"{name} must be at least {least}, not {value}")
        return value

    def switch(self, name: str, default: bool) -> bool:
        raw = self._values.get(name, "").strip().lower()
        if raw in ("1", "on", "true", "yes"):
            return True
        if raw in ("0", "off", "false", "no"):
            return False
        if raw:
            raise ConfigurationError(f"{name} must be on or off, not {raw!r}")
        return default


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What every app needs. Secrets are required; see README for the meaning of each variable.
    `worker_metrics_port` 0: a worker's numbers are not to be had by HTTP. `worker_heartbeat`: the
    file by which a worker shows that its loops turn."""

    store_url: str
    bus_url: str
    ops_token: str
    token_key: str
    simulated_clock: bool = False
    rate_limits: bool = True
    data_dir: Path = ROOT / "data"
    worker_metrics_port: int = 0
    worker_heartbeat: Path | None = None

    @classmethod
    def read(cls, env: Environment) -> Self:
        """Settings from one environment; subclasses add their own by overriding `own`."""
        heartbeat = env.text("KEZEK_WORKER_HEARTBEAT", "")
        return cls(
            store_url=env.required("KEZEK_STORE_URL"),
            bus_url=env.required("KEZEK_BUS_URL"),
            ops_token=env.required("KEZEK_OPS_TOKEN"),
            token_key=env.required("KEZEK_TOKEN_KEY"),
            simulated_clock=env.switch("KEZEK_SIMULATED_CLOCK", False),
            rate_limits=env.switch("KEZEK_RATE_LIMITS", True),
            data_dir=Path(env.text("KEZEK_DATA_DIR", str(ROOT / "data"))),
            worker_metrics_port=env.integer("KEZEK_WORKER_METRICS_PORT", 0),
            worker_heartbeat=Path(heartbeat) if heartbeat else None,
            **cls.own(env),
        )

    @classmethod
    def own(cls, env: Environment) -> dict[str, object]:
        return {}

    @classmethod
    def from_env(cls) -> Self:
        """Raises `ConfigurationError`."""
        return cls.read(Environment(os.environ))

    @classmethod
    def for_web(cls) -> Self:
        """As `from_env`; what is wrong is one line, and the end of the server (by gunicorn's own exit
        code for an app that cannot be loaded, so that it does not try again for ever)."""
        try:
            return cls.from_env()
        except ConfigurationError as error:
            print(f"{cls.__module__.split('.')[1]}: {error}", file=sys.stderr)
            raise SystemExit(4) from None
