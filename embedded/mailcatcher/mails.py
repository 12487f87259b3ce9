"""Mails as they were received, and what Mailpit's interface tells of them."""

import email
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses
from functools import cached_property
from typing import Any

from embedded.mailcatcher.box import Box, arrived_at_s

Json = dict[str, Any]
SNIPPET_LENGTH = 250


class Mail:
    """One mail. Reading never fails: what cannot be understood is shown as it stands."""

    def __init__(self, item: str, raw: bytes) -> None:
        self.id = item
        self.raw = raw
        self.read = False

    @cached_property
    def message(self) -> EmailMessage:
        parsed = email.message_from_bytes(self.raw, policy=default)
        assert isinstance(parsed, EmailMessage)  # noqa: S101 - what this policy makes
        return parsed

    @cached_property
    def text(self) -> str:
        return _text(self.message.get_body(("plain",)))

    @cached_property
    def html(self) -> str:
        return _text(self.message.get_body(("html",)))

    @property
    def created(self) -> str:
        return datetime.fromtimestamp(arrived_at_s(self.id), UTC).isoformat(timespec="milliseconds")

    def parts(self) -> dict[str, EmailMessage]:
        """All that is not the text itself, by Mailpit's number of the part."""
        bodies = [self.message.get_body((kind,)) for kind in ("plain", "html")]
        leaves = enumerate(_leaves(self.message), 1)
        return {str(n): part for n, part in leaves if not any(part is body for body in bodies)}

    def header(self, name: str) -> str:
        return str(self.message.get(name, ""))

    def people(self, name: str) -> list[dict[str, str]]:
        found = getaddresses([str(value) for value in self.message.get_all(name, [])])
        return [{"Name": person, "Address": address} for person, address in found if address]

    def summary(self) -> Json:
        """As in Mailpit's list."""
        return {
            "ID": self.id,
            "MessageID": self.header("Message-ID").strip("<>"),
            "Read": self.read,
            "From": next(iter(self.people("From")), {"Name": "", "Address": ""}),
            "To": self.people("To"),
            "Cc": self.people("Cc"),
            "Bcc": self.people("Bcc"),
            "ReplyTo": self.people("Reply-To"),
            "Subject": self.header("Subject"),
            "Created": self.created,
            "Tags": [],
            "Size": len(self.raw),
            "Attachments": len(self.parts()),
            "Snippet": " ".join(self.text.split())[:SNIPPET_LENGTH],
        }

    def whole(self) -> Json:
        """As Mailpit shows one mail."""
        attachments = [
            {
                "PartID": number,
                "FileName": part.get_filename() or f"part-{number}",
                "ContentType": part.get_content_type(),
                "ContentID": str(part.get("Content-ID", "")).strip("<>"),
                "Size": len(content_of(part)),
            }
            for number, part in self.parts().items()
        ]
        shown = {k: v for k, v in self.summary().items() if k not in ("Read", "Created", "Snippet")}
        more = {"Date": self.created, "Text": self.text, "HTML": self.html, "Inline": []}
        return shown | more | {"Attachments": attachments}


class Mails:
    """All mails that are kept. Which were read is forgotten with a restart."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._known: dict[str, Mail] = {}

    def add(self, raw: bytes) -> Mail:
        return self[self._box.add(raw)]

    def __getitem__(self, item: str) -> Mail:
        """By id, or the newest as `latest`; KeyError for one that is not there."""
        if item == "latest":
            item = next(iter(self._box.ids()), item)
        if item not in self._known:
            self._known[item] = Mail(item, self._box.read(item))
        return self._known[item]

    def newest(self, start: int = 0, limit: int | None = None) -> list[Mail]:
        end = None if limit is None else start + limit
        return [self[item] for item in self._box.ids()[start:end]]

    def page(self, start: int, limit: int) -> Json:
        """Mailpit's list."""
        ids = self._box.ids()
        self._known = {item: mail for item, mail in self._known.items() if item in set(ids)}
        unread = len(ids) - sum(mail.read for mail in self._known.values())
        shown = [mail.summary() for mail in self.newest(start, limit)]
        return {
            "total": len(ids),
            "unread": unread,
            "count": len(shown),
            "messages_count": len(ids),
            "messages_unread": unread,
            "start": start,
            "tags": [],
            "messages": shown,
        }

    def remove(self, items: list[str] | None = None) -> None:
        """Some, or all."""
        for item in self._box.ids() if items is None else items:
            self._box.remove(item)
            self._known.pop(item, None)


def content_of(part: EmailMessage) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    for part in message.walk():
        if not part.is_multipart() and isinstance(part, EmailMessage):
            yield part


def _text(part: Any) -> str:
    if part is None:
        return ""
    try:
        return str(part.get_content())
    except (LookupError, KeyError, ValueError):  # a character set or type nobody knows
        return content_of(part).decode("utf-8", "replace")
