"""Reference data that centres carry changes: definitions of services, and national holidays.

The one thing to know: each centre remembers a digest of what was last told of it, so that `refresh`
may run at any time, after a crash too, and tells only what is new.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from services.centres.ports import By, Catalogue, Centres, Conflict, Facts
from services.centres.use_cases.writing import Draft, attempts, finished, is_stale, known
from shared.contracts.centres import CHANGED


def define_services(definitions: Sequence[Mapping[str, Any]], *, store: Centres) -> list[str]:
    """Makes these the catalogue; a definition's version grows when it differs. The changed codes.

    A service that is no longer listed stays, since centres may still offer it.
    """

    def attempt() -> list[str]:
        known = store.read().catalogue
        after = dict(known.definitions)
        changed = []
        for definition in definitions:
            old = after.get(definition["code"])
            if old is None or {**old, "version": 0} != {**definition, "version": 0}:
                version = old["version"] + 1 if old else 1
                after[definition["code"]] = {**definition, "version": version}
                changed.append(str(definition["code"]))
        if changed:
            store.write_catalogue(Catalogue(known.version + 1, after), was=known.version)
        return changed

    return attempts(attempt)


def refresh(*, store: Centres, facts: Facts, by: By) -> list[str]:
    """Tells anew of every centre whose holidays or definitions differ from what was last told.

    The centres told of. One that changes meanwhile is left to the next run, as its change told all.
    Event: centre.changed.
    """
    reading = store.read_all()
    stale = [c for c, kept in reading.centres.items()
             if is_stale(kept.stored, reading=reading, facts=facts)]  # fmt: skip
    told = []
    for centre in stale:
        try:
            if _tell(centre, store=store, facts=facts, by=by):
                told.append(centre)
        except Conflict:
            continue
    return told


def _tell(centre: str, *, store: Centres, facts: Facts, by: By) -> bool:
    reading = store.read(centre)
    kept = known(reading, centre)
    changed = is_stale(kept.stored, reading=reading, facts=facts)
    if changed:
        draft = Draft(kept, kept.stored, CHANGED, None, changed)
        write = finished(draft, reading=reading, facts=facts, by=by)
        store.write_centres([write], reading=reading, idem=by.idem, result=None)
    return bool(changed)
