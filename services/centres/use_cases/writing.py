"""From a decision to what is written: versions, the event, the checks that hold for every change.

Owns `finished` (a draft made ready, with its event) and `attempts` (read, decide, write, again if
somebody was faster). The one thing to know: whatever changes a centre goes through here, so that
validity, folding, versions and events are the same on every way in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any, NamedTuple, TypeVar

import orjson

from services.centres.domain import document as doc
from services.centres.domain import rules
from services.centres.domain.document import Stored
from services.centres.domain.problems import Problem
from services.centres.domain.rules import Reference
from services.centres.ports import By, Catalogue, Conflict, Facts, Kept, Reading, Write
from shared.clock import from_ms, iso, local
from shared.contracts import centres as contract
from shared.contracts.base import EventType
from shared.contracts.codec import OutboxEntry, encode
from shared.errors import Message, Refusal

T = TypeVar("T")

TRIES = 3
HOLIDAY_MONTHS = 13
SOURCE = "/centres"


class Draft(NamedTuple):
    """A decided change. `kept` is what was read (None: a new centre), `told` the event's type."""

    kept: Kept | None
    stored: Stored
    told: EventType
    reason: str | None
    changed: Iterable[str]


def attempts(attempt: Callable[[], T]) -> T:
    """Runs `attempt`, anew if it lost a race; `busy` after three."""
    for _ in range(TRIES):
        try:
            return attempt()
        except Conflict:
            continue
    raise Refusal("busy")


def today_of(stored: Stored, now_ms: int) -> str:
    """The day on the centre's clocks."""
    return local(now_ms, stored["base"]["time_zone"]).date().isoformat()


def known(reading: Reading, centre: str) -> Kept:
    """The stored centre; `not_found` where there is none."""
    kept = reading.centres.get(centre)
    if kept is None:
        raise Refusal("not_found")
    return kept


def refuse(problems: Iterable[Problem]) -> None:
    """`validation_failed` with all of them, if there are any."""
    errors: dict[str, list[str]] = {}
    for problem in problems:
        message = Message(problem.text, **dict(problem.values))
        errors.setdefault(problem.field, []).append(message)
    if errors:
        raise Refusal("validation_failed", errors=errors)


def checked(stored: Stored, kept: Kept | None, *, reading: Reading, facts: Facts) -> None:
    """Refuses a centre that is not valid on every day from today on.

    What was wrong before (a definition may have changed since) does not stand in the way of a
    change that has nothing to do with it.
    """
    reference = facts.reference(reading.catalogue)
    before = _problems(kept.stored, reading, reference) if kept else {}
    after = _problems(stored, reading, reference)
    refuse(problem for what, problem in after.items() if what not in before)


def _problems(stored: Stored, reading: Reading, reference: Reference) -> dict[Any, Problem]:
    """By what is wrong, whatever the day."""
    found = rules.problems(stored, today_of(stored, reading.now_ms), reference)
    return {(p.field, *(v for v in p.values if v[0] != "day")): p for p in reversed(found)}


def finished(draft: Draft, *, reading: Reading, facts: Facts, by: By) -> Write:
    """The draft folded, with its new versions and its event."""
    stored, old = draft.stored, draft.kept.stored if draft.kept else None
    today = today_of(stored, reading.now_ms)
    stored = doc.folded(stored, today)
    definitions = _definitions(stored, today, reading.catalogue)
    holidays = _holidays(stored, today, facts)
    published = {
        "definitions": digest(definitions),
        "holidays": {str(h["date"]): digest(h) for h in holidays},
    }
    version = stored["version"] + 1
    same = old is not None and _schedule(old, today) == _schedule(stored, today)
    same = same and published == stored.get("published")
    stored = {
        **stored,
        "version": version,
        "schedule_version": stored["schedule_version"] if same else version,
        "updated_at": iso(reading.now_ms, stored["base"]["time_zone"]),
        "published": published,
    }
    event = _event(draft._replace(stored=stored), definitions, holidays, reading, facts, by)
    return Write(stored, draft.kept.raw if draft.kept else None, event)


