"""Variances of many features, each moved towards what the others say of it.

Smyth (2004), doi:10.2202/1544-6115.1027; with a trend over the features' level, Phipson et al.
(2016), doi:10.1214/16-AOAS920. The numbers are those of limma 3.54.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

# A variance below this part of the median is taken for that much: its logarithm means nothing.
SMALLEST_VARIANCE = 1e-5
NO_FREEDOM = 1e-15
# Features from which on the trend has one more column (limma's).
ENOUGH_TO_BEND = (3, 6, 30)


class Prior(NamedTuple):
    """What the features together say of the variance of one."""

    variance: Floats  # (m,)
    freedom: float  # may be infinite


def prior_of_variances(variance: Floats, freedom: Floats, covariate: Floats | None = None) -> Prior:
    """Estimate the prior from the moments of log variances.

    Parameters
    ----------
    variance, freedom
        Residual variances and their degrees of freedom, shape (m,); those without freedom (nan)
        say nothing and receive the prior all the same.
    covariate
        Shape (m,): the prior variance follows a natural spline of it.

    Raises
    ------
    ValueError
        If no feature has a variance.
    """
    known = (freedom > NO_FREEDOM) & (variance > -NO_FREEDOM)
    if not known.any():
        raise ValueError("no feature has residual degrees of freedom")
    observed, half = np.maximum(variance[known], 0), freedom[known] / 2
    if len(observed) == 1:
        return Prior(np.full(len(variance), observed[0]), 0.0)
    middle = float(np.median(observed))
    observed = np.maximum(observed, SMALLEST_VARIANCE * (middle if middle > 0 else 1.0))
    log_variance = np.log(observed) - special.digamma(half) + np.log(half)
    if covariate is None:
        trend = np.full(len(variance), log_variance.mean())
        spread = log_variance.var(ddof=1)
    else:
        trend, spread = _follow(log_variance, covariate, known)
    excess = spread - special.polygamma(1, half).mean()
    if excess > 0:
        prior = 2 * trigamma_inverse(excess)
        shift = special.digamma(prior / 2) - np.log(prior / 2)
        return Prior(np.exp(trend + shift), prior)
    if covariate is None:
        return Prior(np.full(len(variance), observed.mean()), np.inf)
    return Prior(np.exp(trend), np.inf)


def moderated_variance(variance: Floats, freedom: Floats, prior: Prior) -> Floats:
    """Weigh each variance and the prior by their degrees of freedom, shape (m,); nan of none."""
    if np.isinf(prior.freedom):
        return prior.variance.copy()
    own = np.where(freedom > 0, freedom * np.nan_to_num(variance), 0.0)
    total = freedom + prior.freedom
    weighed = own + prior.freedom * prior.variance
    return np.divide(weighed, total, out=np.full(len(total), np.nan), where=total > 0)


def trigamma_inverse(value: float) -> float:
    """Return x with trigamma(x) = value > 0.

    Since ``1 / x < trigamma(x) < 1 / x + 1 / x²``, x lies between the solutions of these bounds;
    where it is large, trigamma is half-way between them but for terms of 1 / x³.
    """
    from scipy.optimize import brentq

    low = 1 / value
    high = (1 + np.sqrt(1 + 4 * value)) / (2 * value)
    if high - low <= 1e-7 * low:
        return (low + high) / 2
    return float(brentq(lambda x: special.polygamma(1, x) - value, low, high, xtol=1e-300))


def two_sided_t(statistic: Floats, freedom: Floats) -> Floats:
    """p-values of t statistics, exact far into the tails; infinite freedom is the normal."""
    finite = np.where(np.isinf(freedom), 1.0, freedom)
    p = special.betainc(finite / 2, 0.5, finite / (finite + statistic**2))
    return np.where(np.isinf(freedom), 2 * special.ndtr(-np.abs(statistic)), p)


def upper_f(statistic: Floats, numerator: Floats, freedom: Floats) -> Floats:
    """p-values of F statistics; infinite freedom is a chi-square."""
    finite = np.where(np.isinf(freedom), 1.0, freedom)
    explained = np.maximum(numerator, 1) * statistic
    p = special.betainc(finite / 2, np.maximum(numerator, 1) / 2, finite / (finite + explained))
    chi = special.gammaincc(np.maximum(numerator, 1) / 2, explained / 2)
    return np.where(np.isinf(freedom), chi, p)


def _follow(log_variance: Floats, covariate: Floats, known: NDArray) -> tuple[Floats, float]:
    """Regress on a natural spline: fitted values (m,), mean square of the residuals."""
    n = int(known.sum())
    columns = int(np.searchsorted(ENOUGH_TO_BEND, n, side="right")) + 1
    columns = min(columns, len(np.unique(covariate[known])))
    basis = _natural_spline(covariate, covariate[known], columns)
    orthogonal, triangle = np.linalg.qr(basis[known])
    along = orthogonal.T @ log_variance
    residual = log_variance - orthogonal @ along
    left = n - columns
    spread = float(residual @ residual / left) if left else 0.0
    return basis @ np.linalg.solve(triangle, along), spread


def _natural_spline(x: Floats, training: Floats, columns: int) -> Floats:
    """Cubic, linear outside the training range, knots at equal shares of the training values.

    Truncated powers (Hastie et al., Elements of Statistical Learning, 5.2.1) span what R's ``ns``
    spans.
    """
    knots = np.quantile(training, np.linspace(0, 1, columns)) if columns > 1 else training[:1]
    width = float(np.ptp(knots)) or 1.0
    z, at = (x - knots[0]) / width, (knots - knots[0]) / width
    basis = [np.ones_like(z)]
    if columns > 1:
        basis.append(z)

    def bend(k: int) -> Floats:
        rest = np.maximum(z - at[k], 0) ** 3 - np.maximum(z - at[-1], 0) ** 3
        return rest / (at[-1] - at[k])

    basis += [bend(k) - bend(columns - 2) for k in range(columns - 2)]
    return np.column_stack(basis)
