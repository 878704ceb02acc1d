"""Dispersion as a function of the mean, and how far features scatter around it.

Love et al. (2014), doi:10.1186/s13059-014-0550-8: alpha(mean) = asymptote + extra / mean, by a
gamma regression with identity link. Where that fails, a local regression (Cleveland 1979,
doi:10.1080/01621459.1979.10481038) of ln dispersion on ln mean; with too few features, their mean.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from evigil.differential.dispersion import MIN_DISPERSION
from evigil.differential.negative_binomial import Floats

_LEAST_PRIOR_VARIANCE = 0.25
_MOST_DEGREES = 3  # residual degrees of freedom up to which ln dispersions are too skewed for a MAD


class Trend(NamedTuple):
    """Fitted dispersions as a function of the mean of the normalised counts.

    Attributes
    ----------
    kind : str
        ``parametric``, ``local`` or ``mean``.
    coefficients : list of float
        Asymptote and extra for ``parametric``, the mean for ``mean``, none for ``local``.
    at : callable
        From means to dispersions.
    """

    kind: str
    coefficients: list[float]
    at: Callable[[Floats], Floats]


def fit_trend(means: Floats, dispersions: Floats) -> Trend:
    """Fit the trend on features whose dispersion is not at the lower limit.

    Parameters
    ----------
    means
        Mean normalised counts, > 0, shape (n_features,).
    dispersions
        Gene-wise estimates, shape (n_features,).
    """
    from scipy.stats import trim_mean

    used = dispersions > 100 * MIN_DISPERSION
    coefficients = _gamma_regression(means[used], dispersions[used]) if used.any() else None
    if coefficients is not None:
        asymptote, extra = coefficients
        return Trend("parametric", [asymptote, extra], lambda x: asymptote + extra / x)
    usable = dispersions >= 10 * MIN_DISPERSION
    if usable.sum() >= _LEAST_FOR_LOCAL:
        return Trend("local", [], _local(means[usable], dispersions[usable]))
    level = float(trim_mean(dispersions[usable], 0.001)) if usable.any() else MIN_DISPERSION
    return Trend("mean", [level], lambda x: np.full_like(x, level))


def _gamma_regression(means: Floats, dispersions: Floats) -> tuple[float, float] | None:
    """Find asymptote and extra without what is 15 times too large; None where that fails."""
    design = np.column_stack([np.ones_like(means), 1 / means])
    coefficients = np.array([0.1, 1.0])
    for _ in range(11):
        residuals = dispersions / (design @ coefficients)
        good = (residuals > 1e-4) & (residuals < 15)
        new, converged = _identity_gamma_glm(design[good], dispersions[good], coefficients)
        if not (new > 0).all():
            return None
        moved = np.sum(np.log(new / coefficients) ** 2)
        coefficients = new
        if moved < 1e-6 and converged:
            return float(new[0]), float(new[1])
    return None


def _identity_gamma_glm(design: Floats, y: Floats, start: Floats) -> tuple[Floats, bool]:
    """Reweighted least squares with R's stopping rule, halving steps that leave mu > 0.

    Not statsmodels: its steps are not halved, so that it stops with means below 0.
    """
    beta = start
    mu: Floats = design @ start
    if len(y) < 2:
        return np.full(2, np.nan), False
    deviance = _gamma_deviance(y, mu)
    for _ in range(25):
        previous = beta
        weighted = design / mu[:, None]
        beta = np.asarray(np.linalg.lstsq(weighted, y / mu, rcond=None)[0], float)
        mu = design @ beta
        for _ in range(25):
            if (mu > 0).all():
                break
            beta = (beta + previous) / 2
            mu = design @ beta
        new = _gamma_deviance(y, mu)
        if abs(new - deviance) / (abs(new) + 0.1) < 1e-8:
            return beta, True
        deviance = new
    return beta, False


def _gamma_deviance(y: Floats, mu: Floats) -> float:
    return float(-2 * np.sum(np.log(y / mu) - (y - mu) / mu))


_LEAST_FOR_LOCAL = 20  # features, for a local regression (ours)
_NEIGHBOURS = 0.7  # share of the features in a neighbourhood
_KNOTS = 101


def _local(means: Floats, dispersions: Floats) -> Callable[[Floats], Floats]:
    """Fit ln dispersion on ln mean, weighted by the mean: quadratics at knots, lines between."""
    x, y = np.log(means), np.log(dispersions)
    knots = np.linspace(x.min(), x.max(), _KNOTS)
    near = int(np.ceil(_NEIGHBOURS * len(x)))
    fitted = np.empty(_KNOTS)
    for k, knot in enumerate(knots):
        away = np.abs(x - knot)
        reach = max(np.partition(away, near - 1)[near - 1], 1e-8)
        weight = np.sqrt(means * np.clip(1 - (away / reach) ** 3, 0, None) ** 3)
        local = np.vander(x - knot, 3, increasing=True) * weight[:, None]
        fitted[k] = np.linalg.lstsq(local, y * weight, rcond=None)[0][0]
    return lambda at: np.exp(np.interp(np.log(at), knots, fitted))


def residual_variance(dispersions: Floats, trend: Floats) -> float:
    """Variance of ln dispersion around the trend, from the median absolute deviation."""
    residuals = _residuals(dispersions, trend)
    if not residuals.size:
        return 0.0
    return float((1.4826 * np.median(np.abs(residuals - np.median(residuals)))) ** 2)


def _residuals(dispersions: Floats, trend: Floats) -> Floats:
    used = dispersions >= 100 * MIN_DISPERSION
    return np.log(dispersions[used] / trend[used])


def prior_variance(dispersions: Floats, trend: Floats, degrees: int) -> float:
    """Variance of the prior of ln dispersion: what sampling does not explain.

    Parameters
    ----------
    dispersions, trend
        Gene-wise estimates and their trend, shape (n_features,).
    degrees
        Residual degrees of freedom, n_samples − p, >= 1.
    """
    from scipy.special import polygamma

    if degrees <= _MOST_DEGREES:
        found = _matched_variance(_residuals(dispersions, trend), degrees)
    else:
        found = residual_variance(dispersions, trend) - float(polygamma(1, degrees / 2))
    return max(found, _LEAST_PRIOR_VARIANCE)


def _matched_variance(residuals: Floats, degrees: int) -> float:
    """Variance with which ln(chi²/degrees) + normal is nearest to the residuals.

    Nearest = least Kullback-Leibler divergence between histograms. DESeq2 draws the second one at
    random and smooths over the draws; here its probabilities are integrated.
    """
    from scipy.special import ndtr
    from scipy.stats import chi2

    edges = np.arange(-20, 21) / 2
    inside = residuals[(residuals > edges[0]) & (residuals < edges[-1])]
    if not inside.size:
        return 0.0
    observed = np.histogram(inside, edges)[0] / (len(inside) * 0.5)
    shares = (np.arange(400) + 0.5) / 400
    centres = np.log(chi2.ppf(shares, degrees) / degrees)
    grid = np.linspace(0, 8, 201)[1:]
    away = edges[:, None] - centres
    divergence = []
    for variance in grid:
        below = ndtr(away / np.sqrt(variance)).mean(axis=1)
        expected = np.diff(below) / 0.5
        expected /= expected.sum() * 0.5
        small = np.min(np.concatenate([observed[observed > 0], [1e-4 / 0.5]]))
        divergence.append(np.sum(observed * (np.log(observed + small) - np.log(expected + small))))
    return float(grid[np.argmin(divergence)])
