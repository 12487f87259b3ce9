"""Processes die, are started again, and nothing is lost or doubled; a run ends without a trace.

The tests of this file share one system, which each of them starts where it is not running.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.e2e import journey
from tests.e2e.checkout import make_checkout
from tests.e2e.journey import Citizen, opened, starts
from tests.e2e.system import APPS, Answer, System
from tests.support import eventually

CITIZENS_UNDER_LOAD = 4
BOOKINGS_EACH = 20
SENDERS = 2


@pytest.fixture
def running(own_system: System) -> System:
    if not own_system.runs:
        own_system.start()
    return own_system


def booked(system: System, centre: str, start: str, language: str = "en") -> Citizen:
    citizen = Citizen(system, language)
    answer = citizen.book(centre=centre, start=start)
    assert answer.status == 201, answer
    return citizen


@pytest.mark.parametrize("worker", [f"{app}-worker" for app in APPS])
def test_the_notices_come_once_whichever_worker_is_killed(running: System, worker: str) -> None:
    centre = opened(running)
    times = starts(running, centre)[1]
    before = booked(running, centre, times[0])
    running.kill(worker)
    after = booked(running, centre, times[1])
    later = opened(running)
    eventually(lambda: starts(running, later))
    assert after.does("cancel").status == 200
    assert after.mail(2).method == "CANCEL"
    assert before.mail(1).method == "REQUEST"
    eventually(lambda: nothing_waits(running))
    assert [len(c.mails()) for c in (before, after)] == [1, 2]


def nothing_waits(system: System) -> bool:
    return bool(system.ready("notify").json["checks"]["queue"]["due"] == 0)


@pytest.mark.parametrize("web", [*(f"{app}-web" for app in APPS), "gateway"])
def test_the_next_requests_succeed_after_a_web_process_was_killed(
    running: System, web: str
) -> None:
    running.kill(web)
    # Not "eventually": who asks meanwhile waits a moment, and is answered.
    assert {app: running.ready(app).status for app in APPS} == dict.fromkeys(APPS, 200)
    centre = opened(running)
    assert booked(running, centre, starts(running, centre)[1][0]).reads().status == 200


def answered(ask: Callable[[], Answer]) -> Answer | None:
    """None where nobody was there, or said so."""
    try:
        answer = ask()
    except OSError:
        return None
    return None if answer.status == 503 else answer


def test_no_acknowledged_booking_is_lost_or_doubled_when_the_store_is_killed(
    running: System,
) -> None:
    centre = opened(running, resources={"counter": 1, "pick-up-window": 30}, services=["plates"],
                    walk_in={})  # fmt: skip
    before = running.told()["pids"]
    times = [time for day in starts(running, centre)[1:5] for time in day]
    crowd = Crowd(running, centre, times)
    crowd.begin()
    eventually(lambda: len(crowd.acknowledged) >= CITIZENS_UNDER_LOAD)
    running.kill("valkey")
    crowd.end()
    assert running.told()["pids"]["valkey"] != before["valkey"]

    assert len(set(crowd.acknowledged)) == CITIZENS_UNDER_LOAD * BOOKINGS_EACH
    assert listed(running, centre, times) == sorted(crowd.acknowledged)
    taken = sum(30 - free for free in places(running, centre, times).values())
    assert taken == len(crowd.acknowledged)
    addresses = sorted(citizen.email for citizen in crowd.citizens)
    # A mail may come twice where its sender was cut off between sending and writing it down.
    told = eventually(lambda: got_mail(running, addresses))
    assert len(told) <= len(addresses) + SENDERS


def got_mail(system: System, addresses: list[str]) -> list[str]:
    """Who got each mail to these people, once all of them have one and none waits."""
    to = [m["To"][0]["Address"] for m in journey.listed_mails(system)]
    told = sorted(address for address in to if address in addresses)
    assert sorted(set(told)) == addresses
    assert nothing_waits(system)
    return told


class Crowd:
    """People who book from threads of their own, and try again with the same key until answered."""

    def __init__(self, system: System, centre: str, times: list[str]) -> None:
        self.acknowledged: list[str] = []
        self.citizens = [Citizen(system) for _ in range(CITIZENS_UNDER_LOAD * BOOKINGS_EACH)]
        self._centre, self._times = centre, times
        self._threads = [
            threading.Thread(target=self._book, args=[number])
            for number in range(CITIZENS_UNDER_LOAD)
        ]

    def begin(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        for thread in self._threads:
            thread.join()

    def _book(self, number: int) -> None:
        for citizen in self.citizens[number::CITIZENS_UNDER_LOAD]:
            start = self._times[self.citizens.index(citizen) % len(self._times)]
            key = f"key-of-{citizen.iin}-{start}"
            ask = partial(citizen.book, key, centre=self._centre, start=start)
            answer = eventually(partial(answered, ask), timeout=60)
            assert answer is not None
            assert answer.status == 201, answer
            self.acknowledged.append(citizen.reference)


def listed(system: System, centre: str, times: list[str]) -> list[str]:
    """The references that a desk sees on the days of these times."""
    days = sorted({start[:10] for start in times})
    paths = [f"/booking/centres/{centre}/days/{day}" for day in days]
    visits = [v for path in paths for v in system.get(path, system.ops).json["visits"]]
    return sorted(visit["reference"] for visit in visits)


def places(system: System, centre: str, times: list[str]) -> dict[str, int]:
    days = journey.slots(system, centre)["days"]
    free = {f"{d['day']}T{t}:00{d['offset']}": n for d in days for t, n in d["times"].items()}
    return {start: free.get(start, 0) for start in times}


def test_two_run_beside_each_other_and_know_nothing_of_each_other(
    running: System, embedded_system: System
) -> None:
    mine, other = opened(running), opened(embedded_system)
    assert running.get(f"/centres/{mine}").status == 200
    assert embedded_system.get(f"/centres/{mine}").status == 404
    assert running.get(f"/centres/{other}").status == 404
    assert running.post("/booking/clock", {"advance_s": 0}, embedded_system.ops).status == 401
    told, others = running.told(), embedded_system.told()
    assert not set(told["pids"].values()) & set(others["pids"].values())


def test_a_killed_launcher_leaves_nothing_and_the_next_one_finds_everything(
    running: System,
) -> None:
    centre = opened(running)
    citizen = booked(running, centre, starts(running, centre)[1][0])
    citizen.mail(1)
    ops, centres = running.ops, centres_known(running)
    running.end(signal.SIGKILL)
    eventually(lambda: running.left() == [])

    running.start()
    assert running.ops == ops
    assert citizen.reads().json["status"] == "confirmed"
    assert journey.slots(running, centre)["reason"] is None
    assert centres_known(running) == centres
    assert running.said().count("loading the first data") == 1
    assert citizen.does("cancel").json["sequence"] == 1
    citizen.mail(2)
    assert [m.sequence for m in citizen.mails()] == [0, 1]


def centres_known(system: System) -> list[int]:
    return [
        system.ready(app).json["checks"]["network"]["centres"] for app in ("centres", "booking")
    ]


def test_ctrl_c_on_make_run_leaves_nothing_running(tmp_path: Path, running: System) -> None:
    """Ctrl-C reaches the whole group of the terminal: make, its shell and the launcher."""
    running.close()
    checkout = make_checkout(tmp_path)
    command = ["make", "run", f"PORT={running.port}", f"VAR={running.var}"]
    running.start(command=command, folder=checkout)
    assert running.ready("booking").status == 200
    running.end(signal.SIGINT, group=True)
    eventually(lambda: running.left() == [])
    assert not (running.var / "run.json").exists()
    assert "stopped" in running.said()
