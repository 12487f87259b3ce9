"""When to try again, and when to give up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from services.notify.domain.messages import Message


@dataclass(frozen=True)
class RetryPolicy:
    """Pauses in seconds after the first, second, ... failed attempt (the last one repeats), for at
    most `give_up_s` from when the message was owed, and not beyond the end of the visit.

    `outage_s` is the longest pause where the provider itself was away: what waits then is not one
    message but all of them, and they should go soon after it is back.
    """

    pauses_s: tuple[float, ...] = (5, 30, 120, 600, 3600)
    give_up_s: float = 24 * 3600
    outage_s: float = 60
    jitter: float = 0.2

    def next_ms(
        self, message: Message, *, now_ms: int, outage: bool, chance: Callable[[], float]
    ) -> int | None:
        """The instant of the next attempt after one that failed now; None: give up.

        `message.attempts` counts the failed one. `chance` answers 0 to 1: retries of messages that
        failed together are spread.
        """
        tries = max(1, message.attempts - message.earlier)
        pause = self.pauses_s[min(tries, len(self.pauses_s)) - 1]
        if outage:
            pause = min(pause, self.outage_s)
        pause *= 1 + self.jitter * (2 * chance() - 1)
        due = now_ms + round(1000 * pause)
        return due if due < self._deadline_ms(message) else None

    def _deadline_ms(self, message: Message) -> int:
        if message.until_ms is not None and not message.resends:
            return message.until_ms
        latest = message.since_ms + round(1000 * self.give_up_s)
        return latest if message.resends else min(latest, message.notice.place.end_ms)
