"""Booking's settings."""

from __future__ import annotations

from dataclasses import dataclass, field

from services.booking.domain.policy import Policy
from shared.config import Environment, Settings
from shared.contracts.registry import BOOKINGS_RETENTION_DAYS
from shared.errors import ConfigurationError

GRACE_DAYS = 30
"""For how long after the longest lead a booking's events must still be in the log."""


@dataclass(frozen=True, kw_only=True)
class BookingSettings(Settings):
    """`iin_key` names persons, `contact_keys` (Fernet, first seals) keep their contact details.
    `wait_replicas`: how many replicas must have a booking on their disks before it is answered."""

    iin_key: str = field(repr=False)
    contact_keys: str = field(repr=False)
    policy: Policy = field(default_factory=Policy)
    retention_days: int = 30
    wait_replicas: int = 0

    @classmethod
    def own(cls, env: Environment) -> dict[str, object]:
        horizon_days = env.integer("KEZEK_HORIZON_DAYS", 14, least=1)
        if horizon_days + GRACE_DAYS > BOOKINGS_RETENTION_DAYS:
            raise ConfigurationError(
                f"KEZEK_HORIZON_DAYS must be at most {BOOKINGS_RETENTION_DAYS - GRACE_DAYS}: "
                "the bookings topic forgets after that"
            )
        return {
            "iin_key": env.required("KEZEK_IIN_KEY"),
            "contact_keys": env.required("KEZEK_CONTACT_KEYS"),
            "retention_days": env.integer("KEZEK_RETENTION_DAYS", 30, least=1),
            "wait_replicas": env.integer("KEZEK_WAIT_REPLICAS", 0),
            "policy": Policy(
                hold_ttl_s=env.integer("KEZEK_HOLD_TTL_S", 300, least=1),
                cool_off_max_s=env.integer("KEZEK_COOL_OFF_MAX_S", 1800),
                horizon_days=horizon_days,
                lead_s=env.integer("KEZEK_LEAD_S", 1800),
                arrival_tolerance_s=env.integer("KEZEK_ARRIVAL_TOLERANCE_S", 900),
                new_booking_days=env.integer("KEZEK_NEW_BOOKING_DAYS", 10),
            ),
        }