def restated(kept: Kept, *, reading: Reading, facts: Facts, by: By) -> OutboxEntry:
    """An event that tells a centre as it is, in the version it has; nothing is changed by it."""
    today = today_of(kept.stored, reading.now_ms)
    definitions = _definitions(kept.stored, today, reading.catalogue)
    holidays = _holidays(kept.stored, today, facts)
    draft = Draft(kept, kept.stored, contract.CHANGED, None, ())
    return _event(draft, definitions, holidays, reading, facts, by)


def _event(
    draft: Draft, definitions: list[dict[str, Any]], holidays: list[dict[str, Any]],
    reading: Reading, facts: Facts, by: By,
) -> OutboxEntry:  # fmt: skip
    """`kept` is for the app's own recovery: what it keeps does not follow from what it tells."""
    stored = draft.stored
    told = _told(stored, today_of(stored, reading.now_ms), facts)
    data = {
        "actor": by.actor,
        "reason": draft.reason,
        "changed": sorted(set(draft.changed)),
        "centre": {**told, "holidays": holidays, "definitions": definitions},
        "kept": stored,
    }
    return encode(
        draft.told, data, key=stored["id"], source=SOURCE, at=from_ms(reading.now_ms),
        traceparent=by.traceparent,
    )  # fmt: skip


def _told(stored: Stored, today: str, facts: Facts) -> dict[str, Any]:
    """The event's document, but for holidays and definitions."""
    now = doc.effective(stored, today)
    changes = [
        {name: change.get(name) for name in ("action", "from", "until", "reason", "actor")}
        for change in doc.ordered(stored["changes"])
    ]
    return {
        "id": stored["id"],
        **{n: now[n] for n in ("kind", "names", "region", "time_zone", "planned_opening")},
        **{n: stored[n] for n in ("version", "schedule_version", "desk_epoch", "updated_at")},
        "region_path": list(facts.regions.path(now["region"])),
        "changes": changes,
        "periods": doc.periods(stored, today),
    }


def _schedule(stored: Stored, today: str) -> Any:
    now = doc.effective(stored, today)
    return doc.periods(stored, today, doc.SCHEDULE_FIELDS), now["time_zone"], now["kind"]


def _definitions(stored: Stored, today: str, catalogue: Catalogue) -> list[dict[str, Any]]:
    """Of the services it offers on any day from today on."""
    offered = {code for period in doc.periods(stored, today) for code in period["services"]}
    return [dict(d) for code, d in catalogue.definitions.items() if code in offered]


def _holidays(stored: Stored, today: str, facts: Facts) -> list[dict[str, Any]]:
    """From today, 13 months and the rest of that month; days the centre decides itself left out."""
    now = doc.effective(stored, today)
    if not now["observes_holidays"]:
        return []
    first = date.fromisoformat(today)
    months = first.month + HOLIDAY_MONTHS
    last = date(first.year + months // 12, months % 12 + 1, 1) - timedelta(days=1)
    own = {exception["date"] for exception in now["exceptions"]}
    return [dict(h) for h in facts.calendar.between(first, last) if h["date"] not in own]


def is_stale(stored: Stored, *, reading: Reading, facts: Facts) -> list[str]:
    """Which of `holidays`, `definitions` differ from what was last told of this centre."""
    today = today_of(stored, reading.now_ms)
    told = stored["published"]
    found = []
    holidays = {str(h["date"]): digest(h) for h in _holidays(stored, today, facts)}
    if holidays != {day: d for day, d in told["holidays"].items() if day >= today}:
        found.append("holidays")
    if digest(_definitions(stored, today, reading.catalogue)) != told["definitions"]:
        found.append("definitions")
    return found


def digest(value: Any) -> str:
    """Short, of a JSON-able value."""
    raw = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(raw).hexdigest()[:16]


def differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """The base fields in which two documents differ."""
    return [name for name in doc.BASE_FIELDS if before[name] != after[name]]


CONTRACT_OF = {
    "open": contract.OPENED,
    "suspend": contract.SUSPENDED,
    "resume": contract.RESUMED,
    "relocate": contract.RELOCATED,
    "move-service": contract.CHANGED,
    "close": contract.CLOSED,
}
