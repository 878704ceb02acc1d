"""Technical replicates: how far the measurements of one specimen lie apart."""

from typing import Any

import numpy as np
import pandas as pd

REPLICATES = ["layer", "sample", "n", "features", "cv", "cv_90", "correlation", "note"]
LN2 = np.log(2)


def replicate_groups(sheet: pd.DataFrame) -> dict[str, list[str]]:
    """Return, by specimen, the samples that are measurements of it, itself among them."""
    if "replicate_of" not in sheet:
        return {}
    of = sheet.loc[sheet["replicate_of"].notna(), ["sample", "replicate_of"]]
    groups = of.groupby("replicate_of")["sample"].agg(sorted)
    return {str(name): [str(name), *members] for name, members in groups.items()}


def replicates(values: pd.DataFrame, groups: dict[str, list[str]]) -> pd.DataFrame:
    """Return how the replicates of each specimen agree.

    Parameters
    ----------
    values
        log2 values, shape (n_samples, n_features); what was not detected is nan.
    groups
        As `replicate_groups` returns them.

    Returns
    -------
    pandas.DataFrame
        ``sample, n, features, cv, cv_90, correlation, note``: a row for each specimen with at least
        two usable measurements, and ``ALL`` first: median and 90th percentile over the features of
        √(exp(s²) − 1), s the standard deviation of the natural logarithm (for ``ALL`` pooled over
        specimens), and the smallest correlation of two measurements. Features count that were
        detected in all measurements of the specimen. No row without replicates.
    """
    rows: list[dict[str, Any]] = []
    squares = pd.Series(0.0, index=values.columns)
    freedom = pd.Series(0, index=values.columns)
    for name, members in sorted(groups.items()):
        own = values.loc[[m for m in members if m in values.index]].dropna(axis=1)
        if len(own) < 2:
            note = "fewer than two of its measurements can be used"
            rows.append({"sample": name, "n": len(own), "features": 0, "note": note})
            continue
        variance = (own * LN2).var()
        squares[own.columns] += variance * (len(own) - 1)
        freedom[own.columns] += len(own) - 1
        varies = own.shape[1] > 2 and (own.std(axis=1) > 0).all()
        correlation = float(np.corrcoef(own).min()) if varies else np.nan
        rows.append(_row(name, len(own), variance) | {"correlation": correlation})
    if rows:
        measured = freedom > 0
        pooled = squares[measured] / freedom[measured]
        rows.insert(0, _row("ALL", sum(r["n"] for r in rows), pooled))
    return pd.DataFrame(rows, columns=REPLICATES[1:]).fillna({"note": ""})


def _row(name: str, n: int, variance: pd.Series) -> dict[str, Any]:
    cv = np.sqrt(np.expm1(variance.to_numpy(float)))
    low, high = np.quantile(cv, [0.5, 0.9]) if len(cv) else (np.nan, np.nan)
    return {"sample": name, "n": n, "features": len(cv), "cv": float(low), "cv_90": float(high)}
