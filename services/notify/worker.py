"""notify's worker: `python -m services.notify.worker`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import partial

from services.notify.config import NotifySettings
from services.notify.domain.messages import EMAIL, SMS
from services.notify.handlers import handlers
from services.notify.loops import forget_loop, send_loop
from services.notify.store import PREFIX
from services.notify.wiring import Deps, build
from shared import bus, logs
from shared.bus.port import Bus
from shared.errors import ConfigurationError
from shared.messaging.dead_letters import DeadLetters
from shared.messaging.lag import LagWatch
from shared.messaging.observer import ConsumerMetrics, RelayMetrics
from shared.messaging.relay import Relay
from shared.messaging.runner import Runner
from shared.messaging.worker import run_worker

GROUP = "notify"

Loop = Callable[[threading.Event], None]


def loops(deps: Deps, connected: Bus) -> dict[str, Loop]:
    """Everything this process does, by name. Each sender thread has connections of its own."""
    letters = DeadLetters(connected.producer(), GROUP)
    runner = Runner(
        connected.consumer(GROUP, handlers.topics), handlers, deps, letters,
        observer=ConsumerMetrics(GROUP),
    )  # fmt: skip
    found: dict[str, Loop] = {
        "consumer": runner.run,
        "relay": Relay(deps.client, PREFIX, connected, observer=RelayMetrics("notify")).run,
        "lag": LagWatch(deps.client, PREFIX, connected, GROUP, handlers.topics).run,
        "forget": partial(forget_loop, deps.forgetting),
        "sms": partial(send_loop, SMS, deps.sending(), deps.bell),
    }
    for number in range(1, deps.settings.senders + 1):
        found[f"email-{number}"] = partial(send_loop, EMAIL, deps.sending(), deps.bell)
    return found


def main() -> int:
    """The exit code: 0 when asked to stop, 1 for a loop that failed or settings that cannot
    work."""
    logs.configure("notify-worker")
    try:
        deps = build(NotifySettings.from_env())
        connected = bus.connect(deps.settings.bus_url)
    except ConfigurationError as error:
        print(f"notify: {error}", file=sys.stderr)
        return 1
    return run_worker(
        "notify",
        loops(deps, connected),
        metrics_port=deps.settings.worker_metrics_port,
        heartbeat=deps.settings.worker_heartbeat,
    )


if __name__ == "__main__":
    sys.exit(main())
