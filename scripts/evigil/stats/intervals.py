"""Confidence intervals."""

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betaincinv, gammaincinv

Bounds = tuple[NDArray[np.float64], NDArray[np.float64]]


def clopper_pearson(k: ArrayLike, n: ArrayLike, level: float = 0.95) -> Bounds:
    """Exact binomial interval.

    Parameters
    ----------
    k, n
        Successes and trials, any shapes that broadcast; ``0 <= k <= n``.
    level
        Coverage: at least this much for every true share.

    Returns
    -------
    low, high
        Shares in [0, 1], in the broadcast shape; (0, 1) where there was no trial.

    Raises
    ------
    ValueError
        If a count is negative, not a number, or larger than its trials.

    References
    ----------
    Clopper and Pearson (1934), doi:10.1093/biomet/26.4.404
    """
    hits, trials = np.broadcast_arrays(np.asarray(k, float), np.asarray(n, float))
    if not np.all((hits >= 0) & (hits <= trials)):
        raise ValueError("successes must lie between 0 and the number of trials")
    tail = (1 - level) / 2
    # At the ends the inverse has no value and the bound is known: compute beside it, then choose.
    low = np.where(hits > 0, betaincinv(np.maximum(hits, 1), trials - hits + 1, tail), 0.0)
    high = np.where(
        hits < trials, betaincinv(hits + 1, np.maximum(trials - hits, 1), 1 - tail), 1.0
    )
    return low, high


def poisson_interval(k: ArrayLike, level: float = 0.95) -> Bounds:
    """Exact interval for the mean of a Poisson count.

    Parameters
    ----------
    k
        Observed counts, any shape, ``k >= 0``.
    level
        Coverage: at least this much for every true mean.

    Returns
    -------
    low, high
        Expected counts, in the shape of `k`; `low` is 0 where `k` is.

    Raises
    ------
    ValueError
        If a count is negative or not a number.

    References
    ----------
    Garwood (1936), doi:10.1093/biomet/28.3-4.437
    """
    count = np.asarray(k, float)
    if not np.all(count >= 0):
        raise ValueError("counts must not be negative")
    tail = (1 - level) / 2
    low = np.where(count > 0, gammaincinv(np.maximum(count, 1), tail), 0.0)
    return low, gammaincinv(count + 1, 1 - tail)


def share(k: int, n: int, level: float = 0.95) -> dict[str, float | int | None]:
    """Describe k of n with its exact interval, ready for JSON.

    Returns
    -------
    dict
        ``estimate, low, high, k, n``; the first three are None when `n` is 0.
    """
    if n == 0:
        return {"estimate": None, "low": None, "high": None, "k": 0, "n": 0}
    low, high = clopper_pearson(k, n, level)
    return {
        "estimate": float(k / n),
        "low": float(low),
        "high": float(high),
        "k": int(k),
        "n": int(n),
    }


def quantile_interval(
    values: ArrayLike, q: float = 0.5, level: float = 0.95
) -> tuple[float, float]:
    """Distribution-free interval for a quantile, from order statistics.

    Parameters
    ----------
    values
        Independent observations, shape (n,).
    q
        The quantile, in (0, 1).

    Returns
    -------
    low, high
        Two of the values; nan on a side where `n` is too small to bound the quantile at `level`.

    References
    ----------
    Hahn and Meeker (1991), Statistical Intervals, section 5.2, doi:10.1002/9780470316771
    """
    from scipy.stats import binom

    x = np.sort(np.asarray(values, float))
    # P(the r-th smallest value exceeds the quantile) = P(Bin(n, q) <= r - 1).
    below = binom.cdf(np.arange(x.size), x.size, q)
    tail = (1 - level) / 2
    safe_low = np.flatnonzero(below <= tail)
    safe_high = np.flatnonzero(below >= 1 - tail)
    low = float(x[safe_low[-1]]) if safe_low.size else np.nan
    high = float(x[safe_high[0]]) if safe_high.size else np.nan
    return low, high
