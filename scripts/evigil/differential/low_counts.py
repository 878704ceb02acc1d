"""Features with enough counts for the design to say something about them."""

from __future__ import annotations

import numpy as np
import pandas as pd

_LEAST_COUNT = 10.0  # in as many samples as the smallest group has
_LEAST_TOTAL = 15.0
_LARGE_GROUP, _LARGE_SHARE = 10.0, 0.7  # of a large group, this share of what exceeds 10 counts
_ROUNDING = 1e-14


def keep_features(counts: pd.DataFrame, design: pd.DataFrame) -> pd.Series:
    """Decide which features are kept, from the design's group sizes and without its groups.

    Kept are features whose counts per million reach, in as many samples as the smallest group of
    the design has (70 % of what exceeds 10), what ten counts are in the median library, and whose
    counts add up to 15. The size of the smallest group is the reciprocal of the largest leverage,
    which covers covariates as well.

    Parameters
    ----------
    counts
        Samples × features.
    design
        Full column rank, samples × coefficients, same samples.

    Returns
    -------
    pandas.Series
        bool, by feature.

    References
    ----------
    Chen, Lun and Smyth (2016), doi:10.12688/f1000research.8987.2; equal to edgeR's
    ``filterByExpr``.
    """
    values = counts.to_numpy(float)
    q = np.linalg.qr(design.loc[counts.index].to_numpy(float))[0]
    group = 1 / (q**2).sum(axis=1).max()
    if group > _LARGE_GROUP:
        group = _LARGE_GROUP + (group - _LARGE_GROUP) * _LARGE_SHARE
    library = values.sum(axis=1)
    relative = values / library[:, None]
    enough = (relative >= _LEAST_COUNT / np.median(library)).sum(axis=0) >= group - _ROUNDING
    total = values.sum(axis=0) >= _LEAST_TOTAL - _ROUNDING
    return pd.Series(enough & total, counts.columns)
