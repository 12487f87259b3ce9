"""Contact details, sealed: how they travel in events and rest in stores.

Owns the form of a sealed contact and its keys. Only booking (which seals) and notify (which opens,
at the moment of sending) hold the keys. The one thing to know: the first key seals, all of them
open, so a new key is put in front and the old one stays until the last visit sealed is over.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypedDict

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.errors import ConfigurationError, KezekError


class Contact(TypedDict):
    """Whom a notice is for. `phone` is E.164; `manage_token` is the booking's."""

    name: str
    phone: str | None
    email: str | None
    manage_token: str


class ContactUnreadable(KezekError):
    """Sealed with a key that is not configured, or not sealed by us: asking again cannot help; a
    key that was taken away too early has to be put back. Says nothing of the content."""


class ContactBox:
    """Seals and opens contacts. `keys` are Fernet keys (32 bytes, base64url), sealing one first.

    Raises `ConfigurationError` without a usable key; never names a key.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        usable = [key.strip() for key in keys if key.strip()]
        if not usable:
            raise ConfigurationError("KEZEK_CONTACT_KEYS holds no key")
        try:
            self._fernet = MultiFernet([Fernet(key) for key in usable])
        except ValueError:
            raise ConfigurationError(
                "KEZEK_CONTACT_KEYS must hold Fernet keys (32 bytes in base64url), comma-separated"
            ) from None

    @classmethod
    def of(cls, keys: str) -> ContactBox:
        """From the setting's text: keys with commas between them."""
        return cls(keys.split(","))

    def seal(self, contact: Contact | Mapping[str, str | None]) -> str:
        """Text that only a holder of the keys can open; another one each time."""
        return self._fernet.encrypt(orjson.dumps(dict(contact))).decode()

    def open(self, sealed: str) -> Contact:
        """The contact. Raises `ContactUnreadable` for anything that `seal` did not make."""
        try:
            found = orjson.loads(self._fernet.decrypt(sealed.encode()))
            return Contact(
                name=str(found["name"]),
                phone=found.get("phone"),
                email=found.get("email"),
                manage_token=str(found["manage_token"]),
            )
        except (InvalidToken, UnicodeEncodeError):
            raise ContactUnreadable("a contact was not sealed with any of our keys") from None
        except (orjson.JSONDecodeError, AttributeError, KeyError, TypeError):
            raise ContactUnreadable("a contact was sealed, but not in our form") from None
