"""notify on a real Valkey, a real SMTP server and a real HTTP provider of short messages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask.testing import FlaskClient

from services.notify.app import create_app
from services.notify.config import NotifySettings
from services.notify.wiring import Deps, build
from tests.notify import helpers
from tests.notify.servers import Mailbox, SmsGateway


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with Mailbox().running() as box:
        yield box


@pytest.fixture
def gateway() -> Iterator[SmsGateway]:
    with SmsGateway().running() as gateway:
        yield gateway


@pytest.fixture
def settings(store_url: str, mailbox: Mailbox, gateway: SmsGateway) -> NotifySettings:
    return NotifySettings(
        store_url=store_url,
        bus_url="redis://not-used-here",
        ops_token=helpers.OPS_TOKEN,
        token_key=helpers.TOKEN_KEY,
        contact_keys=helpers.CONTACT_KEY,
        smtp_url=mailbox.url,
        sms_url=gateway.url,
        sms_token="sms-token-of-the-tests",
        public_url="https://kezek.example",
        simulated_clock=True,
    )


@pytest.fixture
def deps(settings: NotifySettings, store: Any) -> Iterator[Deps]:
    """notify, on a Friday morning (`helpers.NOW`)."""
    helpers.set_clock(store, helpers.NOW)
    deps = build(settings)
    yield deps
    deps.client.close()


@pytest.fixture
def client(deps: Deps) -> FlaskClient:
    return create_app(deps=deps).test_client()
