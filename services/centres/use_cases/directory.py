"""The directory: centres as ops and the public see them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.centres.domain import document as doc
from services.centres.domain.document import Document
from services.centres.domain.geo import distance_km
from services.centres.ports import Centres, Facts, Kept
from services.centres.use_cases.writing import known, today_of
from shared.errors import Refusal

HIDDEN = "decided"


def see_centre(centre: str, *, ops: bool, store: Centres) -> tuple[Document, bool]:
    """Today's document, and whether it is still what it was when its version was written.

    A decided centre is not_found to anybody but ops.
    """
    reading = store.read(centre)
    stored = known(reading, centre).stored
    document = doc.answered(stored, today_of(stored, reading.now_ms))
    if document["status"] == HIDDEN and not ops:
        raise Refusal("not_found")
    return document, document == doc.answered(stored, stored["updated_at"][:10])


def find_centres(
    query: Mapping[str, Any], *, ops: bool, store: Centres, facts: Facts
) -> list[Document]:
    """Centres that fit, by id; with `near`, nearest first and with `distance_km`.

    `query` may hold `region` (those within it too), `kind`, `service`, `status`, `near`,
    `within_km`. Refuses `not_found` for an unknown region or service.
    """
    reading = store.read_all()
    if "region" in query and query["region"] not in facts.region_keys:
        raise Refusal("not_found")
    if "service" in query and query["service"] not in reading.catalogue.definitions:
        raise Refusal("not_found")
    found = [_today(kept, reading.now_ms) for kept in reading.centres.values()]
    fitting = [d for d in found if _fits(d, query, ops=ops, facts=facts)]
    near = query.get("near")
    if near is None:
        return fitting
    for document in fitting:
        where = (document["location"]["lat"], document["location"]["lon"])
        document["distance_km"] = distance_km(near, where)
    within = query.get("within_km")
    fitting = [d for d in fitting if within is None or d["distance_km"] <= within]
    return sorted(fitting, key=lambda d: (d["distance_km"], d["id"]))


def _today(kept: Kept, now_ms: int) -> Document:
    return doc.answered(kept.stored, today_of(kept.stored, now_ms))


def _fits(document: Document, query: Mapping[str, Any], *, ops: bool, facts: Facts) -> bool:
    if document["status"] == HIDDEN and not ops:
        return False
    if any(document[n] != query[n] for n in ("kind", "status") if n in query):
        return False
    if "service" in query and query["service"] not in document["services"]:
        return False
    return "region" not in query or query["region"] in facts.regions.path(document["region"])
