"""What only Kafka has: the URL, and topics with their settings."""

from __future__ import annotations

import os
import uuid

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from shared.bus import connect
from shared.bus.kafka import KafkaBus
from shared.bus.kafka_settings import servers
from shared.bus.port import BusUnavailable, OutRecord, TopicSpec
from shared.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("kafka://a:9092", ["a:9092"]),
        ("kafka://a:1,b:2/", ["a:1", "b:2"]),
        ("kafka://a, b", ["a:9092", "b:9092"]),
    ],
)
def test_the_url_names_the_brokers(url: str, expected: list[str]) -> None:
    assert servers(url) == expected


@pytest.mark.parametrize(
    "url", ["kafka://", "kafka://a:x", "kafka://u:p@a:1", "kafka://a,,b", "x://a"]
)
def test_a_wrong_url_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError):
        connect(url)


def test_topics_are_created_as_declared(kafka_url: str) -> None:
    name = f"t-{uuid.uuid4().hex[:12]}"
    connect(kafka_url).ensure_topics([TopicSpec(name, 8_640_000_000)])
    admin = KafkaAdminClient(bootstrap_servers=servers(kafka_url))
    [topic] = admin.describe_topics([name])
    assert len(topic["partitions"]) == 12
    resource = ConfigResource(ConfigResourceType.TOPIC, name)
    described = str(admin.describe_configs([resource], config_filter="all"))
    admin.close()
    assert "8640000000" in described
    assert "'cleanup.policy'" in described


def test_more_replicas_than_brokers_is_said_clearly(kafka_url: str) -> None:
    bus = connect(kafka_url, replication_factor=3)
    with pytest.raises(BusUnavailable, match="InvalidReplicationFactor"):
        bus.ensure_topics([TopicSpec(f"t-{uuid.uuid4().hex[:12]}", -1)])


def test_a_topic_that_does_not_exist_is_not_created_by_sending(kafka_url: str) -> None:
    bus = KafkaBus(servers(kafka_url))
    producer = bus.producer()
    name = f"t-{uuid.uuid4().hex[:12]}"
    with pytest.raises(BusUnavailable):
        producer.send([OutRecord(name, b"k", b"v", ())])
    assert bus.end_offsets(name) == {}
    bus.close()


def test_a_producer_does_not_survive_a_fork(
    kafka_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    bus = connect(kafka_url)
    name = f"t-{uuid.uuid4().hex[:12]}"
    bus.ensure_topics([TopicSpec(name, -1)])
    producer = bus.producer()
    producer.send([OutRecord(name, b"k", b"v", ())])
    parent = os.getpid()
    with monkeypatch.context() as child:
        child.setattr(os, "getpid", lambda: parent + 1)
        with pytest.raises(BusUnavailable, match="fork"):
            producer.send([OutRecord(name, b"k", b"v", ())])
    assert len(list(bus.read_all(name))) == 1
    bus.close()
