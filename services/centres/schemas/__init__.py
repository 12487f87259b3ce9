"""What callers send and are answered: the form of each field.

Owns types, lengths and defaults. Leaves the rules that relate fields to `domain.rules`. The one
thing to know: loaded values are JSON-able again (days and times stay text), since they are stored
as documents.
"""

from services.centres.schemas.answers import (
    Centre,
    CentreList,
    ClockAnswer,
    DeskToken,
    ImportAnswer,
)
from services.centres.schemas.calls import (
    ClockBody,
    DeskTokenBody,
    DryRunQuery,
    FindQuery,
    MoveServiceBody,
    Nothing,
    RelocateBody,
    StepBody,
    SuspendBody,
)
from services.centres.schemas.centre import CentrePatch, PostedCentre, shape

__all__ = [
    "Centre", "CentreList", "CentrePatch", "ClockAnswer", "ClockBody", "DeskToken",
    "DeskTokenBody", "DryRunQuery", "FindQuery", "ImportAnswer", "MoveServiceBody", "Nothing",
    "PostedCentre", "RelocateBody", "StepBody", "SuspendBody", "shape",
]  # fmt: skip
