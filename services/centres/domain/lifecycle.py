"""Which step is possible from where, and what it does: the life of a centre.

Owns the state machine. Leaves what a centre is on a day to `document`. The one thing to know: a
step is judged by the status on its own day, so a planned centre may be given an opening and, later
than that, a suspension; nothing happens when a day comes, since a day only selects what is in
force.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services.centres.domain.document import (
    Change,
    Stored,
    effective,
    ordered,
    with_change,
)

POSSIBLE: Mapping[str, tuple[str, ...]] = {
    "decided": ("open", "close"),
    "planned": ("open", "close"),
    "open": ("suspend", "relocate", "move-service", "close"),
    "suspended": ("resume", "relocate", "move-service", "close"),
    "closed": (),
}
STATUS_AFTER: Mapping[str, str] = {
    "open": "open",
    "suspend": "suspended",
    "resume": "open",
    "close": "closed",
}
REPLACING = ("open", "resume", "close")
"""Steps that there can be only one of to come: deciding again moves the day."""
NOT_YET_OPEN = ("decided", "planned")


class WrongState(Exception):
    """This step is not possible from the status of its day: choose one of `possible`."""

    def __init__(self, possible: tuple[str, ...]) -> None:
        self.possible = possible
        super().__init__(", ".join(possible))


@dataclass(frozen=True, kw_only=True)
class Step:
    """One decision. `day` is when it begins (today: at once), `until` the first day it is over."""

    action: str
    day: str
    reason: str | None
    actor: str
    until: str | None = None
    patch: Mapping[str, Any] = field(default_factory=dict)

    def change(self) -> Change:
        status = STATUS_AFTER.get(self.action)
        patch = {**self.patch, "status": status} if status else dict(self.patch)
        change = {"action": self.action, "from": self.day, "patch": patch}
        until = {"until": self.until} if self.until else {}
        return {**change, **until, "reason": self.reason, "actor": self.actor}


def take(stored: Stored, step: Step, today: str) -> Stored:
    """The centre with the step taken. Raises `WrongState`; changes nothing that is given."""
    kept = _without_replaced(stored, step, today)
    status = effective(kept, step.day)["status"]
    if step.action not in POSSIBLE[status]:
        raise WrongState(POSSIBLE[status])
    if step.action == "close":
        left = [c for c in kept["changes"] if c["from"] <= today or c["from"] < step.day]
        kept = {**kept, "changes": left}
    taken = with_change(kept, step.change())
    _refuse_stranded(taken, step)
    return taken


def _without_replaced(stored: Stored, step: Step, today: str) -> Stored:
    """Without the decision to come that this one replaces: the same action, next to it in time."""
    if step.action not in REPLACING:
        return stored
    changes = [c for c in ordered(stored["changes"]) if "status" in c["patch"]]
    before = [c for c in changes if c["from"] <= step.day][-1:]
    after = [c for c in changes if c["from"] > step.day][:1]
    replaced = [c for c in before + after if c["from"] > today and c["action"] == step.action]
    return {**stored, "changes": [c for c in stored["changes"] if c not in replaced]}


def _refuse_stranded(stored: Stored, step: Step) -> None:
    """An opening put off past a suspension or resumption would leave that one without an open
    centre."""
    if step.action != "open":
        return
    changes = ordered(stored["changes"])
    for number, change in enumerate(changes):
        if change["action"] in ("suspend", "resume"):
            before = {**stored, "changes": changes[:number]}
            status = effective(before, change["from"])["status"]
            if status in NOT_YET_OPEN:
                raise WrongState(POSSIBLE[status])


def action_to(status: str, wanted: str) -> str | None:
    """The step that leads at once from one status to another; None where there is none."""
    for action, after in STATUS_AFTER.items():
        if after == wanted and action in POSSIBLE[status]:
            return action
    return None
