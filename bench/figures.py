"""Figures: several measurements of one thing, their median and spread, and how they are shown."""

from __future__ import annotations

import statistics
from dataclasses import dataclass, field


@dataclass
class Figure:
    """`values` of one measurement, in `unit`; `goal` is the least (or, for times, the most) wanted."""

    name: str
    unit: str
    goal: float | None = None
    values: list[float] = field(default_factory=list)
    note: str = ""

    def summary(self) -> dict[str, float | str | None]:
        return {
            "median": statistics.median(self.values),
            "least": min(self.values),
            "most": max(self.values),
            "runs": len(self.values),
            "unit": self.unit,
            "goal": self.goal,
            "note": self.note,
        }


def table(figures: list[Figure]) -> str:
    """Name, median, spread, goal; figures without values are left out."""
    lines = [f"{'':44}{'median':>10}{'least':>10}{'most':>10}{'goal':>9}  unit"]
    for figure in figures:
        if not figure.values:
            lines.append(f"{figure.name:44}{'-':>10}  {figure.note}")
            continue
        s = figure.summary()
        cells = "".join(f"{s[part]:>10.4g}" for part in ("median", "least", "most"))
        goal = f"{figure.goal:.4g}" if figure.goal is not None else ""
        lines.append(f"{figure.name:44}{cells}{goal:>9}  {figure.unit}  {figure.note}")
    return "\n".join(lines)


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
