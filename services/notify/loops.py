"""The loops of notify's worker beside consuming and relaying: sending and forgetting."""

from __future__ import annotations

import threading

from services.notify.ports import ProviderDown
from services.notify.store import Forgetting
from services.notify.use_cases.sending import Sending, send_due
from services.notify.wiring import Bell
from shared.logs import get_logger

POLL_S = 0.5
"""How late a message is found that became due by time, or was queued by another process; those that
the consumer of this process queues ring the bell."""
PAUSE_S = 2.0
"""After a provider was not there: one message at a time asks whether it is back."""
FORGET_EVERY_S = 60.0

log = get_logger(__name__)


def send_loop(channel: str, sending: Sending, bell: Bell, stop: threading.Event) -> None:
    """Sends what is due on a channel until `stop`. Raises `StoreUnavailable`: the process ends, and
    what it had claimed is sent by the next one."""
    provider = sending.email if channel == "email" else sending.sms
    try:
        while not stop.is_set():
            heard = bell.rings
            try:
                found = send_due(channel, sending, stopped=stop.is_set)
            except ProviderDown:
                log.warning("provider_down", channel=channel)
                provider.rest()
                stop.wait(PAUSE_S)
                continue
            if not found:
                provider.rest()
                bell.wait(heard, POLL_S)
    finally:
        provider.rest()


def forget_loop(forgetting: Forgetting, stop: threading.Event) -> None:
    """Forgets bookings whose visit is long over, until `stop`."""
    while not stop.is_set():
        if not forgetting.forget_due():
            stop.wait(FORGET_EVERY_S)
