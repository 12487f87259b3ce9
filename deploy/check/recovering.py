"""Backup and restore, on the stack that runs: as docs/operations.md has it."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from deploy.check.citizens import Booking, Citizens
from deploy.check.engine import Failed, Stack


class Recovering:
    """What was booked before the backup is in it; what was booked after it is in the log."""

    def __init__(self, stack: Stack, citizens: Citizens, centre: str) -> None:
        self._stack = stack
        self._citizens = citizens
        self._centre = centre
        self._bookings: list[Booking] = []

    def restored(self) -> str:
        self._book()
        with tempfile.TemporaryDirectory() as folder:
            self._stack.recover("backup", folder)
            files = sorted(Path(folder).iterdir())
            if [(file.name, file.stat().st_mode & 0o777) for file in files] != [
                ("booking.backup", 0o600), ("centres.backup", 0o600),
            ]:  # fmt: skip
                raise Failed(f"a backup is {files}")
            size = sum(file.stat().st_size for file in files)
            self._book()
            self._citizens.wait_for_mail(self._bookings[-1])
            self._empty_store()
            since = time.monotonic()
            self._stack.recover("restore", folder)
            took_s = time.monotonic() - since
        self._all_there()
        return (
            f"{size} bytes; an emptied store was back in {took_s:.1f} s, with what came after them"
        )

    def verified(self) -> str:
        said = self._stack.recover("verify", "").splitlines()
        if self._stack.ids("scratch", stopped=True):
            raise Failed("the scratch server was left behind")
        return "; ".join(line.split(",")[0] for line in said if "says" in line)

    def _book(self) -> None:
        booking = self._citizens.book({"hold": self._citizens.hold(self._centre)})
        self._bookings.append(booking)

    def _empty_store(self) -> None:
        self._stack.compose("exec", "-T", "booking-valkey", "valkey-cli", "flushall")

    def _all_there(self) -> None:
        for booking in self._bookings:
            if self._citizens.read(booking)["status"] != "confirmed":
                raise Failed(f"{booking.reference} is gone")
        self._book()
        self._citizens.wait_for_mail(self._bookings[-1])
