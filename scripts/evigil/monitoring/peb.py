"""The parametric empirical Bayes rule: what a person's earlier visits let one expect."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

CELLS = 4_000_000
"""Covariance entries that are worked on at once: 32 MB."""


class Parameters(NamedTuple):
    """Disease-free values on the scale of y: mean, variance between and within patients."""

    mu: float
    tau2: float
    sigma2: float


def conditional_normal(
    y: Floats, mean: Floats, covariance: Floats, before: Ints
) -> tuple[Floats, Floats]:
    """Predict each draw from the earlier draws of its series: expectation and variance.

    Any joint normal law of a series may be given: slopes go into the mean, autocorrelation,
    unequal gaps, assay and shared-run variance into the covariance.

    Parameters
    ----------
    y, mean
        Shape (p, j): p series of j draws in the order of time.
    covariance
        Shape (p, j, j), positive definite.
    before
        Shape (p, j): how many draws, from the first, the expectation of each draw may use; at most
        its own position (fewer where draws share a day).

    Returns
    -------
    expected, variance
        Shape (p, j).

    Notes
    -----
    A Cholesky factorisation that goes forward in time: what is said of a draw is computed from the
    entries of earlier draws alone, operation for operation, so that draws added later change not
    even its last digit.
    """
    left = covariance.copy()
    residual = y - mean
    expected = mean.copy()
    variance = np.diagonal(covariance, axis1=1, axis2=2).copy()
    for k in range(y.shape[1]):
        loading = left[:, k:, k] / np.sqrt(left[:, k, k])[:, None]
        shift = loading * (residual[:, k] / loading[:, 0])[:, None]
        known = before[:, k:] > k
        expected[:, k:] += np.where(known, shift, 0.0)
        variance[:, k:] -= np.where(known, loading**2, 0.0)
        residual[:, k + 1 :] -= shift[:, 1:]
        left[:, k + 1 :, k + 1 :] -= loading[:, 1:, None] * loading[:, None, 1:]
    return expected, variance


def personal_expectation(
    y: Floats, series: Ints, before: Ints, parameters: Parameters
) -> tuple[Floats, Floats]:
    """Predict every draw of many series under one random intercept.

    With n earlier draws this is ``μ(1 − B) + ȳB`` and ``σ² + τ²(1 − B)``, ``B = nτ²/(nτ² + σ²)``.

    Parameters
    ----------
    y
        Shape (n,), on the scale of y.
    series
        Shape (n,): number of the series of each draw; its draws stand together, in time order.
    before
        Shape (n,): earlier draws of the series that count, as in `conditional_normal`.
    parameters
        Of disease-free patients.

    Returns
    -------
    expected, variance
        Shape (n,).

    References
    ----------
    McIntosh and Urban (2003), doi:10.1093/biostatistics/4.1.27
    """
    mu, tau2, sigma2 = parameters
    expected, variance = np.full((2, len(y)), np.nan)
    for rows, present in _blocks(series):
        shape = rows.shape
        covariance = np.full((shape[0], shape[1], shape[1]), tau2)
        covariance[:, np.arange(shape[1]), np.arange(shape[1])] += sigma2
        found = conditional_normal(y[rows], np.full(shape, mu), covariance, before[rows])
        expected[rows[present]], variance[rows[present]] = (part[present] for part in found)
    return expected, variance


def _blocks(series: Ints) -> Iterator[tuple[Ints, NDArray[np.bool_]]]:
    """Gather series of like length: row numbers (p, j), and which are draws, not filling."""
    if not len(series):
        return
    start = np.flatnonzero(np.r_[True, series[1:] != series[:-1]])
    length = np.diff(np.r_[start, len(series)])
    # Widths by powers of two: few blocks, and less than half of each is filling.
    width = 2 ** np.ceil(np.log2(length)).astype(int)
    for size in np.unique(width):
        chosen = np.flatnonzero(width == size)
        for part in np.array_split(chosen, -(-len(chosen) * size * size // CELLS)):
            offset = np.arange(size)
            present = offset < length[part][:, None]
            # Filling repeats the first draw; it comes after the last one and so changes nothing.
            yield start[part][:, None] + np.where(present, offset, 0), present
