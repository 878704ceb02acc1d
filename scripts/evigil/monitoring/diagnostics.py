"""Whether the reference's own draws behave as its model says."""

from typing import Any

import numpy as np
import pandas as pd

LAG1_LIMIT = 0.15


def diagnose(z: pd.Series, patient: pd.Series) -> dict[str, Any]:
    """Describe the z of the reference draws; under the model they are independent N(0, 1).

    Parameters
    ----------
    z
        PEB z of each reference draw, shape (n,), in the order of patient and time.
    patient
        Whose it is, shape (n,).

    Returns
    -------
    dict
        ``mean, sd, lag1`` (correlation of a patient's consecutive z), ``kurtosis`` (excess),
        ``largest_residual`` (the z farthest from 0), ``warnings``; null where there are too few.
    """
    values = z.to_numpy(float)
    same = (patient == patient.shift()).to_numpy()
    lag1 = _correlation(values[1:][same[1:]], values[:-1][same[1:]])
    deviation = values - values.mean() if len(values) else values
    variance = float((deviation**2).mean()) if len(values) else 0.0
    found: dict[str, Any] = {
        "mean": float(values.mean()) if len(values) else None,
        "sd": float(values.std(ddof=1)) if len(values) > 1 else None,
        "lag1": lag1,
        "kurtosis": float((deviation**4).mean() / variance**2 - 3) if variance > 0 else None,
        "largest_residual": float(values[np.abs(values).argmax()]) if len(values) else None,
        "warnings": [],
    }
    if lag1 is not None and abs(lag1) > LAG1_LIMIT:
        found["warnings"].append(
            f"consecutive draws of a reference patient are correlated beyond the model (lag-1 "
            f"{lag1:.2f}, limit {LAG1_LIMIT}): the rate of false alarms can differ from the "
            "nominal one"
        )
    return found


def _correlation(a: np.ndarray, b: np.ndarray) -> float | None:
    if len(a) < 3 or a.std() == 0 or b.std() == 0:
        return None
    return float(np.corrcoef(a, b)[0, 1])
