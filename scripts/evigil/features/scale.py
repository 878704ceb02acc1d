"""Whether values are on the scale that they are said to be on."""

import numpy as np
import pandas as pd

from evigil.errors import UserError

LINEAR, LOG2 = "linear", "log2"
SCALES = (LINEAR, LOG2)
#: No amount has a log2 above it; whatever is larger was never taken to logarithms.
LARGEST_LOG2 = 64.0
#: Skewness above which values are not logarithms: amounts of whole proteomes have 6 to 53, their
#: logarithms -.6 to .8.
SKEWED = 5.0
#: Logarithms lie around their median: the lowest 1 % of whole proteomes have .6 to .7 of it and the
#: highest 1.2 to 1.6 times as much; of amounts .002 to .07 and 20 to 1000.
CLOSE, FAR = 0.4, 4.0
#: With fewer values neither says anything.
LEAST = 30


def to_log2(path: str, values: pd.DataFrame, scale: str | None) -> pd.DataFrame:
    """Take values to log2; on the linear scale 0 means that nothing was measured.

    Parameters
    ----------
    values
        Shape (n_samples, n_features), NaN where missing.
    scale
        What they are said to be: ``linear`` or ``log2``.

    Raises
    ------
    UserError
        If no scale is given, or the values contradict it.
    """
    if scale is None:
        raise UserError(f"{path}: a plain matrix needs a scale: linear or log2")
    if scale not in SCALES:
        raise UserError(f"{path}: scale must be one of {', '.join(SCALES)}, got {scale!r}")
    if fault := scale_fault(values.to_numpy(), scale):
        raise UserError(f"{path}: {fault}")
    return logarithms(values, scale)


def logarithms(values: pd.DataFrame, scale: str) -> pd.DataFrame:
    """Take values to log2 whatever they are, as limits of detection: many may be equal."""
    if scale == LOG2:
        return values
    cells = values.where(values > 0).to_numpy()
    return pd.DataFrame(np.log2(cells), values.index, values.columns)


def scale_fault(values: np.ndarray, scale: str) -> str:
    """Say in what values contradict a scale, or nothing."""
    known = values[~np.isnan(values)]
    if not known.size:
        return ""
    other = LOG2 if scale == LINEAR else LINEAR
    declared = f"declared {scale}, but "
    if scale == LINEAR and known.min() < 0:
        return f"{declared}the smallest value is {known.min():g}: declare scale {other}"
    if scale == LINEAR and known.max() > 2.0**LARGEST_LOG2:
        return f"the largest value is {known.max():g}: no intensity is above 2^{LARGEST_LOG2:g}"
    if scale == LOG2 and known.max() > LARGEST_LOG2:
        return f"{declared}the largest value is {known.max():g}: declare scale {other}"
    present = known[known != 0]
    if present.size < LEAST or present.min() < 0 or present.max() > LARGEST_LOG2:
        return ""
    low, middle, high = np.quantile(present, [0.01, 0.5, 0.99])
    if scale == LINEAR and low > CLOSE * middle and high < FAR * middle:
        shown = f"1 % below {low:.3g}, median {middle:.3g}, largest {present.max():.3g}"
        return f"{declared}the values look like logarithms ({shown}): declare scale {other}"
    if scale == LOG2 and (skewness := _skewness(present)) > SKEWED:
        shown = f"skewness {skewness:.3g}, largest {present.max():.3g}"
        return f"{declared}the values look linear ({shown}): declare scale {other}"
    return ""


def _skewness(values: np.ndarray) -> float:
    spread = values.std()
    return float(((values - values.mean()) ** 3).mean() / spread**3) if spread else 0.0
