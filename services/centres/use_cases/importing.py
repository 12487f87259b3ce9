"""Many centres at once, from a table: all of it, or nothing and every error.

The one thing to know: a row says what the centre is from today on. A field it does not cover
(exceptions, zone, announced opening) stays; another status is the step that leads there at once, if
there is one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from services.centres.domain import document as doc
from services.centres.domain import lifecycle, rules, table
from services.centres.domain.document import Document, Stored
from services.centres.domain.table import Row, RowError
from services.centres.ports import By, Centres, Facts, Kept, Reading
from services.centres.use_cases.amend import amended
from services.centres.use_cases.writing import (
    CONTRACT_OF,
    Draft,
    attempts,
    checked,
    differing,
    finished,
    today_of,
)
from shared.contracts import centres as contract
from shared.contracts.base import EventType
from shared.errors import Refusal

NO_STEP = "There is no step from the centre's status to this one."
UNKNOWN_STATUS = "Not one of the allowed values."
EVENT_OF_NEW = {
    "open": contract.OPENED,
    "suspended": contract.SUSPENDED,
    "closed": contract.CLOSED,
}
"""A new centre that is not announced first is told of as what it is; others are registered."""


class Outcome(NamedTuple):
    """What an import comes to."""

    drafts: list[Draft]
    unchanged: int
    errors: list[RowError]


def import_table(text: str, *, store: Centres, facts: Facts, by: By) -> dict[str, int]:
    """`{"added", "changed", "unchanged"}`. Refuses `validation_failed` with `rows`, writing
    nothing."""
    rows, errors = table.read(text)
    return import_rows(rows, errors, store=store, facts=facts, by=by)


def import_rows(
    rows: Sequence[Row], errors: Sequence[RowError], *, store: Centres, facts: Facts, by: By
) -> dict[str, int]:
    """As `import_table`, of rows that were read already. Events: one per centre added or
    changed."""

    def attempt() -> dict[str, int]:
        reading = store.read_all()
        outcome = _decide(rows, reading, facts, by)
        wrong = [*errors, *outcome.errors]
        if wrong:
            _refuse(wrong)
        added = sum(draft.kept is None for draft in outcome.drafts)
        changed = len(outcome.drafts) - added
        result = {"added": added, "changed": changed, "unchanged": outcome.unchanged}
        if outcome.drafts and not by.dry_run:
            writes = [finished(d, reading=reading, facts=facts, by=by) for d in outcome.drafts]
            store.write_centres(writes, reading=reading, idem=by.idem, result=result)
        return result

    return attempts(attempt)


def _refuse(errors: Sequence[RowError]) -> None:
    order = {column: number for number, column in enumerate(table.COLUMNS)}
    found = sorted(dict.fromkeys(errors), key=lambda e: (e.row, order.get(e.column, -1)))
    raise Refusal("validation_failed", rows=[error._asdict() for error in found])


def _decide(rows: Sequence[Row], reading: Reading, facts: Facts, by: By) -> Outcome:
    outcome = Outcome([], 0, [])
    unchanged = 0
    for row in rows:
        try:
            draft = _draft(row, reading, facts, by)
        except _WrongRow as wrong:
            outcome.errors.extend([*row.errors, *wrong.errors])
            continue
        outcome.errors.extend(row.errors)
        if draft is None:
            unchanged += 1
        else:
            outcome.drafts.append(draft)
    return outcome._replace(unchanged=unchanged)


class _WrongRow(Exception):
    def __init__(self, errors: list[RowError]) -> None:
        self.errors = errors
        super().__init__(len(errors))


def _draft(row: Row, reading: Reading, facts: Facts, by: By) -> Draft | None:
    """What this row changes; None for nothing. Raises `_WrongRow`."""
    kept = reading.centres.get(row.document["id"])
    try:
        document = facts.shape(_document(row, kept, reading, facts))
        if row.document["id"] in rules.RESERVED:
            raise Refusal("validation_failed", errors={"id": [rules.RESERVED_ID]})
        draft = _added(document) if kept is None else _changed(kept, document, reading, by)
        if draft is not None:
            checked(draft.stored, kept, reading=reading, facts=facts)
    except Refusal as refusal:
        raise _WrongRow(_row_errors(row, refusal)) from None
    return draft


def _row_errors(row: Row, refusal: Refusal) -> list[RowError]:
    """By column; cells that were already found wrong are not told of twice."""
    told = {error.column for error in row.errors}
    found = []
    for path, messages in (refusal.errors or {}).items():
        column = table.column_of(path)
        found += [RowError(row.number, column, m) for m in messages if column not in told]
    return found


def _document(row: Row, kept: Kept | None, reading: Reading, facts: Facts) -> Document:
    """The row with what it does not cover taken from today's document, or left to the defaults."""
    document = dict(row.document)
    reference = facts.reference(reading.catalogue)
    if row.all_services:
        document["services"] = rules.services_of_kind(document["kind"], reference)
    if kept is None:
        return document
    now = doc.effective(kept.stored, today_of(kept.stored, reading.now_ms))
    for name in ("time_zone", "exceptions", "observes_holidays", "planned_opening"):
        document[name] = now[name]
    if not row.says_walk_in:
        document["walk_in"] = rules.clamped(now["walk_in"], document["resources"])
    if sorted(now["services"]) == sorted(document["services"]):
        document["services"] = now["services"]
    return document


def _added(document: Document) -> Draft:
    status = document["status"]
    if status not in lifecycle.POSSIBLE:
        raise Refusal("validation_failed", errors={"status": [UNKNOWN_STATUS]})
    event = EVENT_OF_NEW.get(status, contract.REGISTERED)
    return Draft(None, doc.new(document["id"], document), event, None, ["id"])


def _changed(kept: Kept, document: Document, reading: Reading, by: By) -> Draft | None:
    today = today_of(kept.stored, reading.now_ms)
    now = doc.effective(kept.stored, today)
    changed = differing(now, document)
    if not changed:
        return None
    stored, event = kept.stored, contract.CHANGED
    if "status" in changed:
        stored, event = _stepped(stored, document["status"], today, by)
    fields = [name for name in changed if name != "status"]
    fields += ["status"] if event is contract.CHANGED and "status" in changed else []
    if fields:
        stored = amended(stored, document, fields, today, by.actor)
    return Draft(kept, stored, event, None, changed)


def _stepped(stored: Stored, wanted: str, today: str, by: By) -> tuple[Stored, EventType]:
    """The centre after the step to that status; decided to planned is no step but a change."""
    now = doc.effective(stored, today)["status"]
    if (now, wanted) == ("decided", "planned"):
        return stored, contract.CHANGED
    action = lifecycle.action_to(now, wanted) if wanted in lifecycle.POSSIBLE else None
    if action is None:
        known = wanted in lifecycle.POSSIBLE
        message = NO_STEP if known else UNKNOWN_STATUS
        raise Refusal("validation_failed", errors={"status": [message]})
    step = lifecycle.Step(action=action, day=today, reason=None, actor=by.actor)
    return lifecycle.take(stored, step, today), CONTRACT_OF[action]
