"""How an error is named in logs and dead letters: never by its message.

The one thing to know: messages of unexpected errors quote values, and values can be personal data.
"""

from __future__ import annotations

import traceback

from shared.config import ROOT
from shared.errors import KezekError


def describe(error: BaseException) -> str:
    """`KeyError at services/notify/handlers.py:41`; our own errors with their message, which is
    ours."""
    name = type(error).__name__
    if isinstance(error, KezekError):
        return f"{name}: {error}"
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename.startswith(f"{ROOT}/")] or frames
    if not own:
        return name
    return f"{name} at {own[-1].filename.removeprefix(f'{ROOT}/')}:{own[-1].lineno}"
