"""What ops and citizens do: open a centre, look for a time, hold it, book it, get the mail.

The one thing to know: every citizen is new (another IIN and address), so that no rule about persons
stands in the way of a check.
"""

from __future__ import annotations

import itertools
import secrets
import time
from typing import Any, NamedTuple

from deploy.check.client import Client, eventually
from deploy.check.engine import Failed, Stack

SERVICE = "plates"
PLACES = 30
HOURS = [
    {"days": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "09:00", "to": "18:00"}
]
_FIRST = (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
_SECOND = (3, 4, 5, 6, 7, 8, 9, 10, 11, 1, 2)
_numbers = itertools.count(secrets.randbelow(10**9) + 10**9)


class Booking(NamedTuple):
    reference: str
    token: str
    email: str


def iin() -> str:
    """A valid number that nobody had before; the rule of the check digit is the state's."""
    while True:
        digits = [int(digit) for digit in f"9{next(_numbers):010d}"]
        for weights in (_FIRST, _SECOND):
            check = sum(w * d for w, d in zip(weights, digits, strict=True)) % 11
            if check < 10:
                return "".join(map(str, digits)) + str(check)


def key() -> str:
    return secrets.token_hex(16)


class Citizens:
    """Acts through the gateway; reads mail in the catcher."""

    def __init__(self, stack: Stack) -> None:
        self.web, self.mail = Client(stack.port), Client(stack.mail_port)
        self._ops = stack.secrets["KEZEK_OPS_TOKEN"]

    def open_centre(self, name: str) -> float:
        """Registers and opens a centre; the seconds from the answer until booking shows its times."""
        document = {
            "id": name, "kind": "specialised", "region": "almaty-city", "hours": HOURS,
            "names": dict.fromkeys(("kk", "ru", "en"), name),
            "addresses": dict.fromkeys(("kk", "ru", "en"), "1"),
            "location": {"lat": 43.24, "lon": 76.89}, "observes_holidays": False,
            "resources": {"counter": PLACES, "pick-up-window": PLACES}, "services": [SERVICE],
        }  # fmt: skip
        self.web.patiently(201, "POST", "/centres", document, token=self._ops, key=key())
        reason = {"reason": "check"}
        path = f"/centres/{name}/open"
        opened = self.web.patiently(200, "POST", path, reason, token=self._ops, key=key())
        since = time.monotonic()

        def shown() -> bool:
            found = self.times(name)
            return bool(found["days"]) and found["version"] >= opened["version"]

        eventually(f"{name} can be booked", shown)
        return time.monotonic() - since

    def times(self, centre: str) -> Any:
        path = f"/booking/slots?service={SERVICE}&centre={centre}"
        answer = self.web.call("GET", path)
        if answer.status == 200:
            return answer.body["centres"][0]
        if answer.status in (404, 503):  # not known to booking yet
            return {"days": [], "version": 0}
        raise Failed(f"GET {path}: {answer.status}: {answer.body!r:.200}")

    def day(self, centre: str) -> Any:
        """A day that is far enough for its times not to pass while we look."""
        return eventually(f"times at {centre}", lambda: self.times(centre)["days"])[3]

    def start(self, centre: str) -> str:
        day = self.day(centre)
        place = next(at for at, free in day["times"].items() if free > 1)
        return f"{day['day']}T{place}:00{day['offset']}"

    def hold(self, centre: str) -> str:
        body = {"centre": centre, "service": SERVICE, "start": self.start(centre)}
        hold: str = self.web.patiently(201, "POST", "/booking/holds", body, key=key())["hold"]
        return hold

    def body(self, place: dict[str, Any]) -> dict[str, Any]:
        """A booking of a place (`{"hold"}` or `{"centre", "service", "start"}`) for somebody new."""
        number = iin()
        email = f"c{number}@example.kz"
        person = {"name": "Әсел Нұрланқызы", "iin": number, "email": email}
        return {**place, "person": person, "language": "ru"}

    def book(self, place: dict[str, Any]) -> Booking:
        body = self.body(place)
        made = self.web.patiently(201, "POST", "/booking/bookings", body, key=key())
        return Booking(made["reference"], made["manage_token"], body["person"]["email"])

    def read(self, booking: Booking) -> Any:
        path = f"/booking/bookings/{booking.reference}"
        return self.web.patiently(200, "GET", path, token=booking.token)

    def wait_for_mail(self, booking: Booking) -> float:
        """The seconds until the confirmation is in the catcher."""
        since = time.monotonic()
        eventually(f"a mail to {booking.email}", lambda: booking.email in self.addressees())
        return time.monotonic() - since

    def addressees(self) -> list[str]:
        """Of every mail in the catcher."""
        box = self.mail.expect(200, "GET", "/api/v1/messages?limit=2000")
        return [to["Address"] for mail in box["messages"] for to in mail["To"]]
