"""Sealed contacts: shared by booking, which seals, and notify, which opens."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from shared.contact import ContactBox, ContactUnreadable
from shared.errors import ConfigurationError

OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()
CONTACT = {"name": "Әсет", "phone": "+77011234567", "email": None, "manage_token": "t"}


def test_what_is_sealed_is_opened() -> None:
    sealed = ContactBox([NEW]).seal(CONTACT)
    assert "7701" not in sealed
    assert ContactBox([NEW]).open(sealed) == CONTACT


def test_keys_rotate() -> None:
    sealed = ContactBox([OLD]).seal(CONTACT)
    rotated = ContactBox.of(f"{NEW}, {OLD}")
    assert rotated.open(sealed) == CONTACT
    assert ContactBox([NEW]).open(rotated.seal(CONTACT)) == CONTACT


@pytest.mark.parametrize("sealed", ["", "gAAAA...", "қазақ"])
def test_what_we_did_not_seal_is_not_opened(sealed: str) -> None:
    with pytest.raises(ContactUnreadable):
        ContactBox([NEW]).open(sealed)


@pytest.mark.parametrize("content", [b"[1]", b"not json", b"{}"])
def test_what_is_sealed_in_another_form_is_not_opened(content: bytes) -> None:
    sealed = Fernet(NEW).encrypt(content).decode()
    with pytest.raises(ContactUnreadable) as caught:
        ContactBox([NEW]).open(sealed)
    assert "not json" not in str(caught.value)


@pytest.mark.parametrize("keys", ["", " , ", "short", f"{NEW},short"], ids=range(4))
def test_unusable_keys_are_refused_without_being_named(keys: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        ContactBox.of(keys)
    assert NEW not in str(caught.value)
    assert "KEZEK_CONTACT_KEYS" in str(caught.value)
