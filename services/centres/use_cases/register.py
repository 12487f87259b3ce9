"""A centre becomes known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.centres.domain import document as doc
from services.centres.domain import rules
from services.centres.domain.problems import Problem
from services.centres.ports import By, Centres, Facts, Reading
from services.centres.use_cases.writing import Draft, attempts, checked, finished, refuse, today_of
from shared.contracts.centres import REGISTERED
from shared.errors import Refusal

NEW_STATUSES = ("planned", "decided")
NEW_STATUS = "A new centre is planned or decided: open it with its own call."


def register_centre(
    posted: Mapping[str, Any], *, store: Centres, facts: Facts, by: By
) -> dict[str, Any]:
    """The centre as answered. `posted` is in form, with defaults; its `id` may be missing.

    Refuses `validation_failed`, `centre_exists`. Event: centre.registered.
    """

    def attempt() -> dict[str, Any]:
        reading = store.read_all()
        stored = doc.new(_id(posted, reading), posted)
        _check(stored, posted, reading, facts)
        if stored["id"] in reading.centres:
            raise Refusal("centre_exists")
        draft = Draft(None, stored, REGISTERED, None, ["id"])
        write = finished(draft, reading=reading, facts=facts, by=by)
        result = doc.answered(write.stored, today_of(write.stored, reading.now_ms))
        if not by.dry_run:
            store.write_centres([write], reading=reading, idem=by.idem, result=result)
        return result

    return attempts(attempt)


def _id(posted: Mapping[str, Any], reading: Reading) -> str:
    given = posted.get("id")
    return str(given) if given else rules.made_id(posted["names"]["en"], reading.centres.keys())


def _check(stored: doc.Stored, posted: Mapping[str, Any], reading: Reading, facts: Facts) -> None:
    if posted["status"] not in NEW_STATUSES:
        raise Refusal("validation_failed", errors={"status": [NEW_STATUS]})
    if stored["id"] in rules.RESERVED:
        raise Refusal("validation_failed", errors={"id": [rules.RESERVED_ID]})
    if not rules.is_zone(posted["time_zone"]):
        refuse([Problem("time_zone", rules.UNKNOWN_ZONE)])
    checked(stored, None, reading=reading, facts=facts)
