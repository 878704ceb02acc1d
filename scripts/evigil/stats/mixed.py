"""One random intercept by restricted maximum likelihood, in closed form but for one parameter.

With the ratio ``r = tau2 / sigma2`` held, mean, residual variance and likelihood have closed forms
that need of each group only its size, its mean and its sum of squares; groups of one size add up
further. So thousands of data sets are fitted side by side, at some 30 microseconds each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evigil.errors import UserError

Floats = NDArray[np.float64]

# From groups that do not matter to draws that hardly do. The likelihood can have two maxima (two of
# 1,481 small, heavy-tailed data sets): the grid finds the higher one, bisection does the rest.
RATIOS = np.concatenate([[0.0], np.logspace(-4, 13, 69)])
# Draws that agree within their group to this part of all squares (five digits) leave the ratio
# without an estimate that is more than rounding.
NO_SPREAD = 1e-10


class RandomIntercept(NamedTuple):
    """``y = mu + group + error``, group ~ N(0, tau2), error ~ N(0, sigma2)."""

    mu: float
    tau2: float
    sigma2: float
    loglik: float
    n_groups: int
    n: int


class RandomIntercepts(NamedTuple):
    """The fits of m data sets; each array has shape (m,), nan where there is no estimate."""

    mu: Floats
    tau2: Floats
    sigma2: Floats
    loglik: Floats


class _Sums(NamedTuple):
    """What the likelihood needs of m data sets whose groups have one of s sizes."""

    size: Floats  # (s,) draws in a group
    groups: Floats  # (m, s) groups of that size
    mean: Floats  # (m, s) mean of their means
    between: Floats  # (m, s) squared deviations of their means from it
    within: Floats  # (m,) squared deviations of the draws from their group's mean


def random_intercept(y: ArrayLike, groups: ArrayLike) -> RandomIntercept:
    """Fit one random intercept by REML, exactly, whatever the group sizes.

    Parameters
    ----------
    y
        Observations, shape (n,).
    groups
        The group (patient) of each, shape (n,).

    Returns
    -------
    RandomIntercept
        ``loglik`` is the restricted log-likelihood as lme4 reports it; ``tau2`` is 0 where the
        likelihood is highest there.

    Raises
    ------
    UserError
        If the two variances cannot be told apart: fewer than two groups, no group with two draws,
        or draws that never differ within a group.
    ValueError
        If a value is not finite or the lengths differ.

    References
    ----------
    Patterson and Thompson (1971), doi:10.1093/biomet/58.3.545; Bates et al. (2015) for the form of
    the likelihood, doi:10.18637/jss.v067.i01
    """
    values = np.asarray(y, float)
    if values.ndim != 1:
        raise ValueError("one data set has one dimension")
    n_groups = len(np.unique(np.asarray(groups)))
    fits = random_intercept_many(values[:, None], groups)
    if np.isnan(fits.loglik[0]):
        raise UserError(
            f"a random intercept needs at least two groups and draws that differ within a group; "
            f"there are {len(values)} draws of {n_groups} groups"
        )
    mu, tau2, sigma2, loglik = (float(part[0]) for part in fits)
    return RandomIntercept(mu, tau2, sigma2, loglik, n_groups, len(values))


def random_intercept_many(y: ArrayLike, groups: ArrayLike) -> RandomIntercepts:
    """Fit many data sets that share their groups.

    Parameters
    ----------
    y
        Shape (n, m): a column is a data set.
    groups
        Shape (n,).

    Returns
    -------
    RandomIntercepts
        Arrays of shape (m,); nan where `random_intercept` would raise `UserError`.
    """
    size, mean, within, center, scale = _group_sums(np.asarray(y, float), np.asarray(groups))
    classes = _by_size(size)
    groups_of = classes.sum(axis=0, keepdims=True)
    class_mean = mean @ classes / groups_of
    # Deviations first, then squares: a difference of sums of squares would cancel.
    between = (mean - class_mean @ classes.T) ** 2 @ classes
    sums = _Sums(np.unique(size), groups_of, class_mean, between, within.sum(axis=1))
    return _rescale(_fit(sums), center, scale, len(np.asarray(groups)))


def _group_sums(y: Floats, groups: NDArray) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    """Group sizes (g,), means (m, g) and sums of squares (m, g) of standardised data."""
    if y.ndim != 2 or groups.shape != (len(y),):
        raise ValueError(f"values and groups do not fit: {y.shape}, {groups.shape}")
    if not np.isfinite(y).all():
        raise ValueError("values must be finite")
    center = y.mean(axis=0) if len(y) else np.zeros(y.shape[1])
    spread = y.std(axis=0) if len(y) else np.zeros(y.shape[1])
    # Rounding alone must not look like spread.
    scale = np.where(spread > 1e-14 * np.abs(center), spread, 0.0)
    z = np.divide(y - center, scale, out=np.zeros_like(y), where=scale > 0)
    group, size = np.unique(groups, return_inverse=True, return_counts=True)[1:]
    mean = _add_up(z, group, len(size)) / size
    within = _add_up((z - mean.T[group]) ** 2, group, len(size))
    return size.astype(float), mean, within, center, scale


def _add_up(values: Floats, group: NDArray[np.intp], n_groups: int) -> Floats:
    """Sum (n, m) over the rows of each group: (m, n_groups)."""
    order = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[order], np.arange(n_groups))
    return np.add.reduceat(values[order], starts, axis=0).T if n_groups else values.T


def _by_size(size: Floats) -> Floats:
    """Which groups (rows) have which of the sizes that occur (columns)."""
    return (size[:, None] == np.unique(size)).astype(float)


def _fit(sums: _Sums) -> RandomIntercepts:
    """Find the ratio of the highest likelihood, then what follows from it."""
    estimable = (
        (sums.groups.sum(axis=1) >= 2)
        & (sums.groups @ (sums.size > 1) > 0)
        & (sums.within > NO_SPREAD * (sums.within + sums.between.sum(axis=1)))
    )
    m = len(sums.within)
    if not estimable.any():
        return RandomIntercepts(*np.full((4, m), np.nan))
    part = _Sums(
        sums.size,
        np.broadcast_to(sums.groups, sums.mean.shape)[estimable],
        sums.mean[estimable],
        sums.between[estimable],
        sums.within[estimable],
    )
    fits = _profile(part, _best_ratio(part))
    result = np.full((4, m), np.nan)
    result[:, estimable] = fits
    return RandomIntercepts(*result)


def _best_ratio(sums: _Sums) -> Floats:
    """Maximise the profile likelihood over the ratio: grid, then bisection of its slope."""
    m = len(sums.within)
    heights = np.stack([_profile(sums, np.full(m, ratio)).loglik for ratio in RATIOS])
    best = heights.argmax(axis=0)
    rising = _slope(sums, RATIOS[best]) > 0
    low = RATIOS[np.where(rising, best, np.maximum(best - 1, 0))]
    high = RATIOS[np.where(rising, np.minimum(best + 1, len(RATIOS) - 1), best)]
    for _ in range(55):  # each step is one bit
        middle = (low + high) / 2
        rising = _slope(sums, middle) > 0
        low = np.where(rising, middle, low)
        high = np.where(rising, high, middle)
    return (low + high) / 2


def _profile(sums: _Sums, ratio: Floats) -> RandomIntercepts:
    """Estimates and restricted log-likelihood at given ratios (m,)."""
    weight, mu, deviations = _around_mean(sums, ratio)
    freedom = sums.groups @ sums.size - 1
    sigma2 = (sums.within + (weight * deviations).sum(axis=1)) / freedom
    determinant = (sums.groups * np.log1p(ratio[:, None] * sums.size)).sum(axis=1)
    information = np.log((sums.groups * weight).sum(axis=1))
    deviance = freedom * (1 + np.log(2 * np.pi * sigma2)) + determinant + information
    return RandomIntercepts(mu, ratio * sigma2, sigma2, -deviance / 2)


def _slope(sums: _Sums, ratio: Floats) -> Floats:
    """Twice the derivative of the profile log-likelihood by the ratio."""
    weight, _, deviations = _around_mean(sums, ratio)
    squares = sums.within + (weight * deviations).sum(axis=1)
    information = (sums.groups * weight).sum(axis=1)
    freedom = sums.groups @ sums.size - 1
    return (
        freedom * (weight**2 * deviations).sum(axis=1) / squares
        - information
        + (sums.groups * weight**2).sum(axis=1) / information
    )


def _around_mean(sums: _Sums, ratio: Floats) -> tuple[Floats, Floats, Floats]:
    """Weights (m, s) of group means, their weighted mean (m,), squares (m, s) about it."""
    weight = sums.size / (1 + ratio[:, None] * sums.size)
    weighted = sums.groups * weight
    mu = (weighted * sums.mean).sum(axis=1) / weighted.sum(axis=1)
    return weight, mu, sums.between + sums.groups * (sums.mean - mu[:, None]) ** 2


def _rescale(
    fits: RandomIntercepts, center: Floats, scale: Floats, n: Floats | int
) -> RandomIntercepts:
    """Take fits of standardised data back to the units of the data."""
    return RandomIntercepts(
        center + scale * fits.mu,
        scale**2 * fits.tau2,
        scale**2 * fits.sigma2,
        # A scale of 0 has no estimate: keep the logarithm quiet about it.
        fits.loglik - (n - 1) * np.log(np.where(scale > 0, scale, np.nan)),
    )
