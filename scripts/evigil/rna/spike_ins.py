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
    rows = [line.split("\t") for line in read_text(path).splitlines() if line.strip()]
    header = [cell.strip() for cell in rows[0]] if rows else []
    for column in COLUMNS:
        if column not in header:
            raise UserError(f"{path}: no column {column!r}{hint(column, header)}")
    if len(rows) < 2:
        raise UserError(f"{path}: holds no spike-in")
    seen: dict[str, set[str]] = {"name": set(), "sequence": set()}
    records = []
    for number, row in enumerate(rows[1:], start=2):
        cells = dict(zip(header, [cell.strip() for cell in row], strict=False))
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
