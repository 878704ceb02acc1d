"""The sheet of spike-ins: what was added to a sample, and how much of it."""

from pathlib import Path

import pandas as pd

from evigil.errors import UserError, hint
from evigil.rna.sequences import read_text

COLUMNS = ("name", "sequence", "amount")
SHORTEST_BODY = 16


def read_spike_ins(path: str | Path) -> pd.DataFrame:
    """Read the spike-ins of a study.

    Parameters
    ----------
    path
        TSV with the columns ``name, sequence, amount`` (amol added per sample; may be empty).

    Returns
    -------
    pandas.DataFrame
        ``name, sequence`` (upper case, T for U), ``amount`` (float or NaN), sorted by name.

    Raises
    ------
    UserError
        One line with file, row, column and value.
    """
    lines = enumerate(read_text(path).splitlines(), start=1)
    rows = [
        (number, [cell.strip() for cell in line.split("\t")])
        for number, line in lines
        if line.strip()
    ]
    header = rows[0][1] if rows else []
    for mark, name in ((",", "commas"), (";", "semicolons")):
        if len(header) == 1 and mark in header[0]:
            raise UserError(f"{path}: row 1: the columns are separated by {name}, expected tabs")
    for column in COLUMNS:
        if column not in header:
            raise UserError(f"{path}: no column {column!r}{hint(column, header)}")
        if header.count(column) > 1:
            raise UserError(f"{path}: row 1: column {column!r} is given twice")
    if len(rows) < 2:
        raise UserError(f"{path}: holds no spike-in")
    seen: dict[str, set[str]] = {"name": set(), "sequence": set()}
    records = []
    for number, row in rows[1:]:
        if len(row) > len(header):
            told = f"{len(row)} cells, the header has {len(header)} columns"
            raise UserError(f"{path}: row {number}: {told}")
        cells = dict(zip(header, row, strict=False))
        record = _record(path, number, {c: cells.get(c, "") for c in COLUMNS})
        for column, values in seen.items():
            value = str(record[column])
            if value in values:
                raise UserError(f"{path}: row {number}: column {column!r}: {value!r} is twice")
            values.add(value)
        records.append(record)
    return pd.DataFrame(records).sort_values("name", ignore_index=True)


def _record(path: str | Path, number: int, cells: dict[str, str]) -> dict[str, object]:
    sequence = cells["sequence"].upper().replace("U", "T")
    where = f"{path}: row {number}: column"
    if not cells["name"]:
        raise UserError(f"{where} 'name' is empty")
    if set(sequence) - set("ACGT") or len(sequence) < SHORTEST_BODY:
        raise UserError(
            f"{where} 'sequence' must be at least {SHORTEST_BODY} of A, C, G, T or U,"
            f" got {cells['sequence']!r}"
        )
    try:
        amount = float(cells["amount"] or "nan")
    except ValueError:
        amount = 0.0
    if cells["amount"] and not 0 < amount < float("inf"):
        raise UserError(f"{where} 'amount' must be above 0 (amol), got {cells['amount']!r}")
    return {"name": cells["name"], "sequence": sequence, "amount": amount}
