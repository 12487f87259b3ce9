"""A service moves from one centre to another: two centres, one write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.centres.domain import document as doc
from services.centres.domain.document import Document, Stored
from services.centres.domain.lifecycle import POSSIBLE, WrongState, take
from services.centres.domain.rules import Offer
from services.centres.ports import By, Centres, Facts, Kept
from services.centres.use_cases.precondition import IfMatch, demand
from services.centres.use_cases.steps import step_of
from services.centres.use_cases.writing import (
    Draft,
    attempts,
    checked,
    finished,
    known,
    today_of,
)
from shared.contracts.centres import CHANGED
from shared.errors import Message, Refusal

TO_ITSELF = "A service cannot move to the centre it is at."
OTHER_KIND = "The other centre is of another kind."
LACKS = "The other centre lacks a resource of this service: {resource}."
_ACTION = "move-service"


def move_service(
    centre: str, asked: Mapping[str, Any], if_match: IfMatch | None, *,
    store: Centres, facts: Facts, by: By,
) -> dict[str, Any]:  # fmt: skip
    """The centre that gives the service away; `asked` has `reason`, `service`, `to`, `from`.

    Refuses `not_found`, `version_conflict`, `validation_failed`, `unknown_centre`,
    `unknown_service`, `service_not_offered`, `wrong_state`. Events: centre.changed of both, in one
    write.
    """

    def attempt() -> dict[str, Any]:
        reading = store.read(centre, asked["to"])
        kept = known(reading, centre)
        demand(kept.stored, if_match)
        today = today_of(kept.stored, reading.now_ms)
        step = step_of(asked, _ACTION, today, by.actor)
        if asked["to"] == centre:
            raise Refusal("validation_failed", errors={"to": [TO_ITSELF]})
        target = reading.centres.get(asked["to"])
        if target is None:
            raise Refusal("unknown_centre")
        offer = facts.reference(reading.catalogue).services.get(asked["service"])
        if offer is None:
            raise Refusal("unknown_service")
        if asked["service"] not in doc.effective(kept.stored, step.day)["services"]:
            raise Refusal("service_not_offered")
        giving = replace(step, patch={"services_remove": [asked["service"]]})
        left = take(kept.stored, giving, today)
        _check_target(doc.effective(target.stored, step.day), offer)
        taking = replace(step, patch={"services_add": [asked["service"]]})
        joined = doc.with_change(target.stored, taking.change())
        drafts = [_draft(kept, left, step.reason), _draft(target, joined, step.reason)]
        for draft in drafts:
            checked(draft.stored, draft.kept, reading=reading, facts=facts)
        writes = [finished(d, reading=reading, facts=facts, by=by) for d in drafts]
        result = doc.answered(writes[0].stored, today)
        if not by.dry_run:
            store.write_centres(writes, reading=reading, idem=by.idem, result=result)
        return result

    try:
        return attempts(attempt)
    except WrongState as wrong:
        raise Refusal("wrong_state", possible=list(wrong.possible)) from None


def _check_target(document: Document, offer: Offer) -> None:
    if document["status"] == "closed":
        raise WrongState(POSSIBLE["closed"])
    wrong: list[str] = [] if document["kind"] == offer.kind else [OTHER_KIND]
    lacking = [name for name in offer.resources if name not in document["resources"]]
    wrong += [Message(LACKS, resource=name) for name in lacking if not wrong]
    if wrong:
        raise Refusal("validation_failed", errors={"to": wrong})


def _draft(kept: Kept, stored: Stored, reason: str | None) -> Draft:
    return Draft(kept, stored, CHANGED, reason, ["services"])
