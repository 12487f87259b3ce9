"""If-Match: change only what the caller has seen."""

from __future__ import annotations

from typing import NamedTuple

from services.centres.domain.document import Stored
from shared.errors import Refusal


class IfMatch(NamedTuple):
    """What the caller accepts: `any` existing centre, or one of these versions (none:
    malformed)."""

    any: bool
    versions: frozenset[int]


def demand(stored: Stored, if_match: IfMatch | None) -> None:
    """`version_conflict` where the centre is not what the caller has seen; None asks for
    nothing."""
    if if_match is None or if_match.any:
        return
    if stored["version"] not in if_match.versions:
        raise Refusal("version_conflict")
