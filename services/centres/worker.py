"""The centres worker: `python -m services.centres.worker`.

Two loops: the relay of the outbox, and `keep_told`, which tells centres anew when the holidays
ahead or the definitions of services are no longer what was last told.
"""

from __future__ import annotations

import sys
import threading
from functools import partial

from services.centres import wiring
from services.centres.ports import By
from services.centres.store import PREFIX
from services.centres.use_cases.refresh import refresh
from shared import bus, logs
from shared.clock import iso
from shared.config import Settings
from shared.errors import ConfigurationError
from shared.messaging.observer import RelayMetrics
from shared.messaging.relay import Relay
from shared.messaging.worker import run_worker

LOOK_EVERY_S = 10.0
ZONE = "Asia/Almaty"


def keep_told(stop: threading.Event, *, deps: wiring.Deps) -> None:
    """Refreshes at the start and each new hour of the app's clock, until told to stop.

    Raises `StoreUnavailable`: the process ends and is started again.
    """
    log = logs.get_logger("centres")
    last = ""
    while not stop.is_set():
        hour = iso(deps.clock.now_ms(), ZONE)[:13]
        if hour != last:
            by = By("calendar", deps.idempotency.none())
            told = refresh(store=deps.store, facts=deps.facts, by=by)
            if told:
                log.info("centres_told_anew", centres=len(told))
            last = hour
        stop.wait(LOOK_EVERY_S)


def main() -> int:
    """The exit code: 0 when asked to stop, 1 when a loop failed."""
    logs.configure("centres-worker")
    try:
        settings = Settings.from_env()
        deps = wiring.build(settings)
        channel = bus.connect(settings.bus_url)
        relay = Relay(deps.client, PREFIX, channel, observer=RelayMetrics("centres"))
    except ConfigurationError as error:
        print(f"centres worker: {error}", file=sys.stderr)
        return 1
    return run_worker(
        "centres",
        {"relay": relay.run, "keep_told": partial(keep_told, deps=deps)},
        metrics_port=settings.worker_metrics_port,
        heartbeat=settings.worker_heartbeat,
    )


if __name__ == "__main__":
    sys.exit(main())
