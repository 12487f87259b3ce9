"""notify's settings.

The one thing to know: the contact keys are those that booking seals with; notify opens with all of
them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import time

from services.notify.domain.quiet import QuietHours
from shared.config import Environment, Settings
from shared.errors import ConfigurationError

MAIL_FROM = "Kezek <no-reply@kezek.localhost>"
PUBLIC_URL = "http://127.0.0.1:8080"


@dataclass(frozen=True, kw_only=True)
class NotifySettings(Settings):
    """Without `sms_url`, SMS messages fail with a reason that says so. `reminders_s`: how long
    before a visit its reminders go out."""

    contact_keys: str = field(repr=False)
    smtp_url: str = field(repr=False)
    mail_from: str = MAIL_FROM
    sms_url: str = field(default="", repr=False)
    sms_token: str = field(default="", repr=False)
    public_url: str = PUBLIC_URL
    quiet: QuietHours = QuietHours()
    reminders_s: tuple[int, ...] = (24 * 3600, 2 * 3600)
    retention_days: int = 30
    tolerance_s: int = 900
    senders: int = 2

    @classmethod
    def own(cls, env: Environment) -> dict[str, object]:
        return {
            "contact_keys": env.required("KEZEK_CONTACT_KEYS"),
            "smtp_url": env.required("KEZEK_SMTP_URL"),
            "mail_from": env.text("KEZEK_MAIL_FROM", MAIL_FROM),
            "sms_url": env.text("KEZEK_SMS_URL", ""),
            "sms_token": env.text("KEZEK_SMS_TOKEN", ""),
            "public_url": env.text("KEZEK_PUBLIC_URL", PUBLIC_URL),
            "quiet": QuietHours(
                _time(env, "KEZEK_QUIET_FROM", "21:00"),
                _time(env, "KEZEK_QUIET_UNTIL", "08:00"),
                env.integer("KEZEK_QUIET_URGENT_S", 7200),
            ),
            "reminders_s": _seconds(env, "KEZEK_REMINDERS_S", "86400,7200"),
            "retention_days": env.integer("KEZEK_RETENTION_DAYS", 30, least=1),
            "tolerance_s": env.integer("KEZEK_ARRIVAL_TOLERANCE_S", 900),
            "senders": env.integer("KEZEK_SENDERS", 2, least=1),
        }


def _time(env: Environment, name: str, default: str) -> time:
    text = env.text(name, default)
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(f"{name} must be a time like 21:00, not {text!r}") from None


def _seconds(env: Environment, name: str, default: str) -> tuple[int, ...]:
    text = env.text(name, default)
    if text == "off":
        return ()
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdecimal() and int(part) >= 60 for part in parts):
        raise ConfigurationError(
            f"{name} must be whole seconds (60 or more) with commas between them, or off"
        )
    return tuple(int(part) for part in parts)
