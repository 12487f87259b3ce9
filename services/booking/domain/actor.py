"""Who acts: a citizen, a desk of named centres, or ops."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Actor:
    """`name` as events carry it; `centres` are those a desk speaks for."""

    role: str
    name: str
    centres: frozenset[str] = frozenset()

    @property
    def is_staff(self) -> bool:
        return self.role in ("desk", "ops")

    @property
    def booked_by(self) -> str:
        return self.role if self.is_staff else "citizen"

    def serves(self, centre: str) -> bool:
        """Whether the actor may act for that centre's desk."""
        return self.role == "ops" or (self.role == "desk" and centre in self.centres)


SYSTEM = Actor("system", "system")
