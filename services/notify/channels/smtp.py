"""E-mail over SMTP.

Owns the connection and the meaning of replies: 4yz is "not yet", 5yz to a recipient or a content is
"never" (RFC 5321, 4.2.1); being refused as a client, or nobody there, is `ProviderDown`.
"""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from urllib.parse import unquote, urlsplit

from services.notify.channels.email import compose
from services.notify.ports import EmailText, PermanentFailure, ProviderDown, TemporaryFailure
from shared.contact import Contact
from shared.errors import ConfigurationError

TIMEOUT_S = 10.0
"""For each reply. A whole dialogue stays well inside a claim's lease."""
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


@dataclass(frozen=True)
class Server:
    """`smtp://`, `smtp+starttls://` or `smtps://`, with `user:password@` where it asks for it."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Server:
        """Raises `ConfigurationError`, without the URL: it may carry a password."""
        try:
            parts = urlsplit(url)
            port = parts.port
        except ValueError:
            raise ConfigurationError("KEZEK_SMTP_URL is not a URL") from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ConfigurationError(
                "KEZEK_SMTP_URL must be smtp://, smtp+starttls:// or smtps:// with a host"
            )
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        if user and parts.scheme == "smtp":
            raise ConfigurationError(
                "KEZEK_SMTP_URL: a password needs smtp+starttls:// or smtps://"
            )
        return cls(parts.scheme, parts.hostname, port or _PORTS[parts.scheme], user, password)


class SmtpProvider:
    """`services.notify.ports.EmailProvider`: one connection, kept for a batch."""

    def __init__(self, url: str, sender: Address, *, timeout_s: float = TIMEOUT_S) -> None:
        self._server = Server.of(url)
        self._sender = sender
        self._timeout_s = timeout_s
        self._connection: smtplib.SMTP | None = None

    def send(self, contact: Contact, text: EmailText, *, key: str) -> None:
        message = compose(contact, text, sender=self._sender, key=key, at=datetime.now(UTC))
        connection = self._connected()
        try:
            connection.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, reply = next(iter(error.recipients.values()))
            self._refused(code, reply)
        except smtplib.SMTPDataError as error:
            self._refused(error.smtp_code, error.smtp_error)
        except smtplib.SMTPSenderRefused as error:
            # It is us whom it does not like: that is mended by configuration, not per message.
            self.rest()
            raise ProviderDown(_said(error.smtp_code, error.smtp_error)) from None
        except smtplib.SMTPNotSupportedError:
            # An address that needs SMTPUTF8, which this server does not do.
            raise PermanentFailure("the server does not take this form of address") from None
        except (smtplib.SMTPException, OSError) as error:
            self._broken()
            raise ProviderDown(f"connection lost: {type(error).__name__}") from None

    def rest(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                connection.quit()
            except (smtplib.SMTPException, OSError):
                connection.close()

    def _refused(self, code: int, reply: bytes | str) -> None:
        if code == 421:
            self._broken()
            raise ProviderDown(_said(code, reply))
        if 400 <= code < 500:
            raise TemporaryFailure(_said(code, reply))
        raise PermanentFailure(_said(code, reply))

    def _connected(self) -> smtplib.SMTP:
        """The connection if it still answers, else a new one: nothing has been sent yet."""
        if self._connection is not None:
            try:
                if self._connection.noop()[0] == 250:
                    return self._connection
            except (smtplib.SMTPException, OSError):
                pass
            self._broken()
        try:
            self._connection = self._connect()
        except smtplib.SMTPResponseException as error:
            raise ProviderDown(_said(error.smtp_code, error.smtp_error)) from None
        except (smtplib.SMTPException, OSError) as error:
            raise ProviderDown(f"cannot connect: {type(error).__name__}") from None
        return self._connection

    def _connect(self) -> smtplib.SMTP:
        server, context = self._server, ssl.create_default_context()
        connection: smtplib.SMTP
        if server.scheme == "smtps":
            connection = smtplib.SMTP_SSL(
                server.host, server.port, timeout=self._timeout_s, context=context
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=self._timeout_s)
        try:
            if server.scheme == "smtp+starttls":
                connection.starttls(context=context)
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _broken(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _said(code: int, reply: bytes | str) -> str:
    text = reply.decode("utf-8", "replace") if isinstance(reply, bytes) else reply
    return f"{code} {text}"
