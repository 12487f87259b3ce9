"""Opening hours: what is well-formed, and how they are written in one line of text.

Owns the rules of `hours`, `exceptions` and `breaks`, and the grammar of the import:
`Mon-Fri 09:00-18:00 break 13:00-14:00; Sat 09:00-13:00`. Times are `HH:MM` on the centre's clocks;
`24:00` is the end of the day. Rules end by midnight.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.centres.domain.problems import Problem

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TIME = r"(?:[01]\d|2[0-3]):[0-5]\d|24:00"
ORDINARY: list[dict[str, Any]] = [
    {"days": list(WEEKDAYS[:5]), "from": "09:00", "to": "18:00", "breaks": []}
]

ORDER = "The end must be after the beginning."
BREAK_OUTSIDE = "A break must lie within the opening hours."
BREAK_OVERLAP = "Breaks must not overlap."
RULE_OVERLAP = "Opening hours of one day must not overlap."
DAY_TWICE = "A day is named twice."
DATE_TWICE = "There is another exception for this date."
EITHER = "Say either closed, or from and to."
GRAMMAR = "Not opening hours: write them as Mon-Fri 09:00-18:00 break 13:00-14:00; Sat 09:00-13:00."

_SPAN = re.compile(rf"({TIME})-({TIME})", re.ASCII)


def check_hours(rules: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Problems of weekly rules. A day may be in several rules that do not overlap."""
    taken: dict[str, list[tuple[str, str]]] = {}
    for number, rule in enumerate(rules):
        path = f"hours.{number}"
        if len(set(rule["days"])) < len(rule["days"]):
            yield Problem(f"{path}.days", DAY_TWICE)
        yield from _check_span(rule, path)
        for day in set(rule["days"]):
            spans = taken.setdefault(day, [])
            if any(rule["from"] < end and start < rule["to"] for start, end in spans):
                yield Problem(path, RULE_OVERLAP)
                break
            spans.append((rule["from"], rule["to"]))


def check_exceptions(exceptions: Sequence[Mapping[str, Any]]) -> Iterator[Problem]:
    """Problems of dates that are not as their weekday: one each, closed or with its own hours."""
    seen: set[str] = set()
    for number, exception in enumerate(exceptions):
        path = f"exceptions.{number}"
        if exception["date"] in seen:
            yield Problem(f"{path}.date", DATE_TWICE)
        seen.add(exception["date"])
        timed = "from" in exception and "to" in exception
        stray = any(name in exception for name in ("from", "to", "breaks"))
        if exception.get("closed") is True:
            if stray:
                yield Problem(path, EITHER)
        elif not timed:
            yield Problem(path, EITHER)
        else:
            yield from _check_span(exception, path)


def _check_span(rule: Mapping[str, Any], path: str) -> Iterator[Problem]:
    if rule["from"] >= rule["to"]:
        yield Problem(f"{path}.to", ORDER)
        return
    last = ""
    breaks = sorted(enumerate(rule.get("breaks", ())), key=lambda pair: str(pair[1]["from"]))
    for number, pause in breaks:
        where = f"{path}.breaks.{number}"
        if pause["from"] >= pause["to"]:
            yield Problem(f"{where}.to", ORDER)
        elif pause["from"] < rule["from"] or pause["to"] > rule["to"]:
            yield Problem(where, BREAK_OUTSIDE)
        elif pause["from"] < last:
            yield Problem(where, BREAK_OVERLAP)
        last = max(last, pause["to"])


def parse(text: str) -> list[dict[str, Any]]:
    """Hours from one line of text; the ordinary ones for an empty one.

    Grammar: rules separated by `;`; a rule is days, a span and any number of `break` spans; days
    are `Mon`, `Mon-Fri` or `Mon,Wed,Fri-Sat`. Raises `ValueError` for anything else.
    """
    if not text.strip():
        return [dict(rule) for rule in ORDINARY]
    return [_rule(part.split()) for part in text.strip().rstrip(";").split(";")]


def _rule(words: list[str]) -> dict[str, Any]:
    if len(words) < 2 or len(words) % 2:
        raise ValueError(GRAMMAR)
    if any(word.lower() != "break" for word in words[2::2]):
        raise ValueError(GRAMMAR)
    start, end = _span(words[1])
    pauses = [dict(zip(("from", "to"), _span(word), strict=True)) for word in words[3::2]]
    return {"days": _days(words[0]), "from": start, "to": end, "breaks": pauses}


def _span(text: str) -> tuple[str, str]:
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError(GRAMMAR)
    return match[1], match[2]


def _days(text: str) -> list[str]:
    days: list[str] = []
    for part in text.lower().split(","):
        first, dash, last = part.partition("-")
        if first not in WEEKDAYS or (dash and last not in WEEKDAYS):
            raise ValueError(GRAMMAR)
        start, stop = WEEKDAYS.index(first), WEEKDAYS.index(last if dash else first)
        if stop < start:
            raise ValueError(GRAMMAR)
        days.extend(WEEKDAYS[start : stop + 1])
    return days


def written(rules: Sequence[Mapping[str, Any]]) -> str:
    """One line of text that `parse` reads back."""
    return "; ".join(_written_rule(rule) for rule in rules)


def _written_rule(rule: Mapping[str, Any]) -> str:
    days = ",".join(str(day).capitalize() for day in rule["days"])
    pauses = "".join(f" break {p['from']}-{p['to']}" for p in rule.get("breaks", ()))
    return f"{days} {rule['from']}-{rule['to']}{pauses}"
