"""Any other feature table: brought to the scale of its layer."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.features.tables import FeatureTable, read_feature_table

#: No amount has a log2 above it; whatever is larger was never taken to logarithms.
LARGEST_LOG2 = 64.0


def read_layer_table(path: str | Path, samples: Iterable[str], scale: str) -> FeatureTable:
    """Read a table of lipids, metabolites, mRNA fragments or the like.

    Parameters
    ----------
    path
        TSV or CSV (also ``.gz``), ``.xlsx`` (first sheet) or ``.h5ad``, either way round.
    samples
        Names in the sample sheet; those that the table lacks are said, not refused.
    scale
        ``counts``: whole numbers, which stay as they are. ``log2``: stay as they are. ``linear``:
        brought to log2; there 0 is no measurement but a missing one.

    Returns
    -------
    FeatureTable
        Whole numbers, or log2 values with NaN where missing.

    Raises
    ------
    UserError
        One line with file, row, column and value; or a value below 0 on a linear scale.
    """
    table = read_feature_table(path, samples, counts=scale == "counts")
    if scale == "log2":
        _refuse_linear(path, table.values)
    if scale != "linear":
        return table
    values = table.values
    if (below := (values < 0).to_numpy()).any():
        row, column = np.argwhere(below)[0]
        place = f"sample {values.index[row]!r}, feature {values.columns[column]!r}"
        raise UserError(
            f"{path}: {place}: {values.iloc[row, column]:g} is below 0, which a linear scale "
            "cannot hold; is the table log2?"
        )
    zeros = int((values == 0).to_numpy().sum())
    logs = pd.DataFrame(np.log2(values.where(values > 0)), values.index, values.columns)
    told = [f"{path}: {zeros:,} cells are 0: missing on a linear scale"] if zeros else []
    return FeatureTable(logs, table.var, [*table.messages, *told])


def _refuse_linear(path: str | Path, values: pd.DataFrame) -> None:
    """Refuse amounts that were never taken to logarithms."""
    if (above := (values.abs() > LARGEST_LOG2).to_numpy()).any():
        row, column = np.argwhere(above)[0]
        place = f"sample {values.index[row]!r}, feature {values.columns[column]!r}"
        raise UserError(
            f"{path}: {place}: {values.iloc[row, column]:g} is no logarithm of an amount (within "
            f"{LARGEST_LOG2:g} of 0); is the table linear?"
        )
