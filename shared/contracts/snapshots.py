"""The committed JSON Schema of every event version: what readers out there rely on.

`python -m shared.contracts.snapshots` adds the snapshots of new versions, and of optional fields that
a version gained. Any other change is refused: it needs a new version.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from shared.contracts.base import EventType
from shared.contracts.jsonschema import breaking_changes, json_schema
from shared.contracts.registry import EVENT_TYPES

FOLDER = Path(__file__).parent / "snapshots"


def snapshot_path(event_type: EventType) -> Path:
    return FOLDER / f"{event_type.name}.v{event_type.version}.json"


def committed(event_type: EventType) -> dict[str, Any] | None:
    """The snapshot that is there; None for a version that has none yet."""
    path = snapshot_path(event_type)
    if not path.exists():
        return None
    found: dict[str, Any] = json.loads(path.read_text("utf-8"))
    return found


def refused_changes(event_type: EventType) -> list[str]:
    """Where the schema left its snapshot in a way that needs a new version."""
    before = committed(event_type)
    return [] if before is None else breaking_changes(before, json_schema(event_type))


def main() -> int:
    """Writes what may be written; 1 and a line for each event that may not."""
    refused = 0
    FOLDER.mkdir(exist_ok=True)
    for event_type in EVENT_TYPES.values():
        if changes := refused_changes(event_type):
            print(
                f"{event_type.ce_type}: needs a new version: {', '.join(changes)}", file=sys.stderr
            )
            refused = 1
            continue
        text = json.dumps(json_schema(event_type), indent=1, ensure_ascii=False, sort_keys=True)
        snapshot_path(event_type).write_text(text + "\n", "utf-8")
    return refused


if __name__ == "__main__":
    sys.exit(main())
