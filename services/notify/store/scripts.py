"""notify's scripts."""

from __future__ import annotations

from pathlib import Path

from shared.store.connection import Client
from shared.store.scripts import Scripts

FOLDER = Path(__file__).parent.parent / "lua"


def scripts(client: Client) -> Scripts:
    return Scripts(client, FOLDER)
