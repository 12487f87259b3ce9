"""`python -m shared.messaging.topics`: creates the topics and their dead-letter topics.

Owns which topics there are on a bus. Idempotent; existing topics stay as they are. On Redis Streams
it only writes down the retentions, without which nothing is trimmed.
"""

from __future__ import annotations

import os
import sys

from shared.bus import connect
from shared.bus.port import Bus, BusError, TopicSpec
from shared.config import Environment
from shared.contracts.registry import TOPICS, dead_letter_topic
from shared.errors import KezekError

DEAD_LETTER_RETENTION_MS = 30 * 24 * 3600 * 1000


def specs() -> list[TopicSpec]:
    found = [TopicSpec(topic.name, topic.retention_ms) for topic in TOPICS.values()]
    letters = [TopicSpec(dead_letter_topic(name), DEAD_LETTER_RETENTION_MS) for name in TOPICS]
    return found + letters


def bus_from(env: Environment) -> Bus:
    """The bus that the environment names."""
    replication = env.integer("KEZEK_KAFKA_REPLICATION", 1, least=1)
    return connect(env.required("KEZEK_BUS_URL"), replication_factor=replication)


def main() -> int:
    try:
        bus = bus_from(Environment(os.environ))
        try:
            created = bus.ensure_topics(specs())
        finally:
            bus.close()
    except BusError as error:
        print(f"topics: the bus cannot be reached: {error}", file=sys.stderr)
        return 1
    except KezekError as error:
        print(f"topics: {error}", file=sys.stderr)
        return 1
    print(f"topics: {len(created)} created, {len(specs()) - len(created)} there already")
    return 0


if __name__ == "__main__":
    sys.exit(main())
