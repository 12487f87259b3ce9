"""A centre's document is changed as a whole: by merge patch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.centres.domain import document as doc
from services.centres.domain import rules
from services.centres.domain.document import Document, Stored
from services.centres.domain.lifecycle import POSSIBLE, WrongState
from services.centres.domain.problems import Problem
from services.centres.ports import By, Centres, Facts
from services.centres.use_cases.precondition import IfMatch, demand
from services.centres.use_cases.writing import (
    Draft,
    attempts,
    checked,
    differing,
    finished,
    known,
    refuse,
    today_of,
)
from shared.contracts.centres import CHANGED
from shared.errors import Refusal


def amend_centre(
    centre: str, patch: Mapping[str, Any], if_match: IfMatch | None, *,
    store: Centres, facts: Facts, by: By,
) -> dict[str, Any]:  # fmt: skip
    """The centre with a JSON merge patch applied to today's document; unchanged if nothing differs.

    A field set to null takes its default. The only status change is from decided to planned.
    Refuses `not_found`, `version_conflict`, `validation_failed`, `wrong_state`. Event:
    centre.changed.
    """

    def attempt() -> dict[str, Any]:
        reading = store.read(centre)
        kept = known(reading, centre)
        demand(kept.stored, if_match)
        today = today_of(kept.stored, reading.now_ms)
        now = doc.effective(kept.stored, today)
        after = facts.shape(doc.merged(_patchable(now), patch))
        if not rules.is_zone(after["time_zone"]):
            refuse([Problem("time_zone", rules.UNKNOWN_ZONE)])
        after["status"] = _status(now["status"], patch.get("status"))
        changed = differing(now, after)
        if not changed:
            return doc.answered(kept.stored, today)
        stored = amended(kept.stored, after, changed, today, by.actor)
        checked(stored, kept, reading=reading, facts=facts)
        draft = Draft(kept, stored, CHANGED, None, changed)
        write = finished(draft, reading=reading, facts=facts, by=by)
        result = doc.answered(write.stored, today_of(write.stored, reading.now_ms))
        if not by.dry_run:
            store.write_centres([write], reading=reading, idem=by.idem, result=result)
        return result

    try:
        return attempts(attempt)
    except WrongState as wrong:
        raise Refusal("wrong_state", possible=list(wrong.possible)) from None


def amended(stored: Stored, after: Document, changed: list[str], today: str, actor: str) -> Stored:
    """The centre with these fields as they are in `after`, from today on."""
    change = {
        "action": "change", "from": today, "patch": {name: after[name] for name in changed},
        "reason": None, "actor": actor,
    }  # fmt: skip
    return doc.with_change(stored, change)


def _patchable(document: Document) -> Document:
    return {name: document[name] for name in ("kind", *doc.ANSWERED_FIELDS)}


def _status(now: str, wanted: Any) -> str:
    if wanted in (None, now):
        return now
    if now == "decided" and wanted == "planned":
        return "planned"
    raise WrongState(POSSIBLE[now])
