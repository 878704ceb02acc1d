"""What is wrong between a contrast and the sample sheet: columns, values, kinds of columns."""

import pandas as pd
from pandas.api.types import is_numeric_dtype

from evigil.config import Contrast
from evigil.config_contrasts import columns_by_key
from evigil.errors import hint
from evigil.sheets.selectors import selector_faults, value_faults


def contrast_faults(table: pd.DataFrame, name: str, block: Contrast) -> list[str]:
    """Return every fault of a contrast, one line each.

    Parameters
    ----------
    table
        The specimens of the study, joined to patients.
    name
        Name of the contrast.
    block
        The contrast; its keys fit each other.
    """
    path = f"differential.contrasts.{name}"
    faults = selector_faults(table, block.select, f"{path}.select")
    for key, columns in columns_by_key(block).items():
        for column in columns:
            if column not in table:
                near = hint(column, table.columns)
                faults.append(f"config: {path}.{key}: no column {column!r}{near}")
    if block.column in table:
        for key in ("case", "control"):
            values = getattr(block, key) or []
            faults += value_faults(table[block.column], values, f"{path}.{key}")
        faults += _kind_faults(table[block.column], path, block)
    return faults


def _kind_faults(column: pd.Series, path: str, block: Contrast) -> list[str]:
    """Find text where numbers are compared, and numbers where levels are."""
    numeric = is_numeric_dtype(column)
    if block.per is not None and not numeric:
        shown = ", ".join(repr(value) for value in sorted(column.dropna().unique())[:2])
        return [
            f"config: {path}.per needs a numeric column; {block.column!r} holds text ({shown}): "
            "use case and control, or test: lrt"
        ]
    if block.test is not None and numeric:
        return [
            f"config: {path}.test: lrt compares levels and {block.column!r} holds numbers: use "
            "per, or list it in categorical"
        ]
    return []
