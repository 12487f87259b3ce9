"""The store is away; a record on the bus is poison. More of this kind belongs into this folder."""

from __future__ import annotations

from typing import Any

from shared.bus import connect
from shared.bus.port import OutRecord, Record
from shared.contracts import bookings
from tests.e2e.journey import Citizen, opened, starts
from tests.e2e.system import APPS, System
from tests.servers import ValkeyServer
from tests.support import eventually

RECOVERED_S = 90


def test_without_its_store_nothing_is_promised_and_with_it_all_is_there_again(
    system: System, given_store: ValkeyServer
) -> None:
    centre = opened(system)
    before, during = Citizen(system), Citizen(system)
    first, second = starts(system, centre)[1][:2]
    assert before.book(centre=centre, start=first).status == 201
    before.mail(1)
    given_store.kill()
    try:
        refused = during.book("key-of-a-booking-in-the-dark", centre=centre, start=second)
        assert (refused.status, refused.code) == (503, "unavailable")
        assert int(refused.headers["Retry-After"]) >= 1
        assert {app: system.ready(app).status for app in APPS} == dict.fromkeys(APPS, 503)
        assert system.get("/booking/health/live").status == 200
    finally:
        given_store.start()
    eventually(
        lambda: all(system.ready(app).json["status"] == "ok" for app in APPS), timeout=RECOVERED_S
    )
    assert before.reads().json["status"] == "confirmed"
    again = during.book("key-of-a-booking-in-the-dark", centre=centre, start=second)
    assert again.status == 201, again
    assert during.mail(1).sequence == 0
    assert len(before.mails()) == 1


def test_a_poisonous_record_is_put_aside_and_others_go_on(system: System) -> None:
    ce_type = ("ce_type", bookings.CONFIRMED.ce_type.encode())
    poison = [
        OutRecord("bookings", b"anywhere", b"no JSON", (ce_type, ("ce_id", b"poison-1"))),
        OutRecord("bookings", b"anywhere", b'{"booking": {}}', (ce_type, ("ce_id", b"poison-2"))),
        OutRecord("centres", b"anywhere", b"\xff\xfe", ()),
    ]
    bus = connect(system.told()["bus_url"])
    producer = bus.producer()
    try:
        producer.send(poison)
        # Two apps read `centres`, and each puts aside what it cannot read.
        eventually(lambda: len(put_aside(bus, "bookings")) == 2)
        letters = eventually(
            lambda: len(put_aside(bus, "centres")) == 2 and put_aside(bus, "centres")
        )
    finally:
        producer.close()
        bus.close()
    assert {letter.value for letter in letters} == {b"\xff\xfe"}
    assert all(any("reason" in name for name, _ in letter.headers) for letter in letters)
    centre = opened(system)
    citizen = Citizen(system)
    assert citizen.book(centre=centre, start=starts(system, centre)[1][0]).status == 201
    assert citizen.mail(1).method == "REQUEST"
    assert all(system.ready(app).json["status"] == "ok" for app in APPS)


def put_aside(bus: Any, topic: str) -> list[Record]:
    return list(bus.read_all(f"{topic}-dlq"))


def test_mails_wait_for_a_mail_server_that_is_away(system: System) -> None:
    centre = opened(system)
    citizen = Citizen(system)
    system.kill("mail")
    assert citizen.book(centre=centre, start=starts(system, centre)[1][0]).status == 201
    assert eventually(citizen_mails(citizen), timeout=60)[0].sequence == 0
    assert len(citizen.mails()) == 1


def citizen_mails(citizen: Citizen) -> Any:
    """None as long as the catcher itself is away."""

    def found() -> Any:
        try:
            return citizen.mails()
        except OSError:
            return None

    return found
