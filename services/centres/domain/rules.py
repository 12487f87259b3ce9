"""What a valid centre is, beyond the form of its fields.

Owns the rules that relate fields to each other and to reference data (services, regions, zones), on
every day from today on. Leaves the form of single fields to the schemas. The one thing to know:
these rules hold on every way in: posting, patching, each step, the import and the first data.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from services.centres.domain import hours
from services.centres.domain.document import Document, Stored, effective, periods
from services.centres.domain.problems import Problem, problem

ID = re.compile(r"[a-z0-9-]{3,40}", re.ASCII)
RESERVED = frozenset(
    {"health", "import", "clock", "metrics", "desk-tokens", "openapi-json", "openapi"}
)

UNKNOWN_REGION = "There is no such region."
UNKNOWN_ZONE = "There is no such time zone."
UNKNOWN_RESOURCE = "There is no such resource: {resource}."
WALK_IN = "More places are kept for walk-ins than there are: {resource}."
UNKNOWN_SERVICE = "There is no such service: {service}."
OTHER_KIND = "This service is not one of the centre's kind: {service}."
LACKS = "The centre lacks a resource of service {service}: {resource}."
LACKS_FROM = "From {day} the centre lacks a resource of service {service}: {resource}."
RESERVED_ID = "This id is reserved."


@dataclass(frozen=True)
class Offer:
    """What the rules need of a service's definition."""

    kind: str
    resources: tuple[str, ...]


@dataclass(frozen=True)
class Reference:
    """What a centre is checked against."""

    services: Mapping[str, Offer]
    resources: Collection[str]
    regions: Collection[str]


def problems(stored: Stored, today: str, reference: Reference) -> list[Problem]:
    """Everything that is wrong with a centre on any day from today on; empty where it is valid."""
    now = effective(stored, today)
    found = list(_of_today(now, reference))
    found.extend(_of_services(now, None, reference))
    for period in periods(stored, today)[1:]:
        later = {**now, **period}
        found.extend(_of_services(later, period["from"], reference))
        found.extend(_of_places(later, reference))
    return list(dict.fromkeys(found))


def _of_today(document: Document, reference: Reference) -> Iterator[Problem]:
    if document["region"] not in reference.regions:
        yield Problem("region", UNKNOWN_REGION)
    if not is_zone(document["time_zone"]):
        yield Problem("time_zone", UNKNOWN_ZONE)
    yield from hours.check_hours(document["hours"])
    yield from hours.check_exceptions(document["exceptions"])
    yield from _of_places(document, reference)


def _of_places(document: Document, reference: Reference) -> Iterator[Problem]:
    resources: Mapping[str, int] = document["resources"]
    for resource in resources:
        if resource not in reference.resources:
            yield problem("resources", UNKNOWN_RESOURCE, resource=resource)
    for resource, places in document["walk_in"].items():
        if places > resources.get(resource, 0) or resource not in resources:
            yield problem("walk_in", WALK_IN, resource=resource)


def _of_services(document: Document, since: str | None, reference: Reference) -> Iterator[Problem]:
    for code in document["services"]:
        offer = reference.services.get(code)
        if offer is None:
            yield problem("services", UNKNOWN_SERVICE, service=code)
        elif offer.kind != document["kind"]:
            yield problem("services", OTHER_KIND, service=code)
        else:
            for resource in offer.resources:
                if resource not in document["resources"]:
                    yield _lacking(code, resource, since)


def _lacking(code: str, resource: str, since: str | None) -> Problem:
    if since is None:
        return problem("services", LACKS, service=code, resource=resource)
    return problem("services", LACKS_FROM, service=code, resource=resource, day=since)


def is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def clamped(walk_in: Mapping[str, int], resources: Mapping[str, int]) -> dict[str, int]:
    """Walk-in places that these resources still have."""
    return {name: min(n, resources[name]) for name, n in walk_in.items() if name in resources}


def made_id(name: str, taken: Collection[str]) -> str:
    """A slug of an English name that is neither taken nor reserved."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:36].strip("-")
    slug = slug if len(slug) >= 3 else f"centre-{slug}".strip("-")
    if slug not in taken and slug not in RESERVED:
        return slug
    number = 2
    while f"{slug}-{number}" in taken:
        number += 1
    return f"{slug}-{number}"


def services_of_kind(kind: str, reference: Reference) -> list[str]:
    """Every service of a kind, in the catalogue's order."""
    return [code for code, offer in reference.services.items() if offer.kind == kind]
