"""SMTP with STARTTLS and a password: what is secret goes over an encrypted connection only."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from email.headerregistry import Address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from services.notify.channels.smtp import Server, SmtpProvider
from services.notify.ports import EmailText, ProviderDown
from shared.contact import Contact
from tests.notify import helpers
from tests.notify.servers import Mailbox

SENDER = Address("Kezek", addr_spec="no-reply@kezek.localhost")
CONTACT = Contact(name="A", phone=None, email=helpers.EMAIL, manage_token="t")
TEXT = EmailText("Subject", "Body\n")


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """Of 127.0.0.1, signed by itself; the key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return file


@pytest.fixture
def tls_mailbox(certificate: Path) -> Any:
    """Takes mail over TLS, from who knows the password."""
    mailbox = Mailbox()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)

    def login(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and given.password == b"pass/word"
        return AuthResult(success=right, handled=right)

    controller = Controller(
        mailbox, hostname="127.0.0.1", port=mailbox.port, tls_context=context,
        require_starttls=True, authenticator=login, auth_required=True,
    )  # fmt: skip
    controller.start()
    yield mailbox
    controller.stop()


def send(mailbox: Mailbox, login: str) -> None:
    provider = SmtpProvider(f"smtp+starttls://{login}@127.0.0.1:{mailbox.port}", SENDER)
    try:
        provider.send(CONTACT, TEXT, key="k")
    finally:
        provider.rest()


def test_mail_over_tls_with_a_password(
    tls_mailbox: Mailbox, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    send(tls_mailbox, "kezek:pass%2Fword")
    assert len(tls_mailbox.mails) == 1


def test_a_wrong_password_is_a_provider_that_is_down(
    tls_mailbox: Mailbox, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with pytest.raises(ProviderDown) as caught:
        send(tls_mailbox, "kezek:wrong")
    assert caught.value.reason.startswith("535")


def test_a_server_we_do_not_know_gets_nothing(tls_mailbox: Mailbox) -> None:
    with pytest.raises(ProviderDown):
        send(tls_mailbox, "kezek:pass%2Fword")
    assert tls_mailbox.mails == []


def test_a_server_without_tls_gets_nothing(mailbox: Mailbox) -> None:
    with pytest.raises(ProviderDown):
        send(mailbox, "kezek:pass%2Fword")
    assert mailbox.mails == []


def test_urls_are_read() -> None:
    assert Server.of("smtp://mail") == Server("smtp", "mail", 25, "", "")
    assert Server.of("smtps://u%40x:p%2F@mail") == Server("smtps", "mail", 465, "u@x", "p/")
    assert "p/" not in repr(Server.of("smtps://u:p%2F@mail"))
