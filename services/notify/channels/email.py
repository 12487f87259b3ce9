"""E-mail as bytes on the wire: the MIME message of a written text.

The one thing to know: the calendar object goes twice, as an alternative to the text (what mail
clients act on) and as the attachment `invite.ics` (what people can open); both say the METHOD.
"""

from __future__ import annotations

import hashlib
from datetime import datetime
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr

from services.notify.domain.texts import one_line
from services.notify.ports import EmailText, PermanentFailure
from shared.contact import Contact

POLICY = SMTP.clone(cte_type="7bit")
"""No 8-bit lines: not every server on the way announces that it takes them."""


def address(text: str) -> Address:
    """`Kezek <no-reply@example.kz>` or a bare address; ValueError for anything else."""
    name, spec = parseaddr(one_line(text))
    if "@" not in spec:
        raise ValueError(f"not an e-mail address: {text!r}")
    return Address(name, addr_spec=spec)


def compose(
    contact: Contact, text: EmailText, *, sender: Address, key: str, at: datetime
) -> EmailMessage:
    """The message to be sent. Raises `PermanentFailure` for an address that cannot be written."""
    message = EmailMessage(policy=POLICY)
    message["Subject"] = one_line(text.subject)
    message["From"] = sender
    message["To"] = _recipient(contact)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = message_id(key, sender)
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text.body, charset="utf-8")
    if text.calendar and text.method:
        params = {"method": text.method}
        message.add_alternative(
            text.calendar, subtype="calendar", charset="utf-8", params=params, cte="base64"
        )
        message.add_attachment(
            text.calendar.encode(),
            maintype="application",
            subtype="ics",
            filename="invite.ics",
            params={"name": "invite.ics", **params},
        )
    return message


def message_id(key: str, sender: Address) -> str:
    """The same for the same key: a repetition can be recognised as one. Tells nothing of the
    booking, since message ids end up in the logs of every server on the way."""
    digest = hashlib.sha256(key.encode()).hexdigest()[:40]
    return f"<{digest}@{sender.domain}>"


def _recipient(contact: Contact) -> Address:
    """Written anew from its parts, so that nothing in a name can add a header or a recipient."""
    try:
        return Address(one_line(contact["name"]), addr_spec=(contact["email"] or "").strip())
    except (ValueError, IndexError, HeaderParseError):
        raise PermanentFailure("not a deliverable e-mail address") from None
