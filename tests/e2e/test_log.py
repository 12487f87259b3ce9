"""What the log of events holds after all that people did (promise 15), and what it must not tell."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from shared.bus import connect
from shared.bus.port import Record
from shared.contracts.codec import Event, decode
from shared.contracts.registry import TOPICS, dead_letter_topic
from tests.e2e import journey
from tests.e2e.journey import Citizen, desk_token, opened, starts
from tests.e2e.system import System
from tests.support import eventually

NAME, PHONE = "Құралай Сағынтайқызы", "+77015550199"
TOLD_BY_NOW = {
    "centre.registered", "centre.opened", "booking.confirmed", "booking.moved", "booking.left",
    "booking.cancelled", "booking.checked-in", "booking.served", "booking.no-show",
    "booking.reverted", "notification.delivered",
}  # fmt: skip


def records(system: System, topic: str) -> list[Record]:
    bus = connect(system.told()["bus_url"])
    try:
        return list(bus.read_all(topic))
    finally:
        bus.close()


def decoded(record: Record) -> Event:
    """Raises where it does not hold to its contract."""
    event = decode(dict(record.headers), record.value)
    assert event.type.topic == record.topic
    return event


def test_every_record_holds_to_its_contract_and_none_tells_who_came(system: System) -> None:
    secrets = set(live_a_little(system))
    log = [record for topic in TOPICS for record in records(system, topic)]
    events = [decoded(record) for record in log]
    assert {event.type.name for event in events} >= TOLD_BY_NOW
    assert all(record.key for record in log)
    for topic in TOPICS:
        assert records(system, dead_letter_topic(topic)) == []
    written = b"\n".join(bytes(part) for record in log for part in parts(record))
    logs = "\n".join(path.read_text("utf-8") for path in (system.var / "log").glob("*.log*"))
    for secret in secrets:
        assert secret.encode() not in written, f"in an event: {secret}"
        assert secret not in logs, f"in a log: {secret}"


def parts(record: Record) -> Iterator[bytes]:
    yield record.key or b""
    yield record.value or b""
    for name, value in record.headers:
        yield name.encode()
        yield value


def live_a_little(system: System) -> Iterator[str]:
    """All that people do, once; what of it is nobody else's business."""
    here, there = opened(system), opened(system)
    desk = desk_token(system, here)
    yield from (system.ops, desk)
    days = starts(system, here)
    stays, leaves, misses = (Citizen(system, language) for language in ("kk", "ru", "en"))
    for citizen in (stays, leaves, misses):
        citizen.name, citizen.phone = NAME, PHONE
        yield from (citizen.iin, citizen.email)
    refused = stays.book(centre=here, start="2020-01-01T09:00:00+05:00")
    assert refused.code == "in_past"
    for citizen, start in zip((stays, leaves, misses), days[1], strict=False):
        assert citizen.book(centre=here, start=start).status == 201
        yield citizen.token
    assert leaves.does("move", start=days[2][0], centre=there).status == 200
    gone = leaves.does("cancel")
    assert (gone.status, gone.json["status"]) == (200, "cancelled"), gone

    system.move_clocks(datetime.fromisoformat(days[1][2]) + timedelta(minutes=20))
    for citizen, steps in (
        (stays, ("check-in", "undo", "check-in", "serve")),
        (misses, ("no-show",)),
    ):
        for step in steps:
            path = f"/booking/bookings/{citizen.reference}/{step}"
            assert system.post(path, None, desk).status == 200, step
    names = {c.reference for c in (stays, leaves, misses)}
    eventually(lambda: delivered(system, names))
    yield from (NAME, NAME.split()[0], PHONE, PHONE[2:], journey.iin())


def delivered(system: System, references: set[str]) -> bool:
    events = [decoded(record) for record in records(system, "notifications")]
    told = [event.data["booking"] for event in events]
    return all(told.count(reference) >= 1 for reference in references)
