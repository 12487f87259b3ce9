"""The steps of the check, in their order: each says in a few words what was seen, or raises `Failed`."""

from __future__ import annotations

import json
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from deploy.check import containers
from deploy.check.citizens import Booking, Citizens
from deploy.check.client import Answer, check_refusal, eventually
from deploy.check.engine import Failed, Stack
from deploy.check.external import External
from deploy.check.pressing import Pressing
from deploy.check.recovering import Recovering

CENTRE = "check-centre"
APPS = ("centres", "booking", "notify")
SCALED = 3
# Killed in the middle of a booking, one after the other.
VICTIMS = (
    "booking-worker", "notify-worker", "centres-worker", "booking-web", "booking-valkey",
    "notify-valkey", "kafka",
)  # fmt: skip
ROLLED = (
    "centres-web", "booking-web", "notify-web", "centres-worker", "booking-worker",
    "notify-worker", "mail", "notify-valkey", "centres-valkey", "booking-valkey", "kafka",
)  # fmt: skip

Step = tuple[str, Callable[[], str]]


class Check:
    """One run against one stack."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.citizens = Citizens(stack)
        self.bookings: list[Booking] = []

    def steps(self) -> Iterator[Step]:
        stack = self.stack
        yield "without secrets compose refuses and says what to do", self.refused
        yield "up --build, until every app is ready", self.up
        yield (
            "nobody is root, may become it, or has more than needed",
            lambda: containers.hardened(stack),
        )
        yield "published on loopback only", lambda: containers.published(stack)
        yield (
            "secrets are known to those who need them",
            lambda: containers.told_only_what_they_need(stack),
        )
        yield "open a centre, hold, book, and the mail comes", self.walk
        yield "metrics are there for the inside", self.metrics
        yield "memory at rest", lambda: containers.memory(stack)
        yield "the gateway's own answers", self.gateway
        for victim in VICTIMS:
            yield f"kill -9 of {victim} in the middle of a booking", partial(self.killed, victim)
        yield "booking scaled to three: partitions shared, calls balanced", self.scaled
        yield "kill -9 of the worker that relays: another takes over", self.taken_over
        yield "back to one", lambda: self.scale(1)
        yield "nothing was written outside the volumes", lambda: containers.unwritten(stack)
        yield "rolling replacement of all but the gateway, under load", self.rolled
        yield "memory after all that", lambda: containers.memory(stack)
        yield "stop: everybody ends by himself", self.stopped
        yield "down and up: the data are there", self.down_and_up
        recovering = Recovering(stack, self.citizens, CENTRE)
        yield "backup; a store that lost everything is restored, running", recovering.restored
        yield "verify: the stores are what the log says", recovering.verified
        yield from self.external()

    def external(self) -> Iterator[Step]:
        external = External(self.stack)

        def on() -> str:
            said = external.on()
            self._ready()
            return said

        yield "external: up again with the broker's outside listener", on
        yield "external: a user reads two topics over TLS, and no more", external.reads
        yield "external: who is not a user is refused", external.refuses
        yield "external: a removed user's access ends", external.removed

    def refused(self) -> str:
        with tempfile.NamedTemporaryFile() as empty:
            told = self.stack.refusal("config", env_file=Path(empty.name))
        if "make secrets" not in told:
            raise Failed(f"compose says: {told or 'nothing'}")
        return told.splitlines()[-1][-90:]

    def up(self) -> str:
        self.stack.compose("up", "--build", "--detach")
        self._ready()
        return "61 centres known to booking"

    def _ready(self) -> None:
        """Every app says `ok`, and booking knows as many centres as there are."""

        def look() -> bool:
            answers = [self.citizens.web.call("GET", f"/{app}/health/ready") for app in APPS]
            if any(a.status != 200 or a.body["status"] != "ok" for a in answers):
                return False
            known = [a.body["checks"]["network"]["centres"] for a in answers[:2]]
            return bool(known[0] == known[1] and known[0] >= 61)

        eventually("every app is ready", look, 180)

    def walk(self) -> str:
        opened_s = self.citizens.open_centre(CENTRE)
        booking = self.citizens.book({"hold": self.citizens.hold(CENTRE)})
        mail_s = self.citizens.wait_for_mail(booking)
        self.bookings.append(booking)
        return f"bookable {opened_s * 1000:.0f} ms after it was opened, mail {mail_s:.1f} s after the booking"

    def metrics(self) -> str:
        """Web containers answer under their prefix, workers on a port of their own."""
        for app in APPS:
            for kind, at in (("web", f"8000/{app}/metrics"), ("worker", "9100/metrics")):
                code = f"from urllib.request import urlopen as ask; print(ask('http://127.0.0.1:{at}').read())"
                told = self.stack.compose("exec", "-T", f"{app}-{kind}", "python", "-c", code)
                if "kezek_" not in told:
                    raise Failed(f"{app}-{kind} has no metrics of its own")
        return f"{2 * len(APPS)} containers"

    def gateway(self) -> str:
        web = self.citizens.web
        web.expect(404, "GET", "/booking/metrics")
        web.expect(404, "GET", "/centres/x/..//metrics")
        web.expect(404, "GET", "/nothing")
        if (
            web.expect(413, "POST", "/centres/import", b"x" * 9_000_000)["error_code"]
            != "body_too_large"
        ):
            raise Failed("a 413 without its error code")
        with ThreadPoolExecutor(30) as pool:
            answers = list(pool.map(lambda _: web.call("GET", "/booking/health/live"), range(800)))
        found = Counter(answer.status for answer in answers)
        _all(answers, 429, check_refusal)
        if set(found) != {200, 429}:
            raise Failed(f"800 calls at once: {dict(found)}")
        time.sleep(2.5)  # until the burst is forgotten
        return f"metrics 404, 9 MB 413, 800 calls at once: {found[200]} x 200, {found[429]} x 429"

    def killed(self, victim: str) -> str:
        """The process dies between hold and booking; the citizen just goes on."""
        hold = self.citizens.hold(CENTRE)
        container = self.stack.one(victim)
        before = self.stack.inspect(container)[0]["RestartCount"]
        self.stack.kill(container)
        since = time.monotonic()
        booking = self.citizens.book({"hold": hold})
        booked_s = time.monotonic() - since
        self.citizens.wait_for_mail(booking)
        mail_s = time.monotonic() - since
        if self.stack.inspect(container)[0]["RestartCount"] != before + 1:
            raise Failed("it was not started again by its restart policy")
        self.bookings.append(booking)
        self._ready()
        return f"booked after {booked_s:.1f} s, mail after {mail_s:.1f} s"

    def scale(self, number: int) -> str:
        services = [f"--scale={name}={number}" for name in ("booking-web", "booking-worker")]
        self.stack.compose("up", "--detach", "--no-recreate", *services)
        self._ready()
        return f"{number} each"

    def scaled(self) -> str:
        self.scale(SCALED)
        eventually("three members share the partitions", lambda: self._members() == [4, 4, 4])
        web, name = self.citizens.web, self.stack.one("gateway")
        eventually(
            "three web containers are ready", lambda: _healthy(self.stack, "booking-web") == SCALED
        )
        time.sleep(2.5)  # longer than the gateway keeps an address
        since = len(self.stack.logs(name).splitlines())
        for _ in range(60):
            web.expect(200, "GET", "/booking/health/live")
        lines = [line for line in self.stack.logs(name).splitlines()[since:] if line[:1] == "{"]
        asked = Counter(json.loads(line)["upstream"] for line in lines)
        if len(asked) != SCALED:
            raise Failed(f"60 calls went to {dict(asked)}")
        return f"partitions 4 + 4 + 4, 60 calls: {' + '.join(map(str, asked.values()))}"

    def _members(self) -> list[int]:
        """How many partitions each member of booking's consumer group has."""
        told = self.stack.compose(
            "exec", "-T", "-e", "KAFKA_HEAP_OPTS=-Xmx128m", "kafka",
            "/opt/kafka/bin/kafka-consumer-groups.sh", "--bootstrap-server", "localhost:9092",
            "--describe", "--group", "booking", "--members", check=False,
        )  # fmt: skip
        rows = [line.split() for line in told.splitlines() if line.startswith("booking ")]
        return sorted(int(row[4]) for row in rows)

    def taken_over(self) -> str:
        workers = self.stack.ids("booking-worker")
        relaying = max(workers, key=self._took_over_at)
        self.stack.kill(relaying)
        since = time.monotonic()
        booking = self.citizens.book({"hold": self.citizens.hold(CENTRE)})
        self.citizens.wait_for_mail(booking)
        self.bookings.append(booking)
        return f"mail of the next booking {time.monotonic() - since:.1f} s after the kill"

    def _took_over_at(self, container: str) -> str:
        lines = [line for line in self.stack.logs(container).splitlines() if line[:1] == "{"]
        told = [json.loads(line) for line in lines]
        return max((t["at"] for t in told if t.get("event") == "relay_took_over"), default="")

    def rolled(self) -> str:
        self.citizens.open_centre(f"{CENTRE}-2")
        slowest = ("", 0.0)
        with Pressing(self.citizens, f"{CENTRE}-2") as pressing:
            for service in ROLLED:
                since = time.monotonic()
                # As an upgrade does: stopped gracefully, removed, made anew with another address.
                self.stack.compose("up", "--detach", "--no-deps", "--force-recreate", service)
                self._ready()
                took = (service, time.monotonic() - since)
                slowest = max(slowest, took, key=lambda item: item[1])
        said = pressing.check()
        self.bookings += pressing.booked[-20:]
        return f"{said}; slowest: {slowest[0]} {slowest[1]:.0f} s"

    def stopped(self) -> str:
        self.stack.compose("stop")
        return containers.ended_well(self.stack)

    def down_and_up(self) -> str:
        self.stack.compose("down")
        self.stack.compose("up", "--detach")
        self._ready()
        for booking in self.bookings:
            if self.citizens.read(booking)["status"] != "confirmed":
                raise Failed(f"{booking.reference} is gone")
        booking = self.citizens.book({"hold": self.citizens.hold(CENTRE)})
        self.citizens.wait_for_mail(booking)
        return f"{len(self.bookings)} bookings read again, and one more made"


def _all(answers: list[Answer], status: int, look: Callable[[Answer], None]) -> None:
    for answer in answers:
        if answer.status == status:
            look(answer)


def _healthy(stack: Stack, service: str) -> int:
    states = [facts["State"] for facts in stack.inspect(*stack.ids(service))]
    return sum(state.get("Health", {}).get("Status") == "healthy" for state in states)
