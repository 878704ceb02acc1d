"""Thresholds from control scores: the nominal order statistic, and one that is assured."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betainc

Floats = NDArray[np.float64]

KINDS = ("nominal", "assured")
CONFIDENCE = 0.95
# 0.95 * 100 is 95.00000000000001 in another order of factors
ROUNDING = 1e-9


def rank(n_controls: int, specificity: float, kind: str) -> int | None:
    """Return which order statistic of the control scores is the threshold.

    Parameters
    ----------
    n_controls
        Distinct control patients.
    specificity
        Wanted share of controls at or below the threshold, in (0, 1).
    kind
        ``nominal``: ``ceil(s * n0)``. ``assured``: the smallest k with
        ``P(Beta(k, n0 - k + 1) >= s) >= 0.95``, so that the true specificity is at least `s`
        with 95 % confidence.

    Returns
    -------
    int or None
        1 for the smallest score … `n_controls` for the largest; None: not estimable.

    References
    ----------
    Wilks (1941), doi:10.1214/aoms/1177731788
    """
    if n_controls < controls_needed(specificity, kind):
        return None
    if kind == "nominal":
        return int(np.ceil(specificity * n_controls - ROUNDING))
    k = np.arange(1, n_controls + 1)
    assured = betainc(k, n_controls - k + 1, specificity) <= 1 - CONFIDENCE + ROUNDING
    return int(k[assured][0])


def controls_needed(specificity: float, kind: str) -> int:
    """Return the number of distinct control patients from which a threshold is estimable."""
    if kind == "nominal":
        return int(np.ceil(1 / (1 - specificity) - ROUNDING))
    return int(np.ceil(np.log(1 - CONFIDENCE) / np.log(specificity) - ROUNDING))


def why_not(n_controls: int, specificity: float, kind: str) -> str:
    """Say why a threshold is not estimable."""
    return (
        f"not estimable: the {kind} threshold at specificity {specificity:g} needs "
        f"{controls_needed(specificity, kind)} training controls, there are {n_controls}"
    )


def threshold_table(control_scores: Floats, specificities: list[float]) -> pd.DataFrame:
    """Return the thresholds of every kind at every specificity; positive is a score above.

    Parameters
    ----------
    control_scores
        Inner out-of-fold scores of the training controls, one per distinct patient, shape (n0,).
    specificities
        In (0, 1).

    Returns
    -------
    pandas.DataFrame
        ``specificity, kind, n_controls, threshold``; the threshold is missing where it is not
        estimable.
    """
    ordered = np.sort(control_scores)
    rows = []
    for specificity in sorted(set(specificities)):
        for kind in KINDS:
            k = rank(len(ordered), specificity, kind)
            threshold = np.nan if k is None else float(ordered[k - 1])
            rows.append((specificity, kind, len(ordered), threshold))
    return pd.DataFrame(rows, columns=["specificity", "kind", "n_controls", "threshold"])


def threshold_at(table: pd.DataFrame, specificity: float, kind: str = "nominal") -> float:
    """Look one threshold up in a `threshold_table`; nan where it is not estimable."""
    row = table[(table["specificity"] == specificity) & (table["kind"] == kind)]
    return float(row["threshold"].iloc[0])
