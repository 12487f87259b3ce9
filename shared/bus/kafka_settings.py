"""What all Kafka clients of ours share: time-outs, the URL, the translation of errors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from kafka.errors import KafkaError

from shared.bus.port import BusUnavailable
from shared.errors import ConfigurationError

REQUEST_TIMEOUT_MS = 10_000  # a broker silent for this long has died or is being replaced
CONNECT_TIMEOUT_MS = 5_000  # a person may be waiting for `make run` to say so
RECONNECT_MAX_MS = 1_000  # the default of 30 s would add up to 30 s to every outage
METADATA_MAX_AGE_MS = 5_000  # how late a topic is noticed that was just created on another broker


@contextmanager
def translated() -> Iterator[None]:
    """Any error of kafka-python is `BusUnavailable`: none says that nothing was written."""
    try:
        yield
    except KafkaError as error:
        raise BusUnavailable(str(error)) from error


def servers(url: str) -> list[str]:
    """host:port of each broker in kafka://host[:port][,host[:port]]; 9092 where it is left out.

    Raises `ConfigurationError` for anything else.
    """
    found = [part.strip() for part in url.removeprefix("kafka://").rstrip("/").split(",")]
    for server in found:
        host, _, port = server.partition(":")
        if not host or "/" in server or "@" in server or (port and not port.isdigit()):
            raise ConfigurationError("a Kafka bus URL must be kafka://host:port[,host:port]")
    return [server if ":" in server else f"{server}:9092" for server in found]
