"""What notify needs of the world, as protocols, and how the world may fail.

The one thing to know: an adapter says by the exception it raises whether trying again can help.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from services.notify.domain.messages import Message
from services.notify.domain.owed import Visit
from shared.contact import Contact
from shared.contracts.codec import OutboxEntry
from shared.errors import KezekError
from shared.idempotency import Idempotency as Idempotency


class DeliveryFailure(KezekError):
    """The message was not delivered. `reason` is what the provider said, not yet masked: it goes
    through `domain.masking` before it is kept or logged, and is not this exception's text."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(type(self).__name__)


class TemporaryFailure(DeliveryFailure):
    """Not now: the provider answered, and would not take this message yet. Try again later."""


class ProviderDown(TemporaryFailure):
    """Nothing was said about this message, the provider itself is away (or refuses us as a client):
    try again later, and leave the others alone until then."""


class PermanentFailure(DeliveryFailure):
    """The provider will never take it: no such mailbox, not a number, refused content. A retry is
    pointless, since the same bytes to the same address get the same answer; use another channel."""


@dataclass(frozen=True)
class EmailText:
    """A written e-mail. `calendar` is an iCalendar object and `method` its METHOD, or both None."""

    subject: str
    body: str
    calendar: str | None = None
    method: str | None = None


class EmailProvider(Protocol):
    def send(self, contact: Contact, text: EmailText, *, key: str) -> None:
        """Returns once the server has taken responsibility for it. `key` names the message: the
        same key gives the same Message-ID. Raises `TemporaryFailure`, `ProviderDown`,
        `PermanentFailure`. One thread at a time."""
        ...

    def rest(self) -> None:
        """Nothing more to send for now: what is held open may be closed. Never raises."""
        ...


class SmsProvider(Protocol):
    """A way to send short messages; see README, "add a channel", for writing one."""

    def send(self, to: str, text: str, idempotency_key: str) -> None:
        """Returns once the provider has accepted the text for `to` (E.164). A provider that knows
        idempotency keys sends one message per key. Raises `TemporaryFailure`, `ProviderDown`,
        `PermanentFailure`."""
        ...

    def rest(self) -> None: ...


class Writer(Protocol):
    """From a message to words."""

    def email(self, message: Message, contact: Contact) -> EmailText: ...
    def sms(self, message: Message, contact: Contact) -> str: ...


class Addressees(Protocol):
    """Opens sealed contacts (`shared.contact.ContactBox`)."""

    def open(self, sealed: str) -> Contact:
        """Raises `shared.contact.ContactUnreadable`."""
        ...


class Known(NamedTuple):
    """What notify knows of a booking: its newest sequence, the visit, and reminders that wait."""

    sequence: int
    visit: Visit
    reminders: tuple[Message, ...]


class Claim(NamedTuple):
    """A message taken for sending, while a lease lasts. `token` comes back with its outcome."""

    message: Message
    visit: Visit | None
    token: str


class Incoming(Protocol):
    """The store as handlers see it."""

    def now_ms(self) -> int: ...

    def known(self, reference: str) -> Known | None: ...

    def apply_booking(
        self,
        document: dict[str, Any],
        *,
        expected: int | None,
        forget_ms: int,
        add: Sequence[Message],
        drop: Sequence[Message],
    ) -> bool:
        """Keeps the booking, queues `add` and forgets `drop`, at once, if the stored sequence still
        is `expected`; False, and nothing done, if not."""
        ...  # fmt: skip

    def apply_centre(self, centre: str, version: int, desk_epoch: int) -> bool:
        """False where a version as new is known already."""
        ...


class Outgoing(Protocol):
    """The store as the sender sees it. Outcomes of a claim that has run out meanwhile are ignored:
    somebody else has the message by then. All are idempotent."""

    def now_ms(self) -> int: ...

    def due(self, channel: str, limit: int) -> list[str]:
        """Ids of messages to send now, those first whose sender died."""
        ...

    def claim(self, message_id: str) -> Claim | None:
        """None where it is no longer due, another sender has it, or an earlier message of the
        booking goes first."""
        ...

    def record_sent(self, claim: Claim, message: Message, entry: OutboxEntry) -> None: ...

    def record_retry(self, claim: Claim, message: Message) -> None:
        """Puts it back in the queue, due when `message` says."""
        ...

    def record_failed(
        self, claim: Claim, message: Message, entry: OutboxEntry, follow_up: Message | None
    ) -> None:
        """Gives it up; `follow_up` takes its place before later messages of the booking."""
        ...

    def drop(self, claim: Claim) -> None:
        """It would not be true any more: it never was."""
        ...

    def channel_state(self, channel: str, problem: str) -> None:
        """Whether the provider answers ("" if so), for health."""
        ...


class MessageBook(Protocol):
    """The store as the API sees it."""

    def messages(
        self,
        *,
        centres: frozenset[str] | None,
        booking: str | None,
        status: str | None,
        since_ms: int | None,
        limit: int,
        after: str,
    ) -> tuple[list[Message], str | None]:
        """Newest first, and where to go on `after` (None at the end). `centres` None: all."""
        ...  # fmt: skip

    def message(self, message_id: str) -> Message | None: ...

    def resend(self, message: Message, now_ms: int, idem: Idempotency, result: Any) -> str:
        """Queues it again: `ok`; `queued` if it was (unchanged), `gone` if forgotten. Keeps
        `result` for the idempotency key where it did something."""
        ...

    def advance_clock(self, advance_ms: int) -> int: ...

    def now_ms(self) -> int: ...
