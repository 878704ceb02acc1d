"""Control charts: does each quality attribute stay where it was, from batch to batch."""

from collections.abc import Iterable

import numpy as np
import pandas as pd
from natsort import natsorted

# Individuals and moving ranges of two: 3/d2 and D4 with d2 = 1.128 (Shewhart; NIST/SEMATECH
# e-Handbook of Statistical Methods, 6.3.2.2).
INDIVIDUALS = 2.66
RANGES = 3.267
# Limits of fewer batches would be of chance, and those of fewer than 20 are provisional (ours).
MINIMUM_BATCHES = 5
SETTLED_BATCHES = 20
# Columns of the sheet whose levels follow one another in time; quality.technical adds more.
BATCHES = ("batch", "run", "lot")
CHARTS = [
    *("layer", "metric", "covariate", "position", "level", "n", "value", "center", "lower"),
    *("upper", "moving_range", "range_limit", "signal", "note"),
]


def control_charts(
    gates: pd.DataFrame, sheet: pd.DataFrame, technical: Iterable[str]
) -> pd.DataFrame:
    """Chart every quality attribute over the batches.

    A point is the median of the attribute over the specimens of a batch. Batches are in the order
    of their first draws, or of their names where draws have no date.

    Parameters
    ----------
    gates
        ``quality/gates.tsv``: ``sample, layer, metric, value``.
    sheet
        ``sample``, the columns of the sheets, and ``role``; replicates count once.
    technical
        ``quality.technical``.

    Returns
    -------
    pandas.DataFrame
        ``quality/control_charts.tsv``: `CHARTS`, sorted by the first four; limits are missing where
        there are fewer than 5 batches. ``signal`` is ``level``, ``range`` or both where the point,
        or its distance from the one before, is beyond its limit.
    """
    counted = specimens(sheet)
    columns = [c for c in dict.fromkeys([*BATCHES, *technical]) if c in counted]
    tables = [
        _chart(rows, covariate)
        for covariate in columns
        for _, rows in _placed(gates, counted, covariate).groupby(["layer", "metric"])
    ]
    if not tables:
        return no_charts()
    table = pd.concat(tables, ignore_index=True)[CHARTS]
    return table.sort_values(CHARTS[:4], ignore_index=True)


def specimens(sheet: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that are neither blanks, references nor technical replicates."""
    kept = sheet["role"] == "sample"
    if "replicate_of" in sheet:
        kept &= sheet["replicate_of"].isna()
    return sheet[kept]


def _placed(gates: pd.DataFrame, sheet: pd.DataFrame, covariate: str) -> pd.DataFrame:
    """Return the measured values with the batch of their sample and its place."""
    known = sheet[sheet[covariate].notna()]
    level = known[covariate].map(str)
    order: list[str] = natsorted(level.unique())
    if "collected" in known and known["collected"].notna().all():
        first = known["collected"].groupby(level).min()
        order = sorted(order, key=lambda name: str(first[name]))
    place = {name: i + 1 for i, name in enumerate(order)}
    batches = pd.DataFrame({"sample": known["sample"], "level": level})
    rows = gates[gates["value"].notna()].merge(batches, on="sample")
    return rows.assign(place=rows["level"].map(place))


def _chart(rows: pd.DataFrame, covariate: str) -> pd.DataFrame:
    batches = rows.groupby(["place", "level"])["value"].agg(["median", "size"]).reset_index()
    values = batches["median"].to_numpy(float)
    moving = np.abs(np.diff(values, prepend=np.nan))
    number = len(values)
    center = lower = upper = limit = np.nan
    levels = f"{number} level" if number == 1 else f"{number} levels"
    note = f"{levels} of {covariate}: limits need {MINIMUM_BATCHES}"
    if number >= MINIMUM_BATCHES:
        center, mean_range = values.mean(), moving[1:].mean()
        reach, limit = INDIVIDUALS * mean_range, RANGES * mean_range
        lower, upper = center - reach, center + reach
        few = f"provisional: limits of {number} levels, fewer than {SETTLED_BATCHES}"
        note = few if number < SETTLED_BATCHES else ""
    # a constant attribute is where it was: its limits are itself, to rounding
    slack = 1e-9 * np.abs(values).max()
    level = (values < lower - slack) | (values > upper + slack)
    signals = {
        (False, False): "",
        (True, False): "level",
        (False, True): "range",
        (True, True): "level and range",
    }
    return pd.DataFrame(
        {
            "layer": rows["layer"].iloc[0],
            "metric": rows["metric"].iloc[0],
            "covariate": covariate,
            "position": np.arange(1, number + 1),
            "level": batches["level"],
            "n": batches["size"],
            "value": values,
            "center": center,
            "lower": lower,
            "upper": upper,
            "moving_range": moving,
            "range_limit": limit,
            "signal": [signals[pair] for pair in zip(level, moving > limit + slack, strict=True)],
            "note": note,
        }
    )


def no_charts() -> pd.DataFrame:
    """Return ``quality/control_charts.tsv`` without a row."""
    text = ("layer", "metric", "covariate", "level", "signal", "note")
    return pd.DataFrame({c: pd.Series(dtype=object if c in text else float) for c in CHARTS})
