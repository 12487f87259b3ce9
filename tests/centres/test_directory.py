"""Reading: one centre, lists, filters, nearest first, entity tags."""

from __future__ import annotations

import pytest

from services.centres.domain.geo import distance_km
from tests.centres.helpers import Centres

ID = "/almaty-spec-6"


@pytest.fixture
def network(api: Centres) -> Centres:
    api.opened()
    api.register(
        id="talgar", region="almaty-region-talgar", location={"lat": 43.3035, "lon": 77.2408}
    )
    api.register(
        id="astana-gen", region="astana-esil", kind="general", services=["id-card"],
        resources={"biometric-counter": 1}, location={"lat": 51.12, "lon": 71.43},
    )  # fmt: skip
    api.register(id="undated", status="decided")
    return api


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["almaty-spec-6", "astana-gen", "talgar"]),
        ("?region=almaty-city", ["almaty-spec-6"]),
        ("?region=almaty-region", ["talgar"]),
        ("?region=almaty-region-talgar", ["talgar"]),
        ("?region=astana", ["astana-gen"]),
        ("?region=abai", []),
        ("?kind=general", ["astana-gen"]),
        ("?service=plates", ["almaty-spec-6", "talgar"]),
        ("?service=dl-theory", []),
        ("?status=open", ["almaty-spec-6"]),
        ("?status=planned&kind=specialised", ["talgar"]),
        ("?status=decided", []),
        ("?near=43.25,77.0", ["almaty-spec-6", "talgar", "astana-gen"]),
        ("?near=43.25,77.0&within_km=15", ["almaty-spec-6"]),
        ("?near=51,71&within_km=0", []),
    ],
)
def test_filters(network: Centres, query: str, found: list[str]) -> None:
    answer = network.get(query, token=None)
    assert answer.status_code == 200, answer.json
    assert [c["id"] for c in answer.json["items"]] == found


def test_ops_see_decided_centres_too(network: Centres) -> None:
    assert "undated" in [c["id"] for c in network.get().json["items"]]


@pytest.mark.parametrize(
    ("query", "status", "field"),
    [
        ("?region=atlantis", 404, None),
        ("?service=teapot", 404, None),
        ("?kind=huge", 422, "kind"),
        ("?status=haunted", 422, "status"),
        ("?near=43", 422, "near"),
        ("?near=91,0", 422, "near"),
        ("?near=nan,nan", 422, "near"),
        ("?within_km=5", 422, "near"),
        ("?near=43,76&within_km=-1", 422, "within_km"),
        ("?near=43,76&within_km=nan", 422, "within_km"),
        ("?limit=0", 422, "limit"),
        ("?limit=201", 422, "limit"),
        ("?cursor=!", 422, "cursor"),
        ("?teapot=1", 422, "teapot"),
    ],
)
def test_filters_that_cannot_be(
    network: Centres, query: str, status: int, field: str | None
) -> None:
    answer = network.get(query, token=None)
    assert answer.status_code == status, answer.json
    assert field is None or list(answer.json["errors"]) == [field]


@pytest.mark.parametrize("order", ["", "&near=51,71"])
def test_pages_together_are_the_list(network: Centres, order: str) -> None:
    whole = network.get(f"?limit=200{order}").json
    assert whole["next"] is None
    items, cursor = [], ""
    while cursor is not None:
        page = network.get(f"?limit=1{order}&cursor={cursor}").json
        items += page["items"]
        cursor = page["next"]
    assert items == whole["items"]


def test_distances_are_great_circles_rounded(network: Centres) -> None:
    # Almaty to Astana, by the coordinates of regions.csv: about 970 km.
    assert distance_km((43.2389, 76.8897), (51.1694, 71.4491)) == pytest.approx(973, abs=3)
    assert distance_km((0, 0), (0, 180)) == pytest.approx(20015.1, abs=0.1)
    found = network.get("?near=43.2389,76.8897").json["items"]
    assert found[0]["distance_km"] == 0.0
    assert [c["id"] for c in found[:2]] == ["almaty-spec-6", "undated"]
    # At 43.3 degrees one degree of longitude is 81 km: 0.3511 x 81 east, 7.2 north.
    assert found[2]["distance_km"] == 29.3


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_public_reads_names_in_its_language(network: Centres, language: str) -> None:
    for sent in (
        {"path": f"{ID}?lang={language}"},
        {"path": ID, "headers": {"Accept-Language": language}},
    ):
        centre = network.get(token=None, **sent).json
        assert centre["name"] == centre["names"][language]
        assert centre["address"] == centre["addresses"][language]
    assert "name" not in network.get(ID).json


def test_an_entity_tag_spares_the_body(network: Centres) -> None:
    seen = network.get(ID, token=None)
    assert seen.headers["ETag"] == '"2"'
    for tag in ('"2"', 'W/"2"', '"1", "2"', "*"):
        again = network.get(ID, token=None, headers={"If-None-Match": tag})
        assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", '"2"')
    for tag in ('"1"', "2", '"x"'):
        assert network.get(ID, headers={"If-None-Match": tag}).status_code == 200


def test_a_day_that_passed_is_a_change_too(network: Centres) -> None:
    network.step("talgar", "open", from_=network.day(1))
    match = {"If-None-Match": '"2"'}
    assert network.get("/talgar", headers=match).status_code == 304
    network.advance(1)
    answer = network.get("/talgar", headers=match)
    assert (answer.status_code, answer.json["status"]) == (200, "open")


def test_unknown_centres(network: Centres) -> None:
    for path in ("/nowhere", "/import", "/clock", "/UPPER", "/%00"):
        assert network.get(path).status_code == 404


def test_another_process_sees_what_this_one_wrote(network: Centres) -> None:
    from services.centres import wiring

    other = Centres.on(wiring.build(network.deps.settings))
    assert len(other.get().json["items"]) == 4
    network.step("talgar", "open")
    found = {c["id"]: c["status"] for c in other.get().json["items"]}
    assert found["talgar"] == "open"
    other.deps.client.close()
