"""Three real Kafka brokers on loopback, by deploy/kafka/kafka.sh."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

from tests.servers import KafkaServer
from tests.support import free_port

COUNT = 3
CLUSTER = "4L6g3nShT-eMCtK--X86sw"


class Brokers:
    """`nodes` may be killed and started again, each with its data."""

    def __init__(self) -> None:
        first = free_port(neighbours=2 * COUNT)
        self.ports = [first + 2 * number for number in range(COUNT)]
        self.nodes = [self._node(number) for number in range(COUNT)]

    @property
    def url(self) -> str:
        return "kafka://" + ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def start(self) -> None:
        """All at once: a majority has to be there before one answers."""
        with ThreadPoolExecutor(COUNT) as pool:
            list(pool.map(lambda node: node.start(), self.nodes))

    def remove(self) -> None:
        for node in self.nodes:
            # Not stopped: the last ones would wait for a majority that is gone.
            with suppress(FileNotFoundError, ProcessLookupError):
                node.kill()
            node.remove()

    def _node(self, number: int) -> ClusterNode:
        return ClusterNode(number + 1, self.ports)


class ClusterNode(KafkaServer):
    """One of several brokers."""

    def __init__(self, number: int, ports: list[int]) -> None:
        super().__init__()
        self.port = ports[number - 1]
        self.environ |= {
            "KEZEK_KAFKA_NODE": str(number),
            "KEZEK_KAFKA_PORTS": ",".join(map(str, ports)),
            "KEZEK_KAFKA_CLUSTER": CLUSTER,
        }
