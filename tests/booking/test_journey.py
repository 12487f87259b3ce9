"""A citizen's way through booking, over HTTP on a real store."""

from __future__ import annotations

import dataclasses

from cryptography.fernet import Fernet

from shared.contact import ContactBox
from tests.booking.conftest import World, bearer, direct, person

START = "2026-11-24T09:00:00+05:00"


def test_search_hold_book_move_cancel(world: World) -> None:
    slots = world.get("/slots?service=plates&centre=almaty-spec-6&lang=en").json
    assert slots["service"]["online"] == "partial"
    centre = slots["centres"][0]
    assert centre["version"] == 2
    assert centre["reason"] is None
    tomorrow = next(d for d in centre["days"] if d["day"] == "2026-11-24")
    assert tomorrow["times"]["09:00"] == 4
    assert tomorrow["free"] == sum(tomorrow["times"].values())
    assert "13:00" not in tomorrow["times"]
    assert list(tomorrow["times"])[-1] == "17:45"

    held = world.post("/holds", {"centre": "almaty-spec-6", "service": "plates", "start": START})
    assert held.status_code == 201, held.json
    assert held.json["end"] == "2026-11-24T09:15:00+05:00"
    booked = world.post(
        "/bookings", {"hold": held.json["hold"], "person": person(), "language": "ru"}
    )
    assert booked.status_code == 201, booked.json
    reference, token = booked.json["reference"], booked.json["manage_token"]
    assert booked.headers["Location"] == f"/booking/bookings/{reference}"

    read = world.get(f"/bookings/{reference.lower().replace('-', '')}", bearer(token))
    assert read.status_code == 200
    assert read.json["status"] == "confirmed"
    assert "manage_token" not in read.json

    moved = world.post(
        f"/bookings/{reference}/move", {"start": "2026-11-25T10:15:00+05:00"}, bearer(token)
    )
    assert (moved.status_code, moved.json["sequence"]) == (200, 1), moved.json
    again = world.post(
        f"/bookings/{reference}/move", {"start": "2026-11-25T05:15:00Z"}, bearer(token)
    )
    assert (again.status_code, again.json["sequence"]) == (200, 1)

    gone = world.post(f"/bookings/{reference}/cancel", None, bearer(token))
    assert (gone.status_code, gone.json["status"], gone.json["sequence"]) == (200, "cancelled", 2)
    assert world.post(f"/bookings/{reference}/cancel", None, bearer(token)).json == gone.json
    free = world.get("/slots?service=plates&centre=almaty-spec-6").json["centres"][0]["days"]
    assert all(day["times"].get("09:00", 4) == 4 for day in free)


def test_the_desk_sees_its_day_and_works_through_it(world: World) -> None:
    desk = world.desk()
    booked = world.post("/bookings", direct()).json
    day = world.get("/centres/almaty-spec-6/days/2026-11-24", desk)
    assert [v["name"] for v in day.json["visits"]] == ["Әсел Нұрланқызы"]
    path = f"/bookings/{booked['reference']}"
    early = world.post(f"{path}/check-in", None, desk)
    assert (early.status_code, early.json["error_code"]) == (409, "wrong_state")
    assert early.json["possible"] == ["move", "cancel"]
    world.now("2026-11-24T09:20:00+05:00")
    assert world.post(f"{path}/check-in", None, desk).json["status"] == "checked_in"
    assert world.post(f"{path}/serve", None, desk).json["status"] == "served"
    assert world.post(f"{path}/undo", None, desk).json["status"] == "checked_in"
    assert world.post(f"{path}/undo", None, desk).json["status"] == "confirmed"
    assert world.post(f"{path}/no-show", None, desk).json["status"] == "no_show"


def test_a_day_is_seen_even_if_a_contact_key_was_taken_away(world: World) -> None:
    world.post("/bookings", direct())
    other = ContactBox([Fernet.generate_key().decode()])
    blind = World(dataclasses.replace(world.deps, contacts=other))
    day = blind.get("/centres/almaty-spec-6/days/2026-11-24", blind.desk())
    assert [(v["name"], v["status"]) for v in day.json["visits"]] == [("", "confirmed")]
