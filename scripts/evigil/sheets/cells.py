"""From text cells to typed columns, with every fault of a value in one line."""

import re

import numpy as np
import pandas as pd

from evigil.config_types import NAME, is_number
from evigil.sheets.columns import ALWAYS_CATEGORIES, DATE_COLUMN, Column, known, normalised
from evigil.sheets.days import is_date, parse_treatments, split_dates, stamp_fault
from evigil.sheets.reading import Sheet

COMMA = re.compile(r"[+-]?[\d.]*\d,\d+", re.ASCII)


def typed(sheet: Sheet, categorical: list[str]) -> pd.DataFrame:
    """Type the columns of a sheet; faults are added to ``sheet.faults``.

    Parameters
    ----------
    sheet
        Text cells.
    categorical
        Columns that stay text although every value is a number.

    Returns
    -------
    pandas.DataFrame
        One row per row of the sheet. Numbers are float, everything else text, missing is NaN.
        Times are still text, as written.
    """
    named = known(sheet.kind)
    columns = {}
    for name in sheet.columns:
        column = named.get(name)
        if column is not None:
            columns[name] = _named(sheet, column)
        elif name in ALWAYS_CATEGORIES or name in categorical:
            columns[name] = _text(sheet.columns[name])
        else:
            columns[name] = _covariate(sheet, name)
    return pd.DataFrame(columns)


def _text(cells: list[str]) -> pd.Series:
    return pd.Series([cell or np.nan for cell in cells], dtype=object)


def _numbers(cells: list[str]) -> pd.Series:
    return pd.Series([float(cell) if cell else np.nan for cell in cells], dtype=float)


def _covariate(sheet: Sheet, name: str) -> pd.Series:
    cells = sheet.columns[name]
    given = [cell for cell in cells if cell]
    if all(map(is_number, given)):
        return _numbers(cells)
    if all(is_number(cell) or COMMA.fullmatch(cell) for cell in given):
        _comma_fault(sheet, name)
    return _text(cells)


def _comma_fault(sheet: Sheet, name: str) -> None:
    rows = [row for row, cell in enumerate(sheet.columns[name]) if COMMA.fullmatch(cell)]
    if rows:
        point = sheet.columns[name][rows[0]].replace(",", ".")
        sheet.fault_of(name, rows, f"has a decimal comma; write {point}")


def _named(sheet: Sheet, column: Column) -> pd.Series:
    cells = sheet.columns[column.name]
    if column.filled:
        empty = [row for row, cell in enumerate(cells) if not cell]
        sheet.fault_of(column.name, empty, f"is empty, must be {column.allowed}")
    check = {"number": _number_column, "name": _name_column, "category": _category_column}
    if column.kind in check:
        return check[column.kind](sheet, column)
    faults = {row: _time_fault(column, cell) for row, cell in enumerate(cells) if cell}
    for text in dict.fromkeys(filter(None, faults.values())):
        sheet.fault_of(column.name, [row for row in faults if faults[row] == text], text)
    return _text(cells)


def _number_column(sheet: Sheet, column: Column) -> pd.Series:
    cells = sheet.columns[column.name]
    wrong = [row for row, cell in enumerate(cells) if cell and not is_number(cell)]
    if wrong:
        dates = [row for row in wrong if column.name == "day" and is_date(cells[row])]
        _comma_fault(sheet, column.name)
        rest = [row for row in wrong if not COMMA.fullmatch(cells[row]) and row not in dates]
        sheet.fault_of(column.name, rest, f"must be {column.allowed}")
        target = DATE_COLUMN.get(sheet.kind, "")
        sheet.fault_of(column.name, dates, f"is a date; dates belong in column {target}")
        return _numbers(["" if row in set(wrong) else cell for row, cell in enumerate(cells)])
    values = _numbers(cells)
    outside = (values < column.low) | (values > column.high)
    if column.whole:
        outside |= values.notna() & (values % 1 != 0)
    sheet.fault_of(column.name, list(np.flatnonzero(outside)), f"must be {column.allowed}")
    return values


def _name_column(sheet: Sheet, column: Column) -> pd.Series:
    cells = sheet.columns[column.name]
    wrong = [row for row, cell in enumerate(cells) if cell and not NAME.fullmatch(cell)]
    sheet.fault_of(column.name, wrong, f"must be {column.allowed}")
    return _text(cells)


def _category_column(sheet: Sheet, column: Column) -> pd.Series:
    cells = sheet.columns[column.name]
    if not column.values:
        return _text(cells)
    wrong = [row for row, cell in enumerate(cells) if cell and cell.lower() not in column.values]
    sheet.fault_of(column.name, wrong, f"must be {column.allowed}")
    return _text([normalised(column.name, cell) for cell in cells])


def _time_fault(column: Column, cell: str) -> str | None:
    if column.kind == "treatments":
        try:
            parse_treatments(cell)
        except ValueError as error:
            return str(error)
        return None
    if column.kind == "dates":
        return next(filter(None, (stamp_fault(part, False) for part in split_dates(cell))), None)
    if column.kind in ("date", "day"):
        return stamp_fault(cell, only_dates=column.kind == "date")
    return None
