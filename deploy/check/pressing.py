"""Many citizens at once, while something happens to the stack, and a ledger of what they were told.

Owns the proof that nothing acknowledged is lost or doubled: every 201 is found again, and the places
taken are exactly those.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from types import TracebackType

from deploy.check.citizens import SERVICE, Booking, Citizens, key
from deploy.check.client import Answer, check_refusal
from deploy.check.engine import Failed

CLIENTS = 4
PAUSE_S = 0.3  # a few bookings a second: the check is of what is lost, not of speed


class Pressing:
    """A context: citizens book one centre and read its times until it is left."""

    def __init__(self, citizens: Citizens, centre: str) -> None:
        self._citizens = citizens
        self._centre = centre
        self._day = citizens.day(centre)
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._press, args=(n,)) for n in range(CLIENTS)]
        self.booked: list[Booking] = []
        self.answers: Counter[int] = Counter()
        self.wrong: list[str] = []

    def __enter__(self) -> Pressing:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def check(self) -> str:
        """After the end: the ledger against what the stack says. Raises `Failed`."""
        if self.wrong:
            raise Failed(f"{len(self.wrong)} wrong answers, the first: {self.wrong[0]}")
        for booking in self.booked:
            if self._citizens.read(booking)["status"] != "confirmed":
                raise Failed(f"{booking.reference} was acknowledged and is not confirmed")
        days = self._citizens.times(self._centre)["days"]
        free = next(day["free"] for day in days if day["day"] == self._day["day"])
        taken = self._day["free"] - free
        if taken != len(self.booked):
            raise Failed(f"{len(self.booked)} bookings acknowledged, {taken} places taken")
        answers = ", ".join(f"{n} x {status}" for status, n in sorted(self.answers.items()))
        return f"{len(self.booked)} bookings acknowledged and there, none doubled ({answers})"

    def _press(self, number: int) -> None:
        times = list(self._day["times"])[number::CLIENTS]
        while not self._stop.is_set():
            for at in times:
                if self._stop.is_set():
                    return
                try:
                    self._book(f"{self._day['day']}T{at}:00{self._day['offset']}")
                    self._note(self._citizens.web.call("GET", f"/centres/{self._centre}"), 200)
                except (OSError, Failed) as error:
                    self.wrong.append(f"{type(error).__name__}: {error}")
                self._stop.wait(PAUSE_S)

    def _book(self, start: str) -> None:
        """One citizen, who asks again with the same key until there is an answer, also after the
        end: otherwise nobody could tell whether the last one was booked."""
        body = self._citizens.body({"centre": self._centre, "service": SERVICE, "start": start})
        same, deadline = key(), time.monotonic() + 120
        while time.monotonic() < deadline:
            answer = self._citizens.web.call("POST", "/booking/bookings", body, key=same)
            self._note(answer, 201)
            if answer.status == 201:
                told = answer.body
                email = body["person"]["email"]
                self.booked.append(Booking(told["reference"], told["manage_token"], email))
            if answer.status != 503:
                return
            time.sleep(0.5)
        raise Failed("a booking was answered 503 for two minutes")

    def _note(self, answer: Answer, good: int) -> None:
        self.answers[answer.status] += 1
        if answer.status == 503:
            check_refusal(answer)
        elif answer.status not in (good, 409):
            raise Failed(f"{answer.status}: {answer.body!r:.200}")
