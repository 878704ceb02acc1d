"""Olink's long exports: CSV (``;`` or ``,``), text, parquet or .xlsx; a row of sample and assay."""

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.features.scale import LARGEST_LOG2
from evigil.proteomics.columns import Columns
from evigil.proteomics.readers.olink_rows import (
    LIMITS,
    QUANTIFIED,
    OlinkRows,
    of_quantified,
    refuse_ct,
    text_columns,
)
from evigil.proteomics.stream import ReadAgainError, Stream


def read_rows(path: str, values: bool) -> OlinkRows:
    """Read a long export.

    Parameters
    ----------
    values
        Whether values are read, and not only whose they are.

    Raises
    ------
    UserError
        If a column is missing, a value is no number, or there is no row.
    """
    stream = Stream(path)
    columns = stream.columns
    texts = text_columns(columns)
    quantity, quantified = _quantity(path, columns)
    limit = columns.find(*LIMITS)
    wanted = [name for name in (quantity, limit) if name] if values else []
    table = _whole(stream, list(dict.fromkeys(texts.values())), list(dict.fromkeys(wanted)))
    numbers = np.arange(len(table)) + (1 if stream.parquet else 2)
    ids = table[[texts["sample"], texts["assay_id"]]]
    filled = ids.notna().any(axis=1).to_numpy()
    table, numbers = table[filled].reset_index(drop=True), numbers[filled]
    if table.empty:
        raise UserError(f"{path}: no row below the header")
    rows = OlinkRows(
        pd.DataFrame({name: table[spelling] for name, spelling in texts.items()}),
        numbers,
        table[quantity].to_numpy(float) if values else np.full(len(table), np.nan),
        table[limit].to_numpy(float) if values and limit else None,
    )
    if quantified:
        return of_quantified(rows)
    _refuse_linear(path, rows)
    return rows


def _refuse_linear(path: str, rows: OlinkRows) -> None:
    """Refuse what is no NPX: infinite, or an amount that was never taken to logarithms."""
    high = np.flatnonzero(np.abs(rows.npx) > LARGEST_LOG2)
    if len(high):
        value = rows.npx[high[0]]
        raise UserError(
            f"{path}: row {rows.numbers[high[0]]}: column 'NPX': {value:g} is no NPX, which is "
            f"log2 (within {LARGEST_LOG2:g} of 0)"
        )


def _quantity(path: str, columns: Columns) -> tuple[str, bool]:
    quantified = columns.find(*QUANTIFIED)
    if columns.find("NPX") is None and quantified is not None:
        return quantified, True
    if columns.find("NPX") is None and columns.find("Ct") is not None:
        refuse_ct(path)
    return columns.need("NPX"), False


def _whole(stream: Stream, texts: list[str], numbers: list[str]) -> pd.DataFrame:
    """Read columns of all rows: texts as categories, numbers as float64."""
    import pyarrow as pa

    try:
        parts = list(stream.parts(texts, numbers))
    except ReadAgainError:
        return _whole(stream, texts, numbers)
    if not parts:
        return pd.DataFrame(columns=[*texts, *numbers])
    table = pa.Table.from_batches(parts).unify_dictionaries().to_pandas()
    return table.astype(dict.fromkeys(texts, "category"))
