"""Which processes make up Kezek on one machine, with their commands and environment.

The only place that knows the apps, by their command lines; it imports nothing of them. Building
a plan starts nothing.
"""

import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded import valkey
from embedded.process import Spec
from embedded.ready import APPS
from embedded.settings import ROOT, Settings

# The order of the stop: no new requests, then no new work, then no more mail, then the data.
GATEWAY, APP, MAIL, STORE = range(4)

WEB_WORKERS = {"booking": "2"}
# Below the supervisor's own grace, so that gunicorn ends its workers and not the supervisor.
WEB_GRACE_S = "8"


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where everything listens: the bound sockets, and the addresses that others are told."""

    url: str
    mail_url: str
    smtp_url: str
    store_url: str
    bus_url: str
    gateway: socket.socket
    web: Mapping[str, socket.socket]
    smtp: socket.socket
    mail: socket.socket


class Plan:
    """The processes of one run."""

    def __init__(self, settings: Settings, places: Places, secrets: Mapping[str, str]) -> None:
        self._settings = settings
        self._places = places
        self._environ = _environment(settings, places, secrets)

    def gateway(self, config: Path) -> Spec:
        # Caddy keeps what it would otherwise put into the user's home in var/.
        home = str(self._settings.var / "caddy")
        own = {"XDG_DATA_HOME": home, "XDG_CONFIG_HOME": home}
        caddy = str(Path(sys.executable).parent / "caddy")
        command = (caddy, "run", "--config", str(config))
        return self._spec("gateway", command, GATEWAY, (self._places.gateway.fileno(),), own)

    def mail(self) -> Spec:
        smtp, http = self._places.smtp.fileno(), self._places.mail.fileno()
        folder = str(self._settings.var / "mail")
        arguments = ("--smtp-fd", str(smtp), "--http-fd", str(http), "--folder", folder)
        return self._spec("mail", _python("embedded.mailcatcher", *arguments), MAIL, (smtp, http))

    def apps(self) -> list[Spec]:
        """Web and worker of each app."""
        return [spec for app in APPS for spec in (self._web(app), self._worker(app))]

    def topics(self) -> Spec:
        """A command that ends: the bus has its topics."""
        return self._spec("topics", _python("shared.messaging.topics"))

    def load(self) -> Spec:
        """A command that ends, with a progress bar on our output: the first data are there."""
        data = self._environ["KEZEK_DATA_DIR"]
        return Spec(
            name="load",
            command=_python("services.centres.load", data),
            cwd=ROOT,
            environ=self._environ,
        )

    def _web(self, app: str) -> Spec:
        listener = self._places.web[app].fileno()
        workers = self._settings.value("KEZEK_WEB_WORKERS", WEB_WORKERS.get(app, "1"))
        command = _python(
            "gunicorn", "-c", str(ROOT / "shared/web/gunicorn_conf.py"), "--no-control-socket",
            "--bind", f"fd://{listener}", "-k", "gthread", "-w", workers, "--threads", "8",
            "--graceful-timeout", WEB_GRACE_S, f"services.{app}.app:create_app()",
        )  # fmt: skip
        return self._spec(f"{app}-web", command, APP, (listener,), self._metrics(app))

    def _worker(self, app: str) -> Spec:
        command = _python(f"services.{app}.worker")
        return self._spec(f"{app}-worker", command, APP, environ=self._metrics(app))

    def _metrics(self, app: str) -> dict[str, str]:
        """All processes of an app count in one folder: its /metrics tells of its worker too."""
        return {"PROMETHEUS_MULTIPROC_DIR": str(metrics_folder(self._settings, app))}

    def _spec(
        self,
        name: str,
        command: tuple[str, ...],
        stage: int = APP,
        sockets: tuple[int, ...] = (),
        environ: Mapping[str, str] | None = None,
    ) -> Spec:
        return Spec(
            name=name,
            command=command,
            cwd=ROOT,
            environ=self._environ | dict(environ or {}),
            sockets=sockets,
            stage=stage,
            log=self._settings.var / "log" / f"{name}.log",
        )


def metrics_folder(settings: Settings, app: str) -> Path:
    """Where the processes of an app count. To be empty before the first of them starts."""
    return settings.var / "metrics" / app


def store(settings: Settings, unix_socket: Path) -> Spec:
    """The embedded Valkey, where no store was given."""
    return Spec(
        name="valkey",
        command=tuple(valkey.command(settings.var / "valkey", socket=unix_socket)),
        cwd=ROOT,
        environ=settings.environ,
        stage=STORE,
        log=settings.var / "log" / "valkey.log",
    )


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)


def _environment(settings: Settings, places: Places, secrets: Mapping[str, str]) -> dict[str, str]:
    """What the apps read. Where a user may want another value, the user's own wins."""
    defaults = {
        "KEZEK_SMTP_URL": places.smtp_url,
        "KEZEK_SMS_URL": f"{places.mail_url}/sms",
        "KEZEK_MAIL_FROM": "Kezek <no-reply@kezek.example>",
        "KEZEK_PUBLIC_URL": places.url,
        "KEZEK_DATA_DIR": str(ROOT / "data"),
    }
    chosen = {name: settings.value(name, default) for name, default in defaults.items()}
    fixed = {
        "KEZEK_STORE_URL": places.store_url,
        "KEZEK_BUS_URL": places.bus_url,
        "PYTHONUNBUFFERED": "1",
    }
    return {**settings.environ, **chosen, **fixed, **secrets}
