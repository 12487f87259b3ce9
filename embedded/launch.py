"""One run of everything, from an empty folder to the last line at the end.

Owns the order of things: what is asked is checked, the store is up, the bus has its topics, the
apps run, the first data are loaded, all are ready; then, and only then, `run.json` is written.
"""

import os
import socket
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from embedded import credentials, folder, gateway, plan, ready, servers
from embedded.announce import announcement
from embedded.errors import CannotRun, Stopped
from embedded.process import last_lines
from embedded.settings import Settings
from embedded.signals import Signals
from embedded.sockets import HOST, Sockets, port_of
from embedded.supervisor import Supervisor
from embedded.valkey import MAX_SOCKET_PATH

STORE_TIMEOUT_S = 120.0  # a long append-only file takes its time to be read again
READY_TIMEOUT_S = 120.0
MAIL_PORT_OFFSET = 10_000  # PORT=8080 has its mail at 18080, if that is free


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Start everything, keep it alive until asked to stop, stop it. Raises CannotRun."""
    with ExitStack() as stack:
        signals = stack.enter_context(Signals())
        folder.prepare(settings.var)
        stack.enter_context(folder.lock(settings.var))
        for app in ready.APPS:  # what processes of an earlier run had counted
            folder.emptied(plan.metrics_folder(settings, app))
        sockets = stack.enter_context(Sockets())
        front = sockets.listen_as_asked(settings.port)
        _check_servers(settings, say)
        secrets = credentials.load_or_make(settings.var, settings.environ)
        run_file = folder.RunFile(settings.var)
        unix_socket = stack.enter_context(_unix_socket(settings.var))
        places = _places(settings, sockets, front, unix_socket)
        supervisor = Supervisor(
            signals, say=say, changed=lambda: run_file.update(supervisor.pids())
        )
        launch = _Launch(settings, places, secrets, supervisor, say)
        try:
            launch.start(unix_socket)
            run_file.write(launch.facts(), supervisor.pids())
            say(announcement(places, secrets["KEZEK_OPS_TOKEN"], run_file.path))
            supervisor.run()
        except Stopped:
            pass
        finally:
            say("stopping")
            run_file.remove()
            sockets.close()
            supervisor.stop()
        say("stopped")


class _Launch:
    """The start of one run, step by step; each raises CannotRun or Stopped."""

    def __init__(
        self,
        settings: Settings,
        places: plan.Places,
        secrets: Mapping[str, str],
        supervisor: Supervisor,
        say: Callable[[str], None],
    ) -> None:
        self._settings = settings
        self._places = places
        self._secrets = secrets
        self._supervisor = supervisor
        self._say = say
        self._plan = plan.Plan(settings, places, secrets)
        self._apps = ready.Apps(places.url)
        self._log = settings.var / "log"

    def start(self, unix_socket: Path) -> None:
        """From nothing to all ready."""
        if self._settings.store_url is None:
            self._start_store(unix_socket)
        self._create_topics()
        self._start_apps()
        self._load_first_data()
        self._say("waiting until every app is ready")
        self._supervisor.wait_until(
            self._apps.all_ready,
            timeout_s=READY_TIMEOUT_S,
            otherwise=f"not all were ready in {READY_TIMEOUT_S:.0f} s: see the logs in {self._log}",
        )
        self._supervisor.started()

    def facts(self) -> dict[str, str]:
        """What `run.json` tells, besides the processes."""
        return {
            "url": self._places.url,
            "ops_token": self._secrets["KEZEK_OPS_TOKEN"],
            "mail_url": self._places.mail_url,
            "store_url": self._places.store_url,
            "bus_url": self._places.bus_url,
        }

    def _start_store(self, unix_socket: Path) -> None:
        self._say("starting the store")
        self._supervisor.start(plan.store(self._settings, unix_socket))
        self._supervisor.wait_until(
            lambda: ready.answers_ping(self._places.store_url),
            timeout_s=STORE_TIMEOUT_S,
            otherwise=f"the store was not ready in {STORE_TIMEOUT_S:.0f} s: "
            f"see {self._log}/valkey.log",
        )

    def _create_topics(self) -> None:
        spec = self._plan.topics()
        if self._supervisor.run_once(spec) != 0:
            last = last_lines(spec.log, 1) if spec.log else ""
            raise CannotRun(last or f"the topics were not made: see {spec.log}", code=1)

    def _start_apps(self) -> None:
        self._say("starting the apps")
        config = gateway.write_config(
            self._settings.var / "caddy" / "gateway.json",
            listen=f"fd/{self._places.gateway.fileno()}",
            upstreams={app: port_of(listener) for app, listener in self._places.web.items()},
        )
        for spec in (self._plan.gateway(config), self._plan.mail(), *self._plan.apps()):
            self._supervisor.start(spec)
        self._supervisor.wait_until(
            lambda: self._apps.centres_known_to("centres") is not None,
            timeout_s=READY_TIMEOUT_S,
            otherwise=f"centres was not ready in {READY_TIMEOUT_S:.0f} s: "
            f"see {self._log}/centres-web.log",
        )

    def _load_first_data(self) -> None:
        """Load `data/` where there is no centre yet, or where an earlier load was cut short."""
        unfinished = self._settings.var / "loading"
        if self._apps.centres_known_to("centres") != 0 and not unfinished.exists():
            return
        self._say("loading the first data")
        unfinished.touch()
        code = self._supervisor.run_once(self._plan.load())
        if code != 0:
            raise CannotRun(f"the first data were not loaded (exit code {code})", code=1)
        unfinished.unlink()


def _check_servers(settings: Settings, say: Callable[[str], None]) -> None:
    if settings.store_url:
        servers.check_redis("STORE", settings.store_url, say)
    if settings.bus_url and settings.bus_url.startswith("kafka:"):
        servers.check_kafka(settings.bus_url)
    elif settings.bus_url and settings.bus_url != settings.store_url:
        servers.check_redis("BUS", settings.bus_url, say)


def _places(
    settings: Settings, sockets: Sockets, front: socket.socket, unix_socket: Path
) -> plan.Places:
    smtp = sockets.listen()
    mail = sockets.listen_if_free(settings.port + MAIL_PORT_OFFSET)
    store_url = settings.store_url or f"unix://{quote(str(unix_socket))}?db=0"
    return plan.Places(
        url=f"http://{HOST}:{settings.port}",
        mail_url=f"http://{HOST}:{port_of(mail)}",
        smtp_url=f"smtp://{HOST}:{port_of(smtp)}",
        store_url=store_url,
        bus_url=settings.bus_url or store_url,
        gateway=front,
        web={app: sockets.listen() for app in ready.APPS},
        smtp=smtp,
        mail=mail,
    )


@contextmanager
def _unix_socket(var: Path) -> Iterator[Path]:
    """Where the embedded Valkey listens: in `var/`, or in a short place where that is too long."""
    usual = var / "valkey.sock"
    if len(os.fsencode(usual)) <= MAX_SOCKET_PATH:
        yield usual
        return
    with tempfile.TemporaryDirectory(prefix="kezek-") as short:
        yield Path(short) / "valkey.sock"
