"""What people do with the system, over HTTP only: ops open a centre, citizens book, mails arrive."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

from icalendar import Calendar

from tests.e2e.system import Answer, System, fresh_number
from tests.support import eventually

WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]


def new_id(prefix: str = "almaty-spec") -> str:
    return f"{prefix}-{fresh_number()}"


def sixth_centre(centre_id: str, **differs: Any) -> dict[str, Any]:
    """The sixth specialised centre of Almaty as ops register it (facts N1, N2 and N11)."""
    return {
        "id": centre_id,
        "kind": "specialised",
        "names": {
            "kk": "Алматы №6 мамандандырылған ХҚО",
            "ru": "СпецЦОН №6 Алматы",
            "en": "Specialised PSC No.6, Almaty",
        },
        "addresses": {
            "kk": "Алматы, Рысқұлов даңғылы, 1",
            "ru": "Алматы, проспект Рыскулова, 1",
            "en": "Almaty, Ryskulov avenue 1",
        },
        "region": "almaty-city",
        "location": {"lat": 43.2389, "lon": 76.8897},
        "hours": [{"days": WEEKDAYS, "from": "09:00", "to": "18:00",
                   "breaks": [{"from": "13:00", "to": "14:00"}]}],
        "resources": {"counter": 6, "inspection-bay": 1, "pick-up-window": 4},
        "walk_in": {"counter": 1},
        "services": ["veh-rereg", "plates"],
        **differs,
    }  # fmt: skip


def register(system: System, centre_id: str, **differs: Any) -> Answer:
    answer = system.post("/centres", sixth_centre(centre_id, **differs), system.ops)
    assert answer.status == 201, answer
    return answer


def open_centre(system: System, centre_id: str) -> int:
    """Opens it at once; the version from which it is open."""
    answer = system.post(f"/centres/{centre_id}/open", {"reason": "Ready."}, system.ops)
    assert (answer.status, answer.json["status"]) == (200, "open"), answer
    return int(answer.json["version"])


def opened(system: System, **differs: Any) -> str:
    """A new centre that can be booked."""
    centre_id = new_id()
    register(system, centre_id, **differs)
    version = open_centre(system, centre_id)
    service = differs.get("services", ["plates"])[0]
    eventually(lambda: slots(system, centre_id, service)["version"] >= version)
    return centre_id


def desk_token(system: System, centre_id: str) -> str:
    answer = system.post(f"/centres/{centre_id}/desk-tokens", None, system.ops)
    assert (answer.status, answer.json["centres"]) == (201, [centre_id]), answer
    return str(answer.json["token"])


def slots(system: System, centre_id: str, service: str = "plates", **query: str) -> Any:
    """One centre's part of the answer; while booking does not know it, a version of 0."""
    asked = urlencode({"service": service, "centre": centre_id, **query})
    answer = system.get(f"/booking/slots?{asked}")
    if answer.status == 404 and "centre" in answer.json["errors"]:
        return {"version": 0, "days": [], "next_free": None, "reason": "unknown"}
    assert answer.status == 200, answer
    return answer.json["centres"][0]


def starts(system: System, centre_id: str, service: str = "plates") -> list[list[str]]:
    """The free starts of each day that has any."""
    days = slots(system, centre_id, service)["days"]
    return [[f"{d['day']}T{time}:00{d['offset']}" for time in d["times"]] for d in days]


def iin() -> str:
    """A valid one that nobody had. Weights 1..11 modulo 11, as published; numbers that need the
    second pass are passed over."""
    while True:
        body = f"{fresh_number():011d}"
        check = sum(weight * int(digit) for weight, digit in enumerate(body, 1)) % 11
        if check < 10:
            return f"{body}{check}"


@dataclass
class Citizen:
    """A person with a browser. `token` and `reference` are those of the last booking."""

    system: System
    language: str = "kk"
    phone: str | None = None
    token: str = ""
    reference: str = ""

    def __post_init__(self) -> None:
        self.iin = iin()
        self.name = "Әсел Нұрланқызы"
        self.email = f"citizen-{self.iin}@example.kz"

    @property
    def person(self) -> dict[str, str]:
        told = {"name": self.name, "iin": self.iin, "email": self.email}
        return {**told, "phone": self.phone} if self.phone else told

    def hold(self, centre: str, start: str, service: str = "plates") -> Answer:
        wish = {"centre": centre, "service": service, "start": start}
        return self.system.post("/booking/holds", wish)

    def book(self, idempotency_key: str | None = None, **wish: str) -> Answer:
        """`hold=`, or `centre=` and `start=` (and `service=`)."""
        if "hold" not in wish:
            wish = {"service": "plates", **wish}
        body = {**wish, "person": self.person, "language": self.language}
        headers = {"Idempotency_Key": idempotency_key} if idempotency_key else {}
        answer = self.system.post("/booking/bookings", body, **headers)
        if answer.status == 201:
            self.reference, self.token = answer.json["reference"], answer.json["manage_token"]
        return answer

    def does(self, step: str, **body: str) -> Answer:
        """`move` or `cancel`."""
        path = f"/booking/bookings/{self.reference}/{step}"
        return self.system.post(path, body or None, self.token)

    def reads(self) -> Answer:
        return self.system.get(f"/booking/bookings/{self.reference}", self.token)

    def mails(self) -> list[Mail]:
        """Those that arrived, in the order of their arrival."""
        listed = reversed(listed_mails(self.system))
        mine = [m["ID"] for m in listed if m["To"][0]["Address"] == self.email]
        return [Mail.read(self.system, mail_id) for mail_id in mine]

    def mail(self, number: int) -> Mail:
        """The `number`th mail, once it is there."""
        return eventually(lambda: self.mails()[number - 1 : number])[0]


@dataclass(frozen=True)
class Mail:
    """What a citizen reads, and what the calendar of a citizen reads."""

    subject: str
    text: str
    method: str | None
    sequence: int | None
    start: datetime | None
    uid: str | None

    @classmethod
    def read(cls, system: System, mail_id: str) -> Mail:
        raw = system.fetch(f"{system.mail_url}/api/v1/message/{mail_id}/raw")
        message = message_from_bytes(raw, policy=policy.default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        assert body is not None
        facts = {_of_calendar(part) for part in _calendars(message)}
        # Twice the same: for the mail program, and as a file for people.
        assert len(facts) <= 1, facts
        method, sequence, start, uid = facts.pop() if facts else (None, None, None, None)
        return cls(str(message["Subject"]), body.get_content(), method, sequence, start, uid)


def listed_mails(system: System) -> list[Any]:
    """Everything that the catcher has, newest first, as Mailpit lists it."""
    listed = json.loads(system.fetch(f"{system.mail_url}/api/v1/messages?limit=100000"))
    return list(listed["messages"])


def _calendars(message: EmailMessage) -> Iterator[EmailMessage]:
    for part in message.walk():
        if part.get_content_type() in ("text/calendar", "application/ics"):
            assert isinstance(part, EmailMessage)
            yield part


def _of_calendar(part: EmailMessage) -> tuple[str, int, datetime, str]:
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    calendar = Calendar.from_ical(content)
    event = calendar.walk("VEVENT")[0]
    method = str(calendar["METHOD"])
    # Mail programs go by the parameter of the part, others by the file: both must say the same.
    assert part.get_param("method") == method
    return method, int(event["SEQUENCE"]), event["DTSTART"].dt, str(event["UID"])
