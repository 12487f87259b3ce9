"""Booking's worker process: `python -m services.booking.worker`.

Keeps the projection of the network, relays the outbox, and does what is due. Several may run: one
relays, partitions are shared, and what is due is harmless when done twice.
"""

from __future__ import annotations

import sys
import threading

from services.booking.config import BookingSettings
from services.booking.handlers import GROUP, handlers
from services.booking.store import keys
from services.booking.use_cases import housekeeping
from services.booking.wiring import Deps, build
from shared import bus, logs
from shared.errors import ConfigurationError
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.lag import LagWatch
from shared.messaging.observer import ConsumerMetrics, RelayMetrics
from shared.messaging.relay import Relay
from shared.messaging.runner import Runner
from shared.messaging.worker import run_worker

SWEEP_EVERY_S = 0.2
DAYS_EVERY = 50
"""Sweeps between two looks for days that are over: every ten seconds."""


def keep_house(deps: Deps, stop: threading.Event) -> None:
    """Releases what is due; now and then settles days that are over, and forgets old ones."""
    turn = 0
    while not stop.is_set():
        swept = housekeeping.sweep(store=deps.store)
        if turn % DAYS_EVERY == 0:
            housekeeping.settle_days(
                store=deps.store, policy=deps.policy, retention_days=deps.settings.retention_days
            )
            housekeeping.forget_days(store=deps.store)
        turn += 1
        if swept < housekeeping.BATCH:
            stop.wait(SWEEP_EVERY_S)


def main() -> int:
    """Runs until SIGTERM; the exit code says whether a loop failed."""
    logs.configure("booking-worker")
    try:
        settings = BookingSettings.from_env()
        deps, channel = build(settings), bus.connect(settings.bus_url)
    except ConfigurationError as error:
        print(f"booking-worker: {error}", file=sys.stderr)
        return 2
    runner = Runner(
        channel.consumer(GROUP, handlers.topics), handlers, deps,
        DeadLetters(channel.producer(), GROUP), observer=ConsumerMetrics(GROUP),
    )  # fmt: skip
    relay = Relay(
        deps.client, keys.PREFIX, channel, observer=RelayMetrics("booking"),
        wait_replicas=settings.wait_replicas,
    )  # fmt: skip
    lag = LagWatch(deps.client, keys.PREFIX, channel, GROUP, handlers.topics)
    return run_worker(
        "booking",
        {
            "consume": runner.run,
            "relay": relay.run,
            "lag": lag.run,
            "due": lambda stop: keep_house(deps, stop),
        },
        metrics_port=settings.worker_metrics_port,
        heartbeat=settings.worker_heartbeat,
    )


if __name__ == "__main__":
    sys.exit(main())
