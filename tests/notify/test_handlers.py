"""What events make notify owe: on a real store, each also delivered twice and late."""

from __future__ import annotations

from typing import Any

import pytest

from services.notify.handlers import handlers
from services.notify.wiring import Deps
from shared.contracts import bookings, centres
from shared.contracts.base import EventType
from shared.contracts.bookings import EXAMPLE_BOOKING
from shared.contracts.centres import EXAMPLE_CENTRE
from tests.notify import helpers
from tests.notify.helpers import confirmed, contact, event, listed, place, take, wire

REF = EXAMPLE_BOOKING["reference"]
OTHER_DAY = place("2026-11-26T11:00:00+05:00")
REMINDERS_OF_0 = [f"{REF}.0.reminder-24h.email", f"{REF}.0.reminder-2h.email"]


def everything(store: Any) -> dict[bytes, Any]:
    """All keys with their content, but for the clock."""
    found = {}
    for key in sorted(store.keys("{notify}:*")):
        if b":clock" not in key:
            found[key] = store.dump(key)
    return found


def test_notify_reads_both_topics() -> None:
    assert handlers.topics == ("bookings", "centres")


def test_every_booking_event_has_a_handler(deps: Deps) -> None:
    for event_type in bookings.EVENTS:
        take(deps, event(event_type))


def test_a_confirmation_and_two_reminders_are_owed(deps: Deps) -> None:
    take(deps, confirmed())
    assert sorted(listed(deps)) == sorted([f"{REF}.0.confirmation.email", *REMINDERS_OF_0])


def test_a_confirmation_delivered_twice_changes_nothing(deps: Deps, store: Any) -> None:
    one = confirmed()
    take(deps, one)
    before = everything(store)
    take(deps, one, one)
    assert everything(store) == before


@pytest.mark.parametrize(
    ("event_type", "kind"),
    [
        (bookings.MOVED, "moved"),
        (bookings.CANCELLED, "cancelled"),
        (bookings.DISPLACED, "displaced"),
        (bookings.OFFERED, "offer"),
    ],
)
def test_a_change_is_told_once_also_when_delivered_twice(
    deps: Deps, event_type: EventType, kind: str
) -> None:
    change = event(event_type, 1)
    take(deps, confirmed(), change, change)
    assert listed(deps).count(f"{REF}.1.{kind}.email") == 1


def test_a_late_record_is_dropped(deps: Deps, store: Any) -> None:
    take(deps, confirmed(), event(bookings.CANCELLED, 1))
    before = everything(store)
    take(deps, confirmed())
    assert everything(store) == before


@pytest.mark.parametrize(
    "event_type", [bookings.CHECKED_IN, bookings.SERVED, bookings.NO_SHOW, bookings.REVERTED]
)
def test_the_desks_steps_are_not_told(deps: Deps, event_type: EventType) -> None:
    take(deps, confirmed(), event(event_type, 1))
    assert not [i for i in listed(deps) if i.startswith(f"{REF}.1.") and "reminder" not in i]


@pytest.mark.parametrize(
    "event_type",
    [
        bookings.CANCELLED,
        bookings.DISPLACED,
        bookings.CHECKED_IN,
        bookings.SERVED,
        bookings.NO_SHOW,
    ],
)
def test_reminders_are_dropped_when_the_visit_does_not_stand(
    deps: Deps, event_type: EventType, store: Any
) -> None:
    take(deps, confirmed(), event(event_type, 1))
    assert not [i for i in listed(deps) if "reminder" in i]
    assert not [i for i in store.zrange("{notify}:queue:email", 0, -1) if b"reminder" in i]


def test_reminders_move_with_the_booking(deps: Deps, store: Any) -> None:
    take(deps, confirmed(), event(bookings.MOVED, 1, previous=place(helpers.NOW), **OTHER_DAY))
    waiting = [i for i in listed(deps) if "reminder" in i]
    assert sorted(waiting) == [f"{REF}.1.reminder-24h.email", f"{REF}.1.reminder-2h.email"]
    found = deps.book.message(f"{REF}.1.reminder-2h.email")
    assert found is not None
    assert found.due_ms == found.notice.place.start_ms - 2 * 3600 * 1000


def test_a_step_taken_back_brings_the_reminders_back(deps: Deps) -> None:
    take(deps, confirmed(), event(bookings.CHECKED_IN, 1), event(bookings.REVERTED, 2))
    waiting = [i for i in listed(deps) if "reminder" in i]
    assert sorted(waiting) == [f"{REF}.2.reminder-24h.email", f"{REF}.2.reminder-2h.email"]


def test_booking_left_is_skipped_before_the_version_rule(deps: Deps) -> None:
    moved = event(bookings.MOVED, 1, previous=place(helpers.NOW), **OTHER_DAY)
    left = event(bookings.LEFT, 1, previous=place(helpers.NOW), **OTHER_DAY)
    take(deps, confirmed(), left, moved, left)
    assert f"{REF}.1.moved.email" in listed(deps)


def test_sms_where_there_is_no_email(deps: Deps) -> None:
    take(deps, confirmed(sealed=contact(email=None)))
    assert f"{REF}.0.confirmation.sms" in listed(deps)
    assert not [i for i in listed(deps) if i.endswith(".email")]


def test_nothing_is_owed_to_who_left_no_address(deps: Deps) -> None:
    take(deps, confirmed(sealed=contact(email=None, phone=None)))
    assert listed(deps) == []
    known = deps.incoming.known(REF)
    assert known is not None
    assert known.sequence == 0


def test_nothing_is_owed_without_a_contact(deps: Deps) -> None:
    one = confirmed()
    one.data["booking"]["contact"] = None
    take(deps, one)
    assert listed(deps) == []


def test_a_forgotten_booking_is_not_revived(deps: Deps, store: Any) -> None:
    helpers.set_clock(store, "2027-01-20T10:00:00+05:00")
    take(deps, confirmed())
    assert everything(store) == {}


def test_no_contact_data_in_clear_is_kept(deps: Deps, store: Any) -> None:
    take(deps, confirmed(sealed=contact(email=None)))
    kept = helpers.contents(store)
    assert REF in kept
    for secret in (helpers.PHONE, helpers.MANAGE_TOKEN, helpers.NAME):
        assert secret not in kept.encode("latin-1").decode()


def centre_event(version: int, epoch: int) -> Any:
    centre = {**EXAMPLE_CENTRE, "version": version, "desk_epoch": epoch}
    data = {"actor": "ops", "reason": None, "changed": ["desk_epoch"], "centre": centre}
    return wire(centres.CHANGED, data)


def test_a_centres_desk_epoch_is_kept_by_version(deps: Deps) -> None:
    newer = centre_event(3, 2)
    take(deps, centre_event(2, 1), newer, newer, centre_event(2, 1))
    assert deps.incoming.desk_epoch("almaty-spec-6") == 2
    assert deps.incoming.desk_epoch("another") is None


def test_a_new_message_wakes_the_senders(deps: Deps) -> None:
    heard = deps.bell.rings
    take(deps, confirmed())
    assert deps.bell.rings == heard + 1
    take(deps, confirmed())
    assert deps.bell.rings == heard + 1
