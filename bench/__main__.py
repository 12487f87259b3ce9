"""`make bench [ARGS="web primary events opening"]`: prints a table, and writes bench/results.json."""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time
from pathlib import Path

from bench import events, opening, primary, web
from bench.figures import Figure, table
from bench.servers import ROOT, kafka

PARTS = ("web", "primary", "events", "opening")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", default=PARTS, help=f"{', '.join(PARTS)} (default: all)"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each web measurement")
    parser.add_argument("--centres", type=int, default=100, help="opened for each opening figure")
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"there is no part {', '.join(sorted(unknown))}")
    logging.disable(logging.WARNING)
    began, figures = time.monotonic(), list[Figure]()
    if "web" in chosen.parts:
        figures += web.measure(chosen.rounds, chosen.seconds)
    if "primary" in chosen.parts:
        figures += primary.measure(chosen.rounds)
    if {"events", "opening"} & set(chosen.parts):
        with kafka() as kafka_url:
            for name, url in (("embedded bus", None), ("Kafka", kafka_url)):
                if name == "Kafka" and url is None:
                    continue
                if "events" in chosen.parts:
                    figures += events.measure(name, url, chosen.rounds)
                    print(f"events: {name} done", file=sys.stderr)
                if "opening" in chosen.parts:
                    figures += opening.measure(name, url, chosen.centres)
                    print(f"opening: {name} done", file=sys.stderr)
    print(table(figures))
    print(f"in {time.monotonic() - began:.0f} s", file=sys.stderr)
    results = {figure.name: figure.summary() for figure in figures}
    Path(ROOT, "bench", "results.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
