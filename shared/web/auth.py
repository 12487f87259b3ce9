"""Who calls: ops, a desk, or the public.

Owns the token formats. A desk token is signed, not stored: it names its centres with the *desk epoch*
of each; raising a centre's epoch revokes its earlier tokens in every app, as soon as the centre's
event arrives. A manage token is an HMAC of the booking's reference: nothing to store, the same again
on replay. The one thing to know: an unknown bearer on a public call is the public.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from itsdangerous import BadData, URLSafeSerializer


@dataclass(frozen=True)
class Caller:
    """`role` is ops, desk or public; `centres` are those a desk speaks for; `bearer` is the raw token."""

    role: str = "public"
    bearer: str = field(default="", repr=False)
    centres: frozenset[str] = frozenset()
    name: str = ""

    @property
    def actor(self) -> str:
        """As events name who acted: `ops`, `desk:<centres or call-centre>/<token id>`, `citizen`."""
        return {"ops": "ops", "desk": self.name}.get(self.role, "citizen")

    def is_staff_of(self, centre: str) -> bool:
        return self.role == "ops" or (self.role == "desk" and centre in self.centres)


class DeskTokens:
    """Issues and reads desk tokens. `epoch_of` answers the current desk epoch of a centre, None where
    the centre is not known (yet): a token may be used before its centre's event has arrived.
    `catch_up` is called before epochs are asked for, where they come from a cache."""

    def __init__(
        self,
        key: str,
        epoch_of: Callable[[str], int | None],
        catch_up: Callable[[], object] = lambda: None,
    ) -> None:
        self._signer = URLSafeSerializer(
            key, salt="kezek.desk-token", signer_kwargs={"digest_method": hashlib.sha256}
        )
        self._epoch_of = epoch_of
        self._catch_up = catch_up

    def issue(self, token_id: str, epochs: Mapping[str, int]) -> str:
        return f"desk.{self._signer.dumps([token_id, dict(epochs)])}"

    def read(self, token: str) -> Caller | None:
        """The desk this token speaks for; None if it is not ours or all its centres revoked it."""
        if not token.startswith("desk."):
            return None
        try:
            token_id, epochs = self._signer.loads(token.removeprefix("desk."))
        except (BadData, ValueError, TypeError):
            return None
        self._catch_up()
        valid = frozenset(c for c, epoch in epochs.items() if epoch >= (self._epoch_of(c) or 0))
        if not valid:
            return None
        place = next(iter(epochs)) if len(epochs) == 1 else "call-centre"
        return Caller("desk", token, valid, f"desk:{place}/{token_id}")


class Authenticator:
    """From the Authorization header to a `Caller`."""

    def __init__(self, ops_token: str, desk_tokens: DeskTokens) -> None:
        self._ops_token = ops_token.encode()
        self._desk_tokens = desk_tokens

    def identify(self, header: str | None) -> Caller:
        scheme, _, token = (header or "").partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token:
            return Caller()
        if hmac.compare_digest(token.encode(), self._ops_token):
            return Caller("ops", token)
        return self._desk_tokens.read(token) or Caller(bearer=token)


class ManageTokens:
    """A booking's token: HMAC-SHA256 of reference and token version, 128 bits, base64url."""

    def __init__(self, key: str) -> None:
        self._key = hashlib.sha256(b"kezek.manage-token\0" + key.encode()).digest()

    def issue(self, reference: str, version: int = 0) -> str:
        digest = hmac.digest(self._key, f"{reference}.{version}".encode(), "sha256")
        return base64.urlsafe_b64encode(digest[:16]).decode().rstrip("=")

    def fits(self, token: str, reference: str) -> bool:
        return hmac.compare_digest(token.encode(), self.issue(reference).encode())


def keyed_hash(key: str, value: str, *, size: int = 16) -> str:
    """A keyed, one-way name for something that must not be stored in clear (an IIN, an address)."""
    return hmac.digest(key.encode(), value.encode(), "sha256")[:size].hex()


def any_caller(_caller: Caller, _args: Mapping[str, Any], _deps: Any) -> None:
    """For public calls."""
