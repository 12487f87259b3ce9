"""National holidays of Kazakhstan from the `holidays` package, in three languages.

Owns the Russian names, which the package lacks, and the reading of moved working days out of its
names. The one thing to know: a release of the package may change days that were told before; the
worker tells centres of it (`use_cases.refresh`). Sources: the package's KZ module
(vacanza/holidays), which cites adilet.zan.kz; the days and their Russian names are those of the law
"On holidays in the Republic of Kazakhstan" (adilet.zan.kz, Z010000267_).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import holidays

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SEPARATOR = "; "
_RU = {
    "Жаңа жыл": "Новый год",
    "Православиелік Рождество": "Православное Рождество",
    "Халықаралық әйелдер күні": "Международный женский день",
    "Наурыз мейрамы": "Наурыз мейрамы",
    "Қазақстан халқының бірлігі мерекесі": "Праздник единства народа Казахстана",
    "Отан Қорғаушы күні": "День защитника Отечества",
    "Жеңіс күні": "День Победы",
    "Астана күні": "День столицы",
    "Қазақстан Республикасының Конституциясы күні": "День Конституции Республики Казахстан",
    "Қазақстан Республикасы күні": "День Республики Казахстан",
    "Республика күні": "День Республики",
    "Қазақстан Республикасының Тұңғыш Президенті күні": "День Первого Президента РК",
    "Тәуелсіздік күні": "День Независимости",
    "Құрбан айт": "Курбан айт",
}
_LABELS = {
    "қайта белгіленген демалыс": "перенос выходного",
    "бағаланған": "предварительная дата",
    "қайта белгіленген демалыс, бағаланған": "перенос выходного, предварительная дата",
}
_LABELLED = re.compile(r"(.+) \(([^()]+)\)")
_MOVED = re.compile(r"Демалыс күні \((\d\d)\.(\d\d)\.(\d{4}) бастап ауыстырылды\)")


class NationalCalendar:
    """See `ports.Calendar`. Thread-safe; a year is computed once."""

    def __init__(self) -> None:
        self._years: dict[int, dict[str, dict[str, Any]]] = {}
        self._lock = threading.Lock()

    def between(self, first: date, last: date) -> Sequence[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for year in range(first.year, last.year + 1):
            days = self._year(year)
            found += [days[d] for d in sorted(days) if first.isoformat() <= d <= last.isoformat()]
        return found

    def _year(self, year: int) -> dict[str, dict[str, Any]]:
        with self._lock:
            if year not in self._years:
                self._years[year] = {day["date"]: day for day in _days(year)}
            return self._years[year]


def _days(year: int) -> Iterator[dict[str, Any]]:
    """The days of a year that are not as their weekday; a moved working day may be of the year
    before the day off it was exchanged for, so the neighbours are read too."""
    kk = holidays.country_holidays("KZ", years=[year - 1, year, year + 1], language="kk")
    en = holidays.country_holidays("KZ", years=[year - 1, year, year + 1], language="en_US")
    for day, name in sorted(kk.items()):
        moved = _MOVED.search(name)
        if moved:
            worked = date(int(moved[3]), int(moved[2]), int(moved[1]))
            if worked.year == year:
                yield _worked(worked, instead_of=day)
        if day.year == year:
            ru = SEPARATOR.join(_russian(part) for part in name.split(SEPARATOR))
            names = {"kk": name, "ru": ru, "en": en[day]}
            yield {"date": day.isoformat(), "names": names, "like": None}


def _worked(day: date, *, instead_of: date) -> dict[str, Any]:
    off = f"{instead_of:%d.%m.%Y}"
    names = {
        "kk": f"Жұмыс күні ({off} орнына)",
        "ru": f"Рабочий день (вместо {off})",
        "en": f"Working day (instead of {off})",
    }
    return {"date": day.isoformat(), "names": names, "like": WEEKDAYS[instead_of.weekday()]}


def _russian(name: str) -> str:
    """The Russian name; the Kazakh one where there is none."""
    moved = _MOVED.fullmatch(name)
    if moved:
        return f"Выходной день (перенесён с {moved[1]}.{moved[2]}.{moved[3]})"
    if name in _RU:
        return _RU[name]
    labelled = _LABELLED.fullmatch(name)
    if labelled and labelled[2] in _LABELS:
        return f"{_RU.get(labelled[1], labelled[1])} ({_LABELS[labelled[2]]})"
    return name
