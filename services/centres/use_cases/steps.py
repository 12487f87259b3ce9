"""The steps in a centre's life: open, suspend, resume, relocate, close."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.centres.domain import document as doc
from services.centres.domain import rules
from services.centres.domain.document import Stored
from services.centres.domain.lifecycle import Step, WrongState, take
from services.centres.ports import By, Centres, Facts
from services.centres.use_cases.precondition import IfMatch, demand
from services.centres.use_cases.writing import (
    CONTRACT_OF,
    Draft,
    attempts,
    checked,
    differing,
    finished,
    known,
    today_of,
)
from shared.errors import Refusal

DAY_PAST = "This day is over."
UNTIL_ORDER = "The end must be after the beginning."


def step_of(asked: Mapping[str, Any], action: str, today: str, actor: str) -> Step:
    """The step that was asked for. Refuses days that are over, and an end before the beginning."""
    day = asked.get("from") or today
    if day < today:
        raise Refusal("validation_failed", errors={"from": [DAY_PAST]})
    until = asked.get("until")
    if until is not None and until <= day:
        raise Refusal("validation_failed", errors={"until": [UNTIL_ORDER]})
    return Step(action=action, day=day, until=until, reason=asked["reason"], actor=actor)


def take_step(
    centre: str, action: str, asked: Mapping[str, Any], if_match: IfMatch | None, *,
    store: Centres, facts: Facts, by: By,
) -> dict[str, Any]:  # fmt: skip
    """The centre after one lifecycle step; `asked` has `reason` and maybe `from` and `until`, and
    for a relocation `addresses`, `location` and maybe `resources` and `services`.

    Refuses `not_found`, `version_conflict`, `validation_failed`, `wrong_state`. Event: the step's
    own.
    """

    def attempt() -> dict[str, Any]:
        reading = store.read(centre)
        kept = known(reading, centre)
        demand(kept.stored, if_match)
        today = today_of(kept.stored, reading.now_ms)
        step = step_of(asked, action, today, by.actor)
        if action == "relocate":
            step = _relocating(step, kept.stored, asked)
        stored = take(kept.stored, step, today)
        checked(stored, kept, reading=reading, facts=facts)
        before = doc.effective(kept.stored, step.day)
        changed = differing(before, doc.effective(stored, step.day)) or ["changes"]
        draft = Draft(kept, stored, CONTRACT_OF[action], step.reason, changed)
        write = finished(draft, reading=reading, facts=facts, by=by)
        result = doc.answered(write.stored, today)
        if not by.dry_run:
            store.write_centres([write], reading=reading, idem=by.idem, result=result)
        return result

    try:
        return attempts(attempt)
    except WrongState as wrong:
        raise Refusal("wrong_state", possible=list(wrong.possible)) from None


def _relocating(step: Step, stored: Stored, asked: Mapping[str, Any]) -> Step:
    """With the new place; walk-in places that the new building does not have are given up."""
    names = ("addresses", "location", "resources", "services")
    patch = {name: asked[name] for name in names if asked.get(name) is not None}
    if "resources" in patch:
        walk_in = doc.effective(stored, step.day)["walk_in"]
        kept = rules.clamped(walk_in, patch["resources"])
        patch |= {"walk_in": kept} if kept != walk_in else {}
    return Step(action=step.action, day=step.day, reason=step.reason, actor=step.actor, patch=patch)
