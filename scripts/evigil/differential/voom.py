"""Counts with repeated draws: log2 counts per million, weighted by their precision.

Law et al. (2014), doi:10.1186/gb-2014-15-2-r29: the mean–variance trend of the features gives each
count its weight; the correlation within blocks is found as for log-scale layers, in two rounds
since weights and correlation depend on each other (limma's guide).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from evigil.differential.blocks import consensus_correlation
from evigil.differential.linear import (
    LogScaleFit,
    fit_design,
    moderate,
    observed_mean,
    tested_last,
)
from evigil.errors import UserError
from evigil.matrix.normalise import TMM
from evigil.stats.least_squares import Floats

# Share of the features that a local regression of the trend sees.
SPAN = 0.5


def fit_blocked_counts(
    counts: pd.DataFrame,
    design: pd.DataFrame,
    tested: list[str],
    block: pd.Series,
    size_factors: ArrayLike | None = None,
) -> LogScaleFit:
    """Test coefficients in every feature of a count layer with repeated draws.

    Parameters
    ----------
    counts
        Samples × features, complete.
    design, tested
        As for `fit_log_scale`.
    block
        The patient of each sample.
    size_factors
        Depth of each sample in any unit, shape (n_samples,); None: total times TMM factor.

    Returns
    -------
    LogScaleFit
        As of `fit_log_scale`.

    Raises
    ------
    UserError
        If there are fewer than two features, or no residual degrees of freedom.
    """
    matrix, ordered = counts.to_numpy(float), tested_last(design, tested)
    if size_factors is None:
        size_factors = TMM().fit(counts).size_factors(counts)
    library_sizes = _in_counts(np.asarray(size_factors, float), matrix.sum(axis=1))
    levels = log_cpm(matrix, library_sizes)
    correlation: float | None = None
    for _ in range(2):
        weights = precision_weights(matrix, levels, library_sizes, ordered, block, correlation)
        correlation = consensus_correlation(levels, ordered, block.to_numpy(), weights)
    fits = fit_design(levels, ordered, block, correlation, weights)
    return moderate(
        fits,
        counts.columns,
        len(tested),
        observed_mean(levels),
        model="voom",
        correlation=correlation,
    )


def _in_counts(size_factors: Floats, totals: Floats) -> Floats:
    """Give size factors the geometric mean of the totals; edgeR's effective totals stay as is."""
    return size_factors * np.exp(np.log(totals / size_factors).mean())


def log_cpm(counts: Floats, library_sizes: NDArray) -> Floats:
    """log2 of counts per million with half a count added: (n, m)."""
    return np.log2((counts + 0.5) / (library_sizes[:, None] + 1) * 1e6)


def precision_weights(
    counts: Floats,
    levels: Floats,
    library_sizes: NDArray,
    design: Floats,
    block: pd.Series | None = None,
    correlation: float | None = None,
) -> Floats:
    """Inverse variances of log counts per million, by the trend of the features: (n, m).

    Parameters
    ----------
    counts, levels
        Counts and their `log_cpm`, shape (n, m).
    library_sizes
        Shape (n,).
    design
        Shape (n, p).
    block, correlation
        The correlation of samples of the same block, where it is known already.
    """
    fits = fit_design(levels, design, block, correlation)
    some = counts.sum(axis=0) > 0
    if some.sum() < 2:
        raise UserError("a trend of the variance needs at least two features with counts")
    if not (fits.freedom > 0).all():
        raise UserError("the design has as many coefficients as there are samples")
    per_million = np.log2(library_sizes + 1).mean() - np.log2(1e6)
    mean = observed_mean(levels) + per_million
    x, y = _trend(mean[some], np.sqrt(np.sqrt(fits.variance[some])))
    fitted = design @ np.nan_to_num(fits.coefficients).T
    fitted_counts = 2**fitted * (library_sizes[:, None] + 1) / 1e6
    return np.interp(np.log2(fitted_counts), x, y) ** -4.0


def _trend(mean: Floats, root_sd: Floats) -> tuple[Floats, Floats]:
    """Cleveland's robust local regression, at the distinct means in rising order."""
    from statsmodels.nonparametric.smoothers_lowess import lowess

    line = lowess(root_sd, mean, frac=SPAN, it=3, delta=0.01 * np.ptp(mean))
    x, first, count = np.unique(line[:, 0], return_inverse=True, return_counts=True)
    return x, np.bincount(first, line[:, 1]) / count
