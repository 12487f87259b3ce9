"""What notify counts of its own, beside what every app counts."""

from __future__ import annotations

from prometheus_client import Counter

NOTICES = Counter(
    "kezek_notices_total",
    "Messages queued, sent, put off (retried), given up (failed) or no longer true (dropped).",
    ["kind", "channel", "outcome"],
)
