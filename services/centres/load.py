"""The first data: `python -m services.centres.load DATA_DIR`.

Owns the order (definitions first, then centres, through the import's own use case) and what a
person sees of it. The one thing to know: it can be run again at any time and only adds: a centre
that is known is the operators', a definition that differs is told to the centres that offer it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from services.centres import source_data, wiring
from services.centres.domain.table import Row
from services.centres.ports import By
from services.centres.source_data import BadFile
from services.centres.use_cases.importing import import_rows
from services.centres.use_cases.refresh import define_services, refresh
from shared import logs
from shared.config import Settings
from shared.errors import ConfigurationError, Refusal, StoreUnavailable

CHUNK = 8
USAGE = "usage: python -m services.centres.load DATA_DIR"


def load(folder: Path, deps: wiring.Deps, console: Console) -> str:
    """Loads everything; the summary. Raises `BadFile`, `Refusal`, `StoreUnavailable`."""
    by = By("load", deps.idempotency.none())
    definitions = source_data.definitions(folder)
    rows = source_data.centres(folder)
    changed = define_services(definitions, store=deps.store)
    known = deps.store.read_all().centres
    new = [row for row in rows if row.document["id"] not in known]
    _check(new, deps)
    added = 0
    for chunk in _shown(list(_chunks(new)), len(rows), len(rows) - len(new), console):
        outcome = import_rows(chunk, [], store=deps.store, facts=deps.facts, by=by)
        added += outcome["added"]
    told = refresh(store=deps.store, facts=deps.facts, by=by)
    summary = (
        f"{len(definitions)} services ({len(changed)} new or changed), {len(rows)} centres"
        f" ({added} added, {len(rows) - added} known before)"
    )
    return f"{summary}, {len(told)} told anew" if told else summary


def _check(rows: Sequence[Row], deps: wiring.Deps) -> None:
    """All rows, before any is written."""
    dry = By("load", deps.idempotency.none(), dry_run=True)
    import_rows(rows, [], store=deps.store, facts=deps.facts, by=dry)


def _chunks(rows: Sequence[Row]) -> Iterator[Sequence[Row]]:
    for start in range(0, len(rows), CHUNK):
        yield rows[start : start + CHUNK]


def _shown(
    chunks: Sequence[Sequence[Row]], total: int, done: int, console: Console
) -> Iterable[Sequence[Row]]:
    """The chunks, with a progress bar on a terminal and plain lines elsewhere."""
    if not console.is_terminal:
        for chunk in chunks:
            yield chunk
            done += len(chunk)
            console.print(f"centres loaded: {done} of {total}", highlight=False)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("centres", total=total, completed=done)
        for chunk in chunks:
            yield chunk
            progress.advance(task, len(chunk))


def main(arguments: Sequence[str]) -> int:
    """The exit code; every failure is one line on standard error."""
    if len(arguments) != 1 or arguments[0].startswith("-"):
        return _failed(USAGE)
    folder = Path(arguments[0])
    logs.configure("centres-load", level=logging.WARNING)  # beside a progress bar
    try:
        deps = wiring.build(Settings.from_env())
        summary = load(folder, deps, Console(highlight=False))
    except (BadFile, ConfigurationError) as error:
        return _failed(str(error))
    except StoreUnavailable as error:
        return _failed(f"the store does not answer: {error}")
    except Refusal as refusal:
        return _failed(_told(refusal, folder))
    print(f"loaded {folder}: {summary}")
    return 0


def _told(refusal: Refusal, folder: Path) -> str:
    rows = refusal.extras.get("rows") or []
    if not rows:
        return f"{folder}: {refusal.message}"
    first = rows[0]
    where = f"{folder / 'centres.csv'}, row {first['row']}, {first['column']}"
    more = f" (and {len(rows) - 1} more)" if len(rows) > 1 else ""
    return f"{where}: {first['message']}{more}"


def _failed(line: str) -> int:
    print(f"load: {' '.join(line.split())}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
