"""Kafka is lost while everything runs: bookings go on, notices wait, and come when it is back."""

from __future__ import annotations

from tests.e2e.journey import Citizen, opened, starts
from tests.e2e.system import APPS, System
from tests.servers import KafkaServer
from tests.support import eventually

# Longer than kafka-python's own patience, and than a group's new start.
PATIENCE_S = 120


def status(system: System, app: str) -> tuple[int, str]:
    answer = system.ready(app)
    return answer.status, answer.json["status"]


def told_down(system: System) -> bool:
    checks = system.ready("booking").json["checks"]
    return status(system, "booking") == (200, "degraded") and checks["bus"].startswith("down")


def test_bookings_go_on_without_kafka_and_the_notices_come_when_it_is_back(
    kafka_system: System, broker: KafkaServer
) -> None:
    centre = opened(kafka_system)
    times = starts(kafka_system, centre)[1]
    broker.kill()
    try:
        # An idle relay looks every few seconds; one in the middle of a send is in tests/messaging.
        eventually(lambda: told_down(kafka_system), timeout=PATIENCE_S)
        citizens = [Citizen(kafka_system) for _ in range(5)]
        for citizen, start in zip(citizens, times, strict=False):
            assert citizen.book(centre=centre, start=start).status == 201
        late = Citizen(kafka_system)
        assert late.book(centre=centre, start=times[6]).status == 201
        assert late.does("cancel").json["status"] == "cancelled"
    finally:
        broker.start()
    eventually(
        lambda: all(status(kafka_system, app) == (200, "ok") for app in APPS), timeout=PATIENCE_S
    )
    for citizen in citizens:
        assert eventually(citizen.mails, timeout=PATIENCE_S)[0].sequence == 0
    eventually(lambda: len(late.mails()) == 2)
    assert [m.method for m in late.mails()] == ["REQUEST", "CANCEL"]
    assert [len(citizen.mails()) for citizen in citizens] == [1] * 5
    later = opened(kafka_system)
    assert starts(kafka_system, later)
