"""Services and free times."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from services.booking import schemas, views
from services.booking.routes.common import actor_of, routes
from services.booking.use_cases import search
from shared.errors import Refusal
from shared.web import lists
from shared.web.answers import Answer
from shared.web.fields import ListQuery
from shared.web.operation import Call

MOST_DAYS = 31


@routes.add("GET", "/services", query=ListQuery, answers={200: schemas.ServicesOut})
def list_services(call: Call, deps: Any) -> Answer:
    """The services that any centre offers, with their online alternatives."""
    services = list(search.list_services(store=deps.store).values())
    page = lists.page(services, key=lambda s: s.code, limit=call.query["limit"],
                      cursor=call.query["cursor"])  # fmt: skip
    to_ops = call.caller.role == "ops"
    page["items"] = [views.service(s, call.language, to_ops=to_ops) for s in page["items"]]
    return Answer(200, page)


@routes.add("GET", "/slots", query=schemas.SlotsQuery, answers={200: schemas.SlotsOut},
            refusals=("not_found", "range_too_long"))  # fmt: skip
def find_slots(call: Call, deps: Any) -> Answer:
    """Free places by start: only starts that can be booked right now."""
    query = call.query
    first, last = query.get("from_"), query.get("to")
    if first and last and last - first > timedelta(days=MOST_DAYS - 1):
        raise Refusal("range_too_long")
    region = query.get("region")
    if region is not None and deps.regions.get(region) is None:
        raise Refusal("not_found", errors={"region": ["There is no such region."]})
    where = search.Where(
        centre=query.get("centre"), near=query.get("near"), within_km=query["within_km"],
        limit=query["limit"], region=region,
    )  # fmt: skip
    found = search.find_slots(
        store=deps.store, policy=deps.policy, service_code=query["service"], where=where,
        first=first, last=last, actor=actor_of(call.caller),
    )  # fmt: skip
    return Answer(200, views.slots(found, call.language, to_ops=call.caller.role == "ops"))
