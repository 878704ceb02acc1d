"""Selectors, ``column: [values]``: rows of a table that have one of the values in every column."""

import pandas as pd

from evigil.errors import hint
from evigil.sheets.columns import normalised

SHOWN_VALUES = 6


def match(table: pd.DataFrame, selectors: dict[str, list[str]]) -> pd.Series:
    """Return which rows a selector admits.

    Parameters
    ----------
    table
        Own columns and those of the patients, shape (n_rows, n_columns).
    selectors
        Values by column; all columns must match. ``{}`` admits every row.

    Returns
    -------
    pandas.Series
        Booleans on the index of `table`.
    """
    admitted = pd.Series(True, index=table.index)
    for column, values in selectors.items():
        admitted &= equal(table[column], values)
    return admitted


def equal(column: pd.Series, values: list[str]) -> pd.Series:
    """Return which cells equal one of some values, as numbers where the column is numeric."""
    if pd.api.types.is_numeric_dtype(column):
        return column.isin([number for number in map(_number, values) if number is not None])
    return column.isin([normalised(str(column.name), value) for value in values])


def selector_faults(table: pd.DataFrame, selectors: dict[str, list[str]], path: str) -> list[str]:
    """Name columns that do not exist and values that no row has."""
    faults = []
    for column, values in selectors.items():
        if column not in table:
            faults.append(f"config: {path}: no column {column!r}{hint(column, table.columns)}")
        else:
            faults += value_faults(table[column], values, f"{path}.{column}")
    return faults


def value_faults(column: pd.Series, values: list[str], path: str) -> list[str]:
    """Name values that no row of a column has."""
    there = _texts(column)
    listed = f", only {', '.join(sorted(there))}" if 0 < len(there) <= SHOWN_VALUES else ""
    return [
        f"config: {path}: no row has {value!r} in column {column.name!r}{listed}"
        f"{hint(value, there)}"
        for value in values
        if not equal(column, [value]).any()
    ]


def with_patients(table: pd.DataFrame, patients: pd.DataFrame) -> pd.DataFrame:
    """Join rows to patients; a column of the rows themselves goes before the patients'."""
    spare = [name for name in patients if name == "patient" or name not in table]
    return table.merge(patients[spare], on="patient", how="left", validate="many_to_one")


def _texts(column: pd.Series) -> list[str]:
    values = column.dropna().unique()
    return [f"{v:g}" if isinstance(v, float) else str(v) for v in values]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
