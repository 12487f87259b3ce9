"""`python -m shared.messaging.dlq list|show|redrive`: looking at dead letters and sending them
again.

Owns the reading of `<topic>-dlq`. The one thing to know: a dead letter is named by the place it has
there (`bookings-dlq/3/17`); redriving sends it to the end of its topic, where the version rule
decides what it is still worth, and leaves a marker so that it is not listed again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from typing import NamedTuple

from shared.bus.port import Bus, BusError, OutRecord, Record
from shared.config import Environment
from shared.contracts.registry import TOPICS, dead_letter_topic
from shared.errors import KezekError
from shared.messaging import dead_letters as dlq
from shared.messaging.topics import bus_from


class Letter(NamedTuple):
    """A dead letter and what its headers say."""

    record: Record
    headers: dict[str, str]

    @property
    def place(self) -> str:
        return f"{self.record.topic}/{self.record.partition}/{self.record.offset}"

    @property
    def origin(self) -> str:
        where = (self.headers.get(name, "-") for name in (dlq.TOPIC, dlq.PARTITION, dlq.OFFSET))
        return "/".join(where)


def letters(bus: Bus) -> Iterator[Letter]:
    """Dead letters of all topics that were not sent again, oldest first per partition."""
    for topic in TOPICS:
        found = [_letter(record) for record in bus.read_all(dead_letter_topic(topic))]
        redriven = {letter.headers.get(dlq.REDRIVEN) for letter in found}
        for letter in found:
            if dlq.REDRIVEN not in letter.headers and letter.place not in redriven:
                yield letter


def redrive(bus: Bus, chosen: list[Letter]) -> int:
    """Sends them to the topics they came from; how many. Those kept without value are refused."""
    producer = bus.producer()
    try:
        for letter in chosen:
            if dlq.OMITTED in letter.headers:
                raise KezekError(f"{letter.place} has no value: {letter.headers[dlq.OMITTED]}")
            producer.send([_original(letter)])
            # After the record: dying in between sends it twice, which is harmless.
            marker = (dlq.REDRIVEN, letter.place.encode())
            producer.send(
                [OutRecord(letter.record.topic, letter.record.key or b"", None, (marker,))]
            )
    finally:
        producer.close()
    return len(chosen)


def _letter(record: Record) -> Letter:
    headers = {name: value.decode("utf-8", "replace") for name, value in record.headers}
    return Letter(record, headers)


def _original(letter: Letter) -> OutRecord:
    kept = tuple(pair for pair in letter.record.headers if not pair[0].startswith("dlq_"))
    return OutRecord(letter.headers[dlq.TOPIC], letter.record.key or b"", letter.record.value, kept)


def _show(letter: Letter, out: list[str]) -> None:
    """Headers and sizes; the value only here, on an operator's explicit request."""
    out += [f"{letter.place}  key={(letter.record.key or b'').decode('utf-8', 'replace')}"]
    out += [f"  {name}: {value}" for name, value in letter.headers.items()]
    out += [(letter.record.value or b"").decode("utf-8", "replace")]


def _run(bus: Bus, args: argparse.Namespace) -> list[str]:
    found = list(letters(bus))
    if args.command == "list":
        return [
            f"{letter.place}  {letter.headers.get(dlq.AT, '-')}  from {letter.origin}"
            f"  by {letter.headers.get(dlq.BY, '-')}  {letter.headers.get(dlq.REASON, '-')}"
            for letter in found
        ] or ["no dead letters"]
    everything = args.command == "redrive" and args.all
    chosen = [letter for letter in found if everything or letter.place in args.places]
    missing = set(args.places) - {letter.place for letter in chosen}
    if missing:
        raise KezekError(f"no such dead letter: {', '.join(sorted(missing))}")
    if args.command == "redrive":
        return [f"{redrive(bus, chosen)} sent again"]
    out: list[str] = []
    for letter in chosen:
        _show(letter, out)
    return out


def _arguments(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m shared.messaging.dlq", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="all dead letters, with reason and origin").set_defaults(
        places=[]
    )
    show = commands.add_parser("show", help="headers and value of some")
    show.add_argument("places", nargs="+", metavar="TOPIC/PARTITION/OFFSET")
    again = commands.add_parser("redrive", help="send some, or all, to their topics again")
    again.add_argument("places", nargs="*", metavar="TOPIC/PARTITION/OFFSET")
    again.add_argument("--all", action="store_true")
    args = parser.parse_args(argv)
    if args.command == "redrive" and bool(args.places) == args.all:
        parser.error("name dead letters, or give --all")
    return args


def main(argv: list[str]) -> int:
    args = _arguments(argv)
    try:
        bus = bus_from(Environment(os.environ))
        try:
            print("\n".join(_run(bus, args)))
        finally:
            bus.close()
    except BusError as error:
        print(f"dlq: the bus cannot be reached: {error}", file=sys.stderr)
        return 1
    except KezekError as error:
        print(f"dlq: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
