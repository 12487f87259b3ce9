"""Answers of booking, in the caller's language; ops are given all three."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import orjson

from services.booking.domain.centre import Service
from services.booking.use_cases.free_days import FreeDays, offset_of
from services.booking.use_cases.search import Found
from shared.i18n import choose


def booking(facts: Mapping[str, Any], language: str, *, to_ops: bool) -> dict[str, Any]:
    """`facts` as `use_cases.documents.facts` gives them."""
    centre, service = facts["centre"], facts["service"]
    shown: dict[str, Any] = {
        "reference": facts["reference"],
        "status": facts["status"],
        "centre": {
            "id": centre["id"],
            "name": choose(centre["names"], language),
            "address": choose(centre["addresses"], language),
        },
        "service": {"code": service["code"], "name": choose(service["names"], language)},
        "start": facts["start"],
        "end": facts["end"],
        "sequence": facts["sequence"],
        "language": facts["language"],
        "created_at": facts["created_at"],
    }
    if to_ops:
        shown["centre"] |= {"names": centre["names"], "addresses": centre["addresses"]}
        shown["service"]["names"] = service["names"]
    if facts["status"] == "displaced":
        offer = facts["offer"]
        shown["offer"] = offer and {
            "centre": offer["centre"]["id"],
            "start": offer["start"],
            "expires_at": offer["expires_at"],
        }
    return shown


def service_brief(service: Service, language: str) -> dict[str, Any]:
    return {
        "code": service.code,
        "name": choose(service.names, language),
        "minutes": service.minutes,
        "online": service.online,
        "online_note": service.online_note,
    }


def service(one: Service, language: str, *, to_ops: bool) -> dict[str, Any]:
    shown = service_brief(one, language) | {"resources": list(one.resources)}
    return shown | {"names": one.names} if to_ops else shown


def slots(found: Found, language: str, *, to_ops: bool) -> dict[str, Any]:
    return {
        "service": service_brief(found.service, language),
        "centres": [_centre(one, km, language, to_ops) for one, km in found.centres],
    }


def _centre(one: FreeDays, km: float | None, language: str, to_ops: bool) -> dict[str, Any]:
    centre = one.centre
    shown = {
        "id": centre.id,
        "version": centre.version,
        "name": choose(centre.names, language),
        "time_zone": centre.time_zone,
        "distance_km": km,
        "next_free": one.next_free,
        "reason": one.reason,
        "days": _days(one),
    }
    return shown | {"names": centre.names} if to_ops else shown


@lru_cache(maxsize=1024)
def _days(one: FreeDays) -> orjson.Fragment:
    """The days as JSON, which is the most of an answer; dumped once per result."""
    return orjson.Fragment(
        orjson.dumps(
            [
                {
                    "day": day.isoformat(),
                    "offset": offset_of(day, one.centre.time_zone),
                    "free": sum(free.values()),
                    "times": free,
                }
                for day, free in one.days
            ]
        )
    )
