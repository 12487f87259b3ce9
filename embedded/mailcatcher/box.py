"""A folder of what was sent, newest first, with a bound on how much is kept."""

import os
import secrets
import tempfile
import time
from pathlib import Path

KEEP = 1000


class Box:
    """One file for each thing sent. The folder is the truth; what is in memory is its index.

    Ids sort by the time of arrival. An id that was not handed out by `add` is unknown, whatever
    it looks like: nothing outside of the folder can be named.
    """

    def __init__(self, folder: Path, suffix: str, *, keep: int = KEEP) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._folder = folder
        self._suffix = suffix
        self._keep = keep
        self._ids = sorted(path.stem for path in folder.glob(f"[!.]*{suffix}"))
        self._drop_oldest()

    def ids(self) -> list[str]:
        """Newest first."""
        return self._ids[::-1]

    def add(self, content: bytes) -> str:
        """Keep it; its id. When this returns, a kill of the process no longer loses it."""
        item = f"{time.time_ns():020d}{secrets.token_hex(4)}"
        handle, name = tempfile.mkstemp(dir=self._folder, prefix=".", suffix=".new")
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.replace(name, self._path(item))
        self._ids.append(item)
        self._drop_oldest()
        return item

    def read(self, item: str) -> bytes:
        """What was added; KeyError for an unknown id."""
        if item not in self._ids:
            raise KeyError(item)
        return self._path(item).read_bytes()

    def remove(self, item: str) -> None:
        """Forget it; nothing happens where it is unknown."""
        if item in self._ids:
            self._ids.remove(item)
            self._path(item).unlink(missing_ok=True)

    def _path(self, item: str) -> Path:
        return self._folder / f"{item}{self._suffix}"

    def _drop_oldest(self) -> None:
        for item in self._ids[: max(0, len(self._ids) - self._keep)]:
            self.remove(item)


def arrived_at_s(item: str) -> float:
    """When it was added, in seconds of the epoch, from its id."""
    return int(item[:20]) / 1e9
