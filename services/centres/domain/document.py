"""What a centre is on a day: a base document and dated changes.

Owns the stored form `{"id", "base", "changes", ...}` and everything that follows from it: effective
document, periods, pending changes, folding. Leaves which change is possible to `lifecycle`. The one
thing to know: days are ISO strings in the centre's zone, so that they compare as they sort, and a
change is in force from its `from` until the day before its `until`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Document = dict[str, Any]
Stored = dict[str, Any]
Change = dict[str, Any]

PERIOD_FIELDS = (
    "status", "addresses", "location", "hours", "exceptions", "observes_holidays", "resources",
    "walk_in", "services",
)  # fmt: skip
SCHEDULE_FIELDS = (
    "status", "hours", "exceptions", "observes_holidays", "resources", "walk_in", "services",
)  # fmt: skip
"""What decides which times can be booked."""
ANSWERED_FIELDS = (
    "names", "addresses", "region", "location", "time_zone", "hours", "exceptions",
    "observes_holidays", "resources", "walk_in", "services", "planned_opening",
)  # fmt: skip
BASE_FIELDS = ("kind", "status", *ANSWERED_FIELDS)


def new(centre: str, document: Mapping[str, Any]) -> Stored:
    """A centre nobody has stored yet (version 0), with all base fields taken from `document`."""
    return {
        "id": centre,
        "base": {name: document[name] for name in BASE_FIELDS},
        "changes": [],
        "version": 0,
        "schedule_version": 0,
        "desk_epoch": 0,
    }


def patched(document: Document, patch: Mapping[str, Any]) -> Document:
    """The document with one patch applied; neither argument is touched."""
    result = dict(document)
    for name, value in patch.items():
        if name == "services_add":
            kept = result["services"]
            result["services"] = [*kept, *(code for code in value if code not in kept)]
        elif name == "services_remove":
            result["services"] = [code for code in result["services"] if code not in value]
        else:
            result[name] = value
    return result


def ordered(changes: Iterable[Change]) -> list[Change]:
    """By the day they begin, and within a day by the order in which they were decided."""
    return sorted(changes, key=lambda change: str(change["from"]))


def in_force(change: Change, day: str) -> bool:
    until = change.get("until")
    return bool(change["from"] <= day and (until is None or day < until))


def effective(stored: Stored, day: str) -> Document:
    """The document that holds on `day`; right for the day of the last write and every later one."""
    document: Document = stored["base"]
    for change in ordered(stored["changes"]):
        if in_force(change, day):
            document = patched(document, change["patch"])
    return document


def touched(patch: Mapping[str, Any]) -> set[str]:
    """The document's fields that a patch changes."""
    return {"services" if name.startswith("services_") else name for name in patch}


def folded(stored: Stored, today: str) -> Stored:
    """The same centre for today and every later day, with what is past merged into the base.

    A change without end that has begun goes into the base, unless one that is still in force and
    will end comes before it and touches the same fields: it must stay above that one. Changes that
    are over are dropped.
    """
    base: Document = stored["base"]
    kept: list[Change] = []
    blocked: set[str] = set()
    for change in ordered(stored["changes"]):
        until = change.get("until")
        if until is not None and until <= today:
            continue
        fields = touched(change["patch"])
        if change["from"] > today or until is not None or fields & blocked:
            kept.append(change)
            blocked |= fields
        else:
            base = patched(base, change["patch"])
    return {**stored, "base": base, "changes": kept}


def with_change(stored: Stored, change: Change) -> Stored:
    return {**stored, "changes": [*stored["changes"], change]}


def pending(stored: Stored, today: str) -> list[dict[str, Any]]:
    """The dated changes to come, as they are answered."""
    return [
        {name: change.get(name) for name in ("action", "from", "until", "reason")}
        for change in ordered(stored["changes"])
        if change["from"] > today
    ]


def periods(
    stored: Stored, today: str, fields: Sequence[str] = PERIOD_FIELDS
) -> list[dict[str, Any]]:
    """The effective documents from today on, each `from` its first day; the first from null.

    Only `fields` are told; days between which they do not differ are one period.
    """
    starts = {today}
    for change in stored["changes"]:
        starts |= {day for day in (change["from"], change.get("until")) if day and day > today}
    found: list[dict[str, Any]] = []
    for day in sorted(starts):
        document = effective(stored, day)
        told = {name: document[name] for name in fields}
        if not found or any(found[-1][name] != told[name] for name in fields):
            found.append({"from": day if found else None, **told})
    return found


def answered(stored: Stored, today: str) -> Document:
    """The centre as the HTTP contract shows it on `today`, in all languages."""
    document = effective(stored, today)
    return {
        "id": stored["id"],
        "kind": document["kind"],
        "status": document["status"],
        "version": stored["version"],
        "pending": pending(stored, today),
        **{name: document[name] for name in ANSWERED_FIELDS},
    }


def merged(document: Any, patch: Any) -> Any:
    """JSON merge patch (RFC 7396, section 2)."""
    if not isinstance(patch, dict):
        return patch
    result = dict(document) if isinstance(document, dict) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
