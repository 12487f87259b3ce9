"""What a centre's own system can do from outside: run by itself, with kafka-python and nothing of Kezek.

    python outside.py SERVERS CA_FILE USER [--until-refused]     the password on standard input

Prints one JSON object: what was asked for, and how many records came, or the error's name; `connect`
alone where it is not let in, which kafka-python takes for an interruption and tries until it is tired of
it. With `--until-refused` it reads again and again, and says by what it was refused.
"""

import json
import sys
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

PATIENCE_S = 20
TOPICS = ("bookings", "centres", "notifications", "bookings-dlq", "__consumer_offsets")


def main(servers, ca_file, user, *more):
    options = {
        "bootstrap_servers": servers,
        "security_protocol": "SASL_SSL",
        "ssl_cafile": ca_file,
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": user,
        "sasl_plain_password": sys.stdin.readline().strip(),
        "request_timeout_ms": 8_000,
        "bootstrap_timeout_ms": 4_000,
    }
    try:
        if more:
            return until_refused(options)
        KafkaConsumer(**options).close(autocommit=False)
        found = {f"read {topic}": tried(read, options, topic) for topic in TOPICS}
        found["group"] = tried(read_in_group, options, user)
        found["another's group"] = tried(read_in_group, options, "booking")
        found |= {
            f"write {topic}": tried(write, options, topic) for topic in ("bookings", "centres")
        }
    except KafkaError as error:
        found = {"connect": type(error).__name__}
    print(json.dumps(found))
    return None


def tried(what, *args):
    try:
        return what(*args)
    except KafkaError as error:
        return type(error).__name__


def read(options, topic):
    """All of one topic, as the guide has it: no group, from the beginning."""
    consumer = KafkaConsumer(**options, enable_auto_commit=False)
    try:
        # Asked for by number: a topic that may not be seen looks as if it were not there.
        partitions = [TopicPartition(topic, number) for number in range(12)]
        consumer.assign(partitions)
        consumer.seek_to_beginning()
        ends = consumer.end_offsets(partitions, timeout_ms=8_000)
        count, deadline = 0, time.monotonic() + PATIENCE_S
        while any(consumer.position(p) < ends[p] for p in partitions):
            count += sum(map(len, consumer.poll(timeout_ms=500).values()))
            if time.monotonic() > deadline:
                return "Silence"
        return count
    finally:
        consumer.close(autocommit=False)


def read_in_group(options, group):
    consumer = KafkaConsumer("bookings", **options, group_id=group, auto_offset_reset="earliest")
    try:
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            polled = consumer.poll(timeout_ms=500)
            if polled:
                consumer.commit()
                return sum(map(len, polled.values()))
        return "Silence"
    finally:
        consumer.close(autocommit=False)


def write(options, topic):
    producer = KafkaProducer(**options, enable_idempotence=False, max_block_ms=8_000)
    try:
        return producer.send(topic, b"{}", partition=0).get(timeout=8).offset
    finally:
        producer.close(timeout=1)


def until_refused(options):
    consumer = KafkaConsumer(**options, enable_auto_commit=False)
    partition, deadline = TopicPartition("centres", 0), time.monotonic() + 2 * PATIENCE_S
    consumer.assign([partition])
    read_once = False
    while time.monotonic() < deadline:
        try:
            consumer.seek_to_beginning(partition)
            consumer.poll(timeout_ms=500)
            consumer.end_offsets([partition], timeout_ms=8_000)
        except KafkaError as error:
            # Who never read was not stopped.
            print(json.dumps({"refused": type(error).__name__ if read_once else None}))
            return
        read_once = True
    print(json.dumps({"refused": None}))


if __name__ == "__main__":
    main(*sys.argv[1:])
