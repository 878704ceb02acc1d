"""Time: dates and days in the sheets, and days since each patient's earliest date.

A *stamp* is a cell, or a part of one, that says when: an ISO date or a number of days.
"""

import re
from collections.abc import Callable, Iterator
from datetime import date

import numpy as np
import pandas as pd

from evigil.config_types import is_number
from evigil.config_words import show
from evigil.sheets.columns import known
from evigil.sheets.reading import Sheet

DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
EXCEL_DAYS = range(20000, 80000)
"""Day numbers of a spreadsheet for 1954 to 2119: a date that lost its format."""
EXCEL_EPOCH = date(1899, 12, 30).toordinal()


def is_date(stamp: str) -> bool:
    """Whether a stamp is written as an ISO date."""
    return DATE.fullmatch(stamp) is not None


def stamp_fault(stamp: str, only_dates: bool) -> str | None:
    """Say what is wrong with a stamp by itself, or None."""
    if is_date(stamp):
        try:
            date.fromisoformat(stamp)
        except ValueError:
            return "is no date of the calendar"
        return None
    if not is_number(stamp):
        return "is not a date, YYYY-MM-DD" + ("" if only_dates else ", or a day")
    return excel_fault(stamp) if only_dates else None


def excel_fault(stamp: str) -> str:
    """Say that a number stands where a date belongs, and which date a spreadsheet meant."""
    number = float(stamp)
    if number.is_integer() and int(number) in EXCEL_DAYS:
        meant = date.fromordinal(EXCEL_EPOCH + int(number)).isoformat()
        return f"is a spreadsheet's day number; write {meant}"
    return "is not a date, YYYY-MM-DD"


def parse_treatments(cell: str) -> list[tuple[str, str, str]]:
    """Split ``name:start/end;…`` into name, start and end; an open end is ``""``.

    Raises
    ------
    ValueError
        With what is wrong, in words.
    """
    found = []
    for part in filter(None, (piece.strip() for piece in cell.split(";"))):
        match = re.fullmatch(r"([^:]+):([^/]+)/([^/]*)", part)
        if match is None:
            raise ValueError("is not name:start/end;…")
        name, start, end = (text.strip() for text in match.groups())
        for stamp in filter(None, (start, end)):
            fault = stamp_fault(stamp, only_dates=False)
            if fault:
                raise ValueError(f"is not name:start/end;… ({stamp!r} {fault})")
        if end and is_date(start) == is_date(end) and _number(end) < _number(start):
            raise ValueError("ends before it starts")
        found.append((name, start, end))
    return found


def split_dates(cell: str) -> list[str]:
    """Split a ``;``-separated list of stamps."""
    return [part for part in (piece.strip() for piece in cell.split(";")) if part]


def _number(stamp: str) -> float:
    return float(date.fromisoformat(stamp).toordinal()) if is_date(stamp) else float(stamp)


def stamps(sheet: Sheet) -> Iterator[tuple[str, int, str]]:
    """Go through every stamp of a sheet: column, row position, stamp."""
    named = known(sheet.kind)
    for name, cells in sheet.columns.items():
        kind = named[name].kind if name in named else "text"
        if kind in ("date", "day") or (name == "day" and name in named):
            yield from ((name, row, cell) for row, cell in enumerate(cells) if cell)
        elif kind == "dates":
            for row, cell in enumerate(cells):
                yield from ((name, row, stamp) for stamp in split_dates(cell))
        elif kind == "treatments":
            for row, cell in enumerate(cells):
                for _, start, end in parse_treatments(cell):
                    yield from ((name, row, stamp) for stamp in (start, end) if stamp)


def time_faults(sheets: list[Sheet]) -> list[str]:
    """Refuse dates beside days, in one sheet or over all of them; the sheets are right so far."""
    first: tuple[str, str, bool] | None = None
    for sheet in sheets:
        for column, row, stamp in stamps(sheet):
            if first is None:
                first = (sheet.file, column, is_date(stamp))
            elif is_date(stamp) != first[2]:
                kind, other = ("day", "dates") if first[2] else ("date", "days")
                text = f"is a {kind}, but column {first[1]} of {first[0]} has {other}; use one"
                if first[2] and float(stamp) in EXCEL_DAYS:
                    text = excel_fault(stamp)
                where = f"{sheet.file}: row {sheet.rows[row]}: column {column}"
                return [f"{where}: {show(stamp)} {text}"]
    return []


class Clock:
    """Turns stamps into days since the patient's earliest date.

    Parameters
    ----------
    patients, dates
        Of every dated draw over samples and series; empty when the study counts in days.
    """

    def __init__(self, patients: pd.Series, dates: pd.Series) -> None:
        dated = dates.notna() & patients.notna()
        ordinals = dates[dated].map(_number)
        first = ordinals.groupby(patients[dated]).min()
        self.origin: dict[str, float] = dict(zip(first.index.astype(str), first, strict=True))

    def day(self, patient: str, stamp: str) -> float:
        """Return the day of one stamp; NaN when the patient has no dated draw."""
        if is_date(stamp):
            return _number(stamp) - self.origin.get(patient, np.nan)
        return float(stamp)

    def days(self, patients: pd.Series, cells: pd.Series) -> pd.Series:
        """Return the days of a column of stamps, shape (n,); NaN where a cell is missing."""
        pairs = zip(patients, cells, strict=True)
        found = [np.nan if pd.isna(s) else self.day(p, str(s)) for p, s in pairs]
        return pd.Series(found, index=cells.index, dtype=float)

    def rewrite(
        self, patients: pd.Series, cells: pd.Series, one: Callable[["Clock", str, str], str]
    ) -> pd.Series:
        """Rewrite cells that hold several stamps; NaN where the patient has no dated draw."""
        known = [
            pd.notna(s) and (p in self.origin or not DATE.search(s))
            for p, s in zip(patients, cells, strict=True)
        ]
        triples = zip(patients, cells, known, strict=True)
        found = [one(self, p, s) if has else np.nan for p, s, has in triples]
        return pd.Series(found, index=cells.index, dtype=object)


def treatments_in_days(clock: Clock, patient: str, cell: str) -> str:
    """Write treatments as ``name:start/end;…`` in days, sorted by start."""
    found = [
        (clock.day(patient, start), name, _day_text(clock, patient, start, end))
        for name, start, end in parse_treatments(cell)
    ]
    return ";".join(f"{name}:{text}" for _, name, text in sorted(found))


def dates_in_days(clock: Clock, patient: str, cell: str) -> str:
    """Write ``;``-separated stamps as days, sorted."""
    return ";".join(map(_plain, sorted(clock.day(patient, stamp) for stamp in split_dates(cell))))


def _day_text(clock: Clock, patient: str, start: str, end: str) -> str:
    return f"{_plain(clock.day(patient, start))}/{_plain(clock.day(patient, end)) if end else ''}"


def _plain(day: float) -> str:
    return str(int(day)) if day.is_integer() else str(day)
