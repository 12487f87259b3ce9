"""Booking's composition: the one place that knows every part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from services.booking.config import BookingSettings
from services.booking.domain.policy import Policy
from services.booking.store import Store, keys
from shared.contact import ContactBox
from shared.regions import Regions
from shared.store.connection import Client, by_sentinel, connect
from shared.store.idempotency import IdempotencyRecords
from shared.web.auth import Authenticator, DeskTokens, ManageTokens
from shared.web.health import worker_checks


@dataclass(frozen=True)
class Deps:
    """What routes and handlers are given."""

    settings: BookingSettings
    policy: Policy
    client: Client
    store: Store
    contacts: ContactBox
    regions: Regions
    authenticator: Authenticator
    manage_tokens: ManageTokens
    idempotency: IdempotencyRecords

    def checks(self) -> dict[str, Any]:
        """For `ready`; raises `StoreUnavailable`."""
        self.store.look()
        network = {"centres": len(self.store.network.centres)}
        return {"store": "ok", **worker_checks(self.client, keys.PREFIX), "network": network}


def build(settings: BookingSettings) -> Deps:
    """Composes the app's parts. Connects lazily; reads only the regions' file."""
    client = connect(settings.store_url)
    replica = connect(settings.store_url, replica=True) if by_sentinel(settings.store_url) else None
    store = Store(client, replica=replica, wait_replicas=settings.wait_replicas)

    def epoch_of(centre_id: str) -> int | None:
        centre = store.network.centres.get(centre_id)
        return centre.desk_epoch if centre else None

    return Deps(
        settings=settings,
        policy=settings.policy,
        client=client,
        store=store,
        contacts=ContactBox.of(settings.contact_keys),
        regions=Regions.load(settings.data_dir / "regions.csv"),
        authenticator=Authenticator(
            settings.ops_token, DeskTokens(settings.token_key, epoch_of, store.look)
        ),
        manage_tokens=ManageTokens(settings.token_key),
        idempotency=IdempotencyRecords(client, keys.PREFIX),
    )
