"""Tokens for front desks: issued, and all revoked at once."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from services.centres.ports import By, Centres, Facts
from services.centres.use_cases.writing import Draft, attempts, finished, known
from shared.contracts.centres import CHANGED
from shared.errors import Refusal


def grant_desk_token(centres: Sequence[str], *, store: Centres) -> dict[str, Any]:
    """What a token for these centres says: `token_id` and the desk epoch of each centre.

    It holds no secret: the token is signed from it when it is presented. Refuses `unknown_centre`.
    """
    reading = store.read(*centres)
    if any(centre not in reading.centres for centre in centres):
        raise Refusal("unknown_centre")
    epochs = {centre: reading.centres[centre].stored["desk_epoch"] for centre in centres}
    return {"token_id": secrets.token_hex(6), "epochs": epochs}


def grant_token_of(centre: str, *, store: Centres) -> dict[str, Any]:
    """As `grant_desk_token`, for the centre in the path: `not_found` where there is none."""
    known(store.read(centre), centre)
    return grant_desk_token([centre], store=store)


def revoke_desk_tokens(centre: str, *, store: Centres, facts: Facts, by: By) -> None:
    """Ends every token of this centre issued so far. Refuses `not_found`. Event: centre.changed."""

    def attempt() -> None:
        reading = store.read(centre)
        kept = known(reading, centre)
        stored = {**kept.stored, "desk_epoch": kept.stored["desk_epoch"] + 1}
        draft = Draft(kept, stored, CHANGED, None, ["desk_epoch"])
        write = finished(draft, reading=reading, facts=facts, by=by)
        store.write_centres([write], reading=reading, idem=by.idem, result=None)

    attempts(attempt)
