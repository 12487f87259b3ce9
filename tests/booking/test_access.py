"""Who may do what: manage tokens, desks, ops, and everybody else."""

from __future__ import annotations

import pytest

from shared.web.auth import DeskTokens
from tests.booking.conftest import World, bearer, direct, person
from tests.booking.refusing import START, assert_refused, book, code_of

STAFF_STEPS = ["check-in", "serve", "no-show", "undo"]
STEPS = ["move", "cancel", "accept", *STAFF_STEPS]


def body_of(step: str) -> dict[str, str]:
    return {"start": START} if step == "move" else {}


@pytest.mark.parametrize("step", STEPS)
def test_no_authorization_is_401_whether_or_not_the_booking_exists(world: World, step: str) -> None:
    for reference in (book(world)["reference"], "K7M2-9QRTX", "nonsense"):
        path = f"/bookings/{reference}/{step}"
        answer = assert_refused(world, "POST", path, "unauthorised", json=body_of(step))
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert_refused(world, "GET", "/bookings/K7M2-9QRTX", "unauthorised")


@pytest.mark.parametrize("token", ["wrong", "desk.forged", "ops", "é" * 20, "0" * 5000])
@pytest.mark.parametrize("step", STEPS)
def test_a_bearer_that_does_not_fit_is_the_same_404_as_an_unknown_reference(
    world: World, step: str, token: str
) -> None:
    made = book(world)
    answers = [
        assert_refused(
            world, "POST", f"/bookings/{reference}/{step}", "not_found", json=body_of(step),
            headers={"Authorization": f"Bearer {token}".encode().decode("latin-1")},
        )
        for reference in (made["reference"], "22222-22222", made["reference"][:-1] + "0")
    ]  # fmt: skip
    assert len({answer.get_data() for answer in answers}) == 1


def test_the_token_of_another_booking_does_not_fit(world: World) -> None:
    one, other = book(world), book(world, number=1)
    assert_refused(
        world, "GET", f"/bookings/{one['reference']}", "not_found",
        headers=bearer(other["manage_token"]),
    )  # fmt: skip


def test_a_desk_of_another_centre_does_not_see_the_booking(world: World) -> None:
    world.centre("almaty-2")
    made, desk = book(world), world.desk("almaty-2")
    assert_refused(world, "GET", f"/bookings/{made['reference']}", "not_found", headers=desk)
    for step in STEPS:
        path = f"/bookings/{made['reference']}/{step}"
        assert_refused(world, "POST", path, "not_found", json=body_of(step), headers=desk)


@pytest.mark.parametrize("step", STAFF_STEPS)
def test_the_manage_token_may_not_take_the_desks_steps(world: World, step: str) -> None:
    made = book(world)
    path, token = f"/bookings/{made['reference']}/{step}", bearer(made["manage_token"])
    assert_refused(world, "POST", path, "forbidden", headers=token)


def test_the_manage_token_a_desk_of_the_centre_and_ops_read_the_booking(
    world: World, ops: dict[str, str]
) -> None:
    made = book(world)
    path = f"/bookings/{made['reference']}"
    for headers in (
        bearer(made["manage_token"]),
        world.desk(),
        world.desk("x", "almaty-spec-6"),
        ops,
    ):
        answer = world.get(path, headers)
        assert answer.status_code == 200
        assert "manage_token" not in answer.json
    names = world.get(path, ops).json["centre"]["names"]
    assert set(names) == {"kk", "ru", "en"}


def test_a_centres_day_is_for_its_desk_and_ops(world: World, ops: dict[str, str]) -> None:
    world.centre("almaty-2")
    path = "/centres/almaty-spec-6/days/2026-11-24"
    manage = bearer(book(world)["manage_token"])
    assert_refused(world, "GET", path, "unauthorised")
    assert_refused(world, "GET", path, "unauthorised", headers=manage)
    assert_refused(world, "GET", path, "forbidden", headers=world.desk("almaty-2"))
    assert_refused(world, "GET", "/centres/no/days/2026-11-24", "forbidden", headers=world.desk())
    assert_refused(world, "GET", "/centres/no/days/2026-11-24", "not_found", headers=ops)
    for headers in (ops, world.desk()):
        assert len(world.get(path, headers).json["visits"]) == 1


