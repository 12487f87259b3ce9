"""The names of notify's keys.

An index is a sorted set of equal scores whose members are "<created_ms, 13 digits>:<message id>",
so that a range by name is a range in time and a position in it is exact.
"""

from __future__ import annotations

from collections.abc import Iterable

from services.notify.domain.messages import CHANNELS, Message, reference_of

PREFIX = "{notify}"
OUTBOX = f"{PREFIX}:outbox"
CLOCK = f"{PREFIX}:clock"
FORGET = f"{PREFIX}:forget"
DESK_EPOCHS = f"{PREFIX}:desk-epochs"
CHANNEL_STATES = f"{PREFIX}:channels"
RELAY_STATE = f"{PREFIX}:relay:state"


def booking(reference: str) -> str:
    return f"{PREFIX}:booking:{reference}"


def centre(centre_id: str) -> str:
    return f"{PREFIX}:centre:{centre_id}"


def message(message_id: str) -> str:
    return f"{PREFIX}:message:{message_id}"


def line(message_id: str) -> str:
    return f"{PREFIX}:line:{reference_of(message_id)}"


def queue(channel: str) -> str:
    return f"{PREFIX}:queue:{channel}"


def claims(channel: str) -> str:
    return f"{PREFIX}:claims:{channel}"


def queues_and_claims() -> list[str]:
    """As scripts take them: queue:email, queue:sms, claims:email, claims:sms."""
    return [*map(queue, CHANNELS), *map(claims, CHANNELS)]


def index(scope: str, status: str | None = None) -> str:
    """`scope`: `all`, `centre:<id>` or (without status) `booking:<reference>`."""
    return f"{PREFIX}:index:{scope}:{status}" if status else f"{PREFIX}:index:{scope}"


def indexes(found: Message, statuses: Iterable[str | None]) -> list[str]:
    """Those of all centres, then those of its own centre."""
    kinds = list(statuses)
    scopes = ("all", f"centre:{found.notice.place.centre_id}")
    return [index(scope, status) for scope in scopes for status in kinds]


def member(found: Message) -> str:
    return f"{found.created_ms:013d}:{found.id}"


def id_of(index_member: bytes) -> str:
    return index_member.decode().split(":", 1)[1]
