"""The bus: records of bytes between the apps, on Kafka or on Redis Streams.

Owns the port (`port.py`) and its two implementations. Knows bytes, not events: envelopes are
`shared.contracts`, delivery rules `shared.messaging`. The one thing to know: `connect` does no I/O;
the first send or poll does, so that an app can be wired while its bus is down.
"""

from __future__ import annotations

from shared.bus.port import Bus
from shared.errors import ConfigurationError


def connect(url: str, *, replication_factor: int = 1) -> Bus:
    """The bus behind `url`: kafka://host:port[,host:port], redis://, rediss:// or unix://.

    `replication_factor` is for topics that `ensure_topics` creates on Kafka. Raises
    `ConfigurationError` for any other URL.
    """
    scheme = url.partition("://")[0]
    if scheme == "kafka":
        # Here, so that an app on Redis Streams does not load the Kafka client.
        from shared.bus.kafka import KafkaBus
        from shared.bus.kafka_settings import servers

        return KafkaBus(servers(url), replication_factor=replication_factor)
    if scheme in ("redis", "rediss", "unix"):
        from shared.bus.redis_streams import RedisStreamsBus

        return RedisStreamsBus(url)
    # Not the URL itself: it may carry a password.
    raise ConfigurationError("the bus URL must start with kafka://, redis://, rediss:// or unix://")
