"""A load generator in a process of its own: keep-alive connections on raw sockets, one event loop.

`python -m bench.load` reads a JSON job from standard input ({host, port, connections, seconds,
requests: [base64 ...]}), sends the prepared requests in turn, and prints {count, seconds, statuses,
p50_ms, p99_ms, cpu_s}. Its own CPU time is reported, so that one can see it is not the bottleneck.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any


class Connection(asyncio.Protocol):
    """One keep-alive connection: the next request goes out when the last answer is whole."""

    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        self.requests, self.tally = requests, tally
        self.buffer = b""
        self.transport: Any = None
        self.sent = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self._next()

    def _next(self) -> None:
        request = next(self.requests, None)
        if request is None or time.perf_counter() >= self.tally.until:
            self.transport.close()
            return
        self.sent = time.perf_counter()
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        at = head.lower().index(b"content-length:") + 15
        if len(body) < int(head[at:].split(b"\r\n", 1)[0]):
            return
        self.tally.latencies.append(time.perf_counter() - self.sent)
        self.tally.statuses[head[9:12].decode()] += 1
        self.buffer = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self.tally.open -= 1
        if self.tally.open == 0:
            self.tally.done.set_result(None)


class Tally:
    def __init__(self, connections: int, seconds: float) -> None:
        self.until = time.perf_counter() + seconds
        self.latencies: list[float] = []
        self.statuses: Counter[str] = Counter()
        self.open = connections
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()


async def run(job: dict[str, Any]) -> dict[str, Any]:
    requests = iter([base64.b64decode(r) for r in job["requests"]])
    if job.get("repeat"):
        requests = _for_ever([base64.b64decode(r) for r in job["requests"]])
    tally = Tally(job["connections"], job["seconds"])
    loop, began, cpu = asyncio.get_running_loop(), time.perf_counter(), time.process_time()
    for _ in range(job["connections"]):
        await loop.create_connection(lambda: Connection(requests, tally), job["host"], job["port"])
    await tally.done
    seconds = time.perf_counter() - began
    ordered = sorted(tally.latencies) or [0.0]
    return {
        "count": len(tally.latencies),
        "seconds": seconds,
        "statuses": tally.statuses,
        "p50_ms": ordered[len(ordered) // 2] * 1000,
        "p99_ms": ordered[int(len(ordered) * 0.99) - 1] * 1000,
        "cpu_s": time.process_time() - cpu,
    }


def _for_ever(requests: list[bytes]) -> Iterator[bytes]:
    while True:
        yield from requests


if __name__ == "__main__":
    print(json.dumps(asyncio.run(run(json.load(sys.stdin)))))
