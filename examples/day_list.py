"""A centre's day list from Kezek's topic `bookings` alone: needs kafka-python, and nothing of Kezek.

python day_list.py KAFKA_SERVERS CENTRE DAY [--follow]      (docs/consuming-events.md explains)
"""

import json
import sys

from kafka import KafkaConsumer, TopicPartition

TOPIC = "bookings"
EXPECTED = ("confirmed", "checked_in", "served", "no_show")  # not: cancelled, displaced


def apply(bookings, centre, record):
    """Keeps the newest state of each booking; True if this record was news."""
    ce_type = dict(record.headers).get("ce_type", b"").decode()
    if record.key != centre.encode() or not ce_type.startswith("kz.kezek.booking."):
        return False
    if not ce_type.endswith(".v1"):
        raise SystemExit(f"{ce_type} is newer than this program: update it")
    booking = json.loads(record.value)["booking"]
    known = bookings.get(booking["reference"])
    if known and known["sequence"] >= booking["sequence"]:
        return False  # a duplicate, or an old record that came late
    bookings[booking["reference"]] = booking  # also one that left: its sequence must be remembered
    return True


def show(bookings, centre, day):
    mine = [b for b in bookings.values() if b["centre"]["id"] == centre and b["day"] == day]
    print(f"{centre} {day}")
    for b in sorted(mine, key=lambda b: (b["time"], b["reference"])):
        if b["status"] in EXPECTED:
            service = b["service"]["names"][b["language"]]
            print(f"{b['time']}  {b['reference']}  {b['status']:<10}  {b['language']}  {service}")
    sys.stdout.flush()


def main(servers, centre, day, follow):
    consumer = KafkaConsumer(bootstrap_servers=servers.split(","), enable_auto_commit=False)
    partitions = [TopicPartition(TOPIC, n) for n in consumer.partitions_for_topic(TOPIC) or ()]
    if not partitions:
        raise SystemExit(f"there is no topic {TOPIC} at {servers}")
    consumer.assign(partitions)
    consumer.seek_to_beginning()  # every start is from scratch: the log is the memory
    ends, bookings, shown = consumer.end_offsets(partitions), {}, False
    while follow or not shown:
        polled = consumer.poll(timeout_ms=500)
        news = [apply(bookings, centre, r) for records in polled.values() for r in records]
        caught_up = shown or all(consumer.position(p) >= ends[p] for p in partitions)
        if caught_up and (any(news) or not shown):
            show(bookings, centre, day)
            shown = True


if __name__ == "__main__":
    if len(sys.argv) not in (4, 5) or sys.argv[4:] not in ([], ["--follow"]):
        raise SystemExit(__doc__)
    main(*sys.argv[1:4], follow=len(sys.argv) == 5)
