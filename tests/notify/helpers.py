"""What notify's tests share: events as they come from the bus, sending, looking into the store."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import orjson
from cryptography.fernet import Fernet
from werkzeug.test import TestResponse

from services.notify.domain.messages import Message
from services.notify.handlers import handlers
from services.notify.use_cases.sending import send_due
from services.notify.wiring import Deps
from shared.clock import to_ms
from shared.contact import ContactBox
from shared.contracts import bookings
from shared.contracts.base import EventType
from shared.contracts.bookings import EXAMPLE_BOOKING
from shared.contracts.codec import Event, decode, encode
from shared.web.auth import DeskTokens

CONTACT_KEY = Fernet.generate_key().decode()
BOX = ContactBox([CONTACT_KEY])
OPS_TOKEN = "ops-token-of-the-tests"
TOKEN_KEY = "token-key-of-the-tests"
NOW = "2026-11-20T10:00:00+05:00"
"""A Friday; the example's visit is on the Tuesday after it."""
REF = EXAMPLE_BOOKING["reference"]
CONFIRMATION = f"{REF}.0.confirmation.email"
OPS = {"Authorization": f"Bearer {OPS_TOKEN}"}
NAME, PHONE, EMAIL = "Айгүл Сейітқызы", "+77011234567", "aigul@example.kz"
MANAGE_TOKEN = "Zm9vYmFyYmF6cXV4Zm9vYg"


def contact(**changes: str | None) -> str:
    """Sealed, as booking does it."""
    return BOX.seal(
        {"name": NAME, "phone": PHONE, "email": EMAIL, "manage_token": MANAGE_TOKEN, **changes}
    )


ONLY_PHONE = {"email": None}
NOBODY = {"email": None, "phone": None}


def place(start: str, **centre: Any) -> dict[str, Any]:
    """A quarter of an hour from `start`, at the example's centre or one that differs."""
    begins = datetime.fromisoformat(start)
    ends = begins + timedelta(minutes=15)
    return {
        "centre": {**EXAMPLE_BOOKING["centre"], **centre},
        "day": start[:10],
        "time": start[11:16],
        "start": begins.isoformat(timespec="seconds"),
        "end": ends.isoformat(timespec="seconds"),
    }


def event(
    event_type: EventType,
    sequence: int = 0,
    *,
    sealed: str | None = None,
    previous: Mapping[str, Any] | None = None,
    **changes: Any,
) -> Event:
    """An event of the example booking, through the codec and its validation."""
    status = event_type.example["booking"]["status"]
    booking = {
        **EXAMPLE_BOOKING,
        "status": status,
        "sequence": sequence,
        "contact": sealed or contact(),
        **changes,
    }
    data = {
        "actor": "citizen",
        "reason": None,
        "booking": booking,
        "previous": previous,
        "freed_until": None,
    }
    return wire(event_type, data)


def wire(event_type: EventType, data: Mapping[str, Any]) -> Event:
    at = datetime.fromisoformat(NOW)
    entry = encode(event_type, data, key="almaty-spec-6", source="/booking", at=at)
    headers = {name: value.encode() for name, value in orjson.loads(entry.headers).items()}
    return decode(headers, entry.value)


def confirmed(**changes: Any) -> Event:
    return event(bookings.CONFIRMED, **changes)


def take(deps: Deps, *events: Event) -> None:
    """As the runner hands them over."""
    for one in events:
        assert handlers.dispatch(one, deps)


def set_clock(store: Any, instant: str) -> None:
    """From now on it is this instant for notify, and time goes on from there."""
    time = store.time()
    real_ms = time[0] * 1000 + time[1] // 1000
    offset = to_ms(datetime.fromisoformat(instant)) - real_ms
    store.delete("{notify}:clock")
    store.hset("{notify}:clock", "offset_ms", offset)


def listed(deps: Deps, **only: Any) -> list[str]:
    """Ids of messages, oldest first."""
    arguments = {
        "centres": None, "booking": None, "status": None, "since_ms": None, "limit": 200,
        "after": "", **only,
    }  # fmt: skip
    found, _ = deps.book.messages(**arguments)
    return [message.id for message in reversed(found)]


def send(deps: Deps, channel: str = "email", rounds: int = 20) -> None:
    """Sends until nothing is due. The retry pauses are not spread."""
    sending = replace(deps.sending(), chance=lambda: 0.5)
    try:
        for _ in range(rounds):
            if not send_due(channel, sending):
                return
        raise AssertionError("there is always something due")
    finally:
        sending.email.rest()


def desk(*centres: str, epoch: int = 0) -> dict[str, str]:
    """The header of a desk of these centres."""
    tokens = DeskTokens(TOKEN_KEY, lambda _centre: None)
    return {"Authorization": f"Bearer {tokens.issue('t1', dict.fromkeys(centres, epoch))}"}


def ids(answer: TestResponse) -> list[str]:
    """Of the messages of a list."""
    assert answer.status_code == 200, answer.json
    return [item["id"] for item in answer.json["items"]]  # type: ignore[index]


def found(deps: Deps, message_id: str = CONFIRMATION) -> Message:
    """The message as it is kept."""
    message = deps.book.message(message_id)
    assert message is not None
    return message


def later(deps: Deps, seconds: float) -> None:
    """Moves notify's clock."""
    deps.book.advance_clock(round(1000 * seconds))


def outbox(store: Any) -> list[Event]:
    """The events notify emitted, each validated against its contract."""
    found = []
    for _, fields in store.xrange("{notify}:outbox"):
        headers = {k: v.encode() for k, v in orjson.loads(fields[b"h"]).items()}
        found.append(decode(headers, fields[b"v"]))
    return found


def contents(store: Any) -> str:
    """All that is kept, as text."""
    read = {
        b"string": store.get,
        b"hash": store.hgetall,
        b"list": lambda key: store.lrange(key, 0, -1),
        b"zset": lambda key: store.zrange(key, 0, -1),
        b"stream": store.xrange,
    }
    kept = (read[store.type(key)](key) for key in store.keys("*"))
    return "\n".join(repr(one) for one in kept).encode().decode("unicode_escape")