@pytest.mark.parametrize("day", ["2026-11-31", "tomorrow", "2026-11-24T00:00", "9999-99-99", "%FF"])
def test_a_day_that_is_none_is_not_found(world: World, ops: dict[str, str], day: str) -> None:
    assert_refused(world, "GET", f"/centres/almaty-spec-6/days/{day}", "not_found", headers=ops)


def test_a_day_lists_its_visits_by_start_without_cancelled_and_moved_ones(world: World) -> None:
    desk = world.desk()
    late = book(world, number=1, start="2026-11-24T17:00:00+05:00")
    early = book(world, number=2)
    gone = book(world, number=3)
    moved = book(world, number=4)
    world.post(f"/bookings/{gone['reference']}/cancel", None, desk)
    world.post(f"/bookings/{moved['reference']}/move", {"start": "2026-11-25T09:00:00+05:00"}, desk)
    day = world.get("/centres/almaty-spec-6/days/2026-11-24", desk).json
    assert (day["centre"], day["day"]) == ("almaty-spec-6", "2026-11-24")
    assert [v["reference"] for v in day["visits"]] == [early["reference"], late["reference"]]


def test_a_desk_books_for_its_own_centre_only(world: World) -> None:
    world.centre("almaty-2")
    body = direct()
    assert_refused(
        world, "POST", "/bookings", "forbidden", json=body, headers=world.desk("almaty-2")
    )


def test_a_desk_books_with_a_name_alone_at_once_and_again(world: World) -> None:
    desk = world.desk()
    for _ in range(2):
        wish = direct("2026-11-23T10:15:00+05:00", person={"name": "Ерлан Әбдіқадыр-оғлы"})
        answer = world.post("/bookings", wish, desk)
        assert answer.status_code == 201, answer.json


def test_ops_and_a_desk_need_no_way_to_be_told(world: World, ops: dict[str, str]) -> None:
    for number, headers in enumerate((ops, world.desk())):
        wish = direct(person=person(number, phone=None))
        assert world.post("/bookings", wish, headers).status_code == 201


def test_an_unknown_bearer_on_a_public_call_is_the_public(world: World) -> None:
    assert world.post("/bookings", direct(), bearer("stranger")).status_code == 201
    for header in ("Basic b3BzOm9wcw==", "Bearer", "Bearer  ", "ops-token-for-tests"):
        slots = world.get("/slots?service=plates&centre=almaty-spec-6", {"Authorization": header})
        assert slots.status_code == 200


def test_a_revoked_desk_token_is_a_stranger_as_soon_as_the_centres_event_is_applied(
    world: World,
) -> None:
    path, desk = "/centres/almaty-spec-6/days/2026-11-24", world.desk()
    assert world.get(path, desk).status_code == 200
    # By the worker: another process, which this one hears of only when it looks.
    worker = type(world.deps.store)(world.deps.client)
    worker.apply_centre(world.document(version=3, desk_epoch=1))
    assert_refused(world, "GET", path, "unauthorised", headers=desk)
    tokens = DeskTokens(world.deps.settings.token_key, lambda _c: 1)
    newer = bearer(tokens.issue("t2", {"almaty-spec-6": 1}))
    assert world.get(path, newer).status_code == 200


def test_the_clock_is_moved_by_ops_where_it_is_simulated(
    make_world: object, ops: dict[str, str]
) -> None:
    real, simulated = make_world(), make_world(simulated_clock=True)  # type: ignore[operator]
    body = {"advance_s": 3600}
    for world in (real, simulated):
        assert_refused(world, "POST", "/clock", "unauthorised", json=body)
        assert_refused(world, "POST", "/clock", "forbidden", json=body, headers=world.desk("x"))
    assert_refused(real, "POST", "/clock", "not_found", json=body, headers=ops)
    for wrong in (-1, 1.5, "1", 10**30, True, None):
        answer = simulated.post("/clock", {"advance_s": wrong}, ops)
        assert code_of(answer) == (422, "validation_failed")
    assert simulated.post("/clock", body, ops).json["now"].startswith("2026-11-23T11:00:0")
