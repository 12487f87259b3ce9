"""Turns of ownership: what a consumer may commit.

Owns one rule, for both buses: a record may be committed only in the turn of ownership in which it
was polled, and a commit never moves a group back.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.bus.port import OwnershipLost, Record

Partition = tuple[str, int]


class Turns:
    """Per partition, since it became ours: the first and the last offset polled, the last
    committed."""

    def __init__(self) -> None:
        self._polled: dict[Partition, tuple[int, int]] = {}
        self._committed: dict[Partition, int] = {}

    def polled(self, records: Sequence[Record]) -> None:
        for record in records:
            partition = record.topic, record.partition
            first, _ = self._polled.get(partition, (record.offset, 0))
            self._polled[partition] = first, record.offset

    def to_commit(self, records: Sequence[Record]) -> dict[Partition, int]:
        """The offset to commit of each partition; those committed already are left out.

        Raises `OwnershipLost` for a record of an earlier turn: others may have gone further since.
        """
        done: dict[Partition, int] = {}
        for record in records:
            partition = record.topic, record.partition
            first, last = self._polled.get(partition, (0, -1))
            if not first <= record.offset <= last:
                raise OwnershipLost(f"{record.topic}/{record.partition} is not ours any longer")
            done[partition] = max(done.get(partition, -1), record.offset)
        return {p: offset for p, offset in done.items() if offset > self._committed.get(p, -1)}

    def committed(self, offsets: dict[Partition, int]) -> None:
        self._committed.update(offsets)

    def uncommitted(self) -> dict[Partition, int]:
        """The first offset polled and not committed, of each partition that has one."""
        starts: dict[Partition, int] = {}
        for partition, (first, last) in self._polled.items():
            start = self._committed.get(partition, first - 1) + 1
            if start <= last:
                starts[partition] = start
        return starts

    def forget_all(self) -> None:
        self._polled.clear()
        self._committed.clear()
