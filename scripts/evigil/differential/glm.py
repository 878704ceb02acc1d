"""Negative-binomial regression of many features on one design, the dispersions given.

Iteratively reweighted least squares with a ridge so small that it only keeps the equations
solvable, as in Love et al. (2014), doi:10.1186/s13059-014-0550-8; features on which it does not
settle are handed to a bounded quasi-Newton search.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evigil.differential.negative_binomial import (
    Floats,
    blocks,
    constant_part,
    gram,
    log_likelihood,
    mean_part,
    outer_products,
)

LOG2 = float(np.log(2))
MIN_MEAN = 0.5  # expected counts below this weigh as this
_RIDGE = 1e-6  # precision of a coefficient's prior, log2 scale
_TOLERANCE = 1e-8  # relative change of the deviance
_MOST_ROUNDS = 100
_PROBE = 1e-3  # step of the differences
_LARGE = 30.0  # a coefficient beyond this has run off


class Fit(NamedTuple):
    """Regression of each feature.

    Attributes
    ----------
    coefficients, standard_errors : numpy.ndarray
        Natural logarithms, shape (n_features, p).
    means : numpy.ndarray
        Expected counts, shape (n_features, n_samples).
    leverages : numpy.ndarray
        Diagonal of the hat matrix, shape (n_features, n_samples).
    log_likelihood : numpy.ndarray
        Shape (n_features,).
    converged : numpy.ndarray
        Shape (n_features,), bool.
    """

    coefficients: Floats
    standard_errors: Floats
    means: Floats
    leverages: Floats
    log_likelihood: Floats
    converged: NDArray[np.bool]


def fit(counts: Floats, size_factors: Floats, design: Floats, alpha: Floats) -> Fit:
    """Fit each feature's counts.

    Parameters
    ----------
    counts
        Shape (n_features, n_samples).
    size_factors
        Shape (n_samples,).
    design
        Full column rank, shape (n_samples, p).
    alpha
        Dispersions, shape (n_features,).
    """
    n, m = counts.shape
    outer = outer_products(design)
    beta = _start(counts, size_factors, design)
    result = Fit(
        beta.copy(),
        np.empty_like(beta),
        np.empty((n, m)),
        np.empty((n, m)),
        np.empty(n),
        np.empty(n, bool),
    )
    for rows in blocks(n, m):
        own, converged = _reweighted(
            counts[rows], size_factors, design, outer, alpha[rows], beta[rows]
        )
        result.coefficients[rows], result.converged[rows] = own, converged
        with np.errstate(over="ignore", invalid="ignore"):
            result.means[rows] = size_factors * np.exp(own @ design.T)
        inside = np.maximum(result.means[rows], MIN_MEAN)
        errors, result.leverages[rows] = _errors(inside, alpha[rows], outer)
        result.standard_errors[rows] = errors
    _search(counts, size_factors, design, alpha, beta, result)
    for rows in blocks(n, m):
        result.log_likelihood[rows] = log_likelihood(counts[rows], result.means[rows], alpha[rows])
    return result


def fit_intercept(counts: Floats, size_factors: Floats, alpha: Floats) -> Floats:
    """Log-likelihood of the model that has an intercept only, shape (n_features,).

    Its coefficient is the mean of the normalised counts, as DESeq2 has it: not quite the maximum
    where size factors differ.
    """
    means = (counts / size_factors).mean(axis=1)[:, None] * size_factors
    return log_likelihood(counts, means, alpha)


def _start(counts: Floats, size_factors: Floats, design: Floats) -> Floats:
    """Least squares on ln(normalised count + 0.1)."""
    q, r = np.linalg.qr(design)
    return np.linalg.solve(r, q.T @ np.log(counts / size_factors + 0.1).T).T


def _reweighted(
    counts: Floats,
    size_factors: Floats,
    design: Floats,
    outer: Floats,
    alpha: Floats,
    start: Floats,
) -> tuple[Floats, NDArray[np.bool]]:
    """Coefficients after the rounds that each row needs, and which rows settled."""
    beta = start.copy()
    converged = np.zeros(len(beta), bool)
    constant = constant_part(counts, alpha)
    active = np.arange(len(beta))
    means = np.maximum(size_factors * np.exp(beta @ design.T), MIN_MEAN)
    before = np.zeros(len(beta))
    y, a, ridge = counts, alpha, np.eye(design.shape[1]) * _RIDGE / LOG2**2
    for turn in range(_MOST_ROUNDS):
        weights = means / (1 + a[:, None] * means)
        working = np.log(means / size_factors) + (y - means) / means
        right = (weights * working) @ design
        own = np.linalg.solve(gram(weights, outer) + ridge, right[..., None])[..., 0]
        beta[active] = own
        inside = (np.abs(own) <= _LARGE).all(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            means = np.maximum(size_factors * np.exp(own @ design.T), MIN_MEAN)
            deviance = -2 * (constant[active] + mean_part(y, means, a))
            change = np.abs(deviance - before) / (np.abs(deviance) + 0.1)
        inside &= np.isfinite(change)
        settled = inside & (change < _TOLERANCE) & (turn > 0)
        # the last round that is allowed does not count as settled
        converged[active[settled]] = turn + 1 < _MOST_ROUNDS
        go_on = inside & ~settled
        if not go_on.any():
            break
        active, before, means = active[go_on], deviance[go_on], means[go_on]
        y, a = y[go_on], a[go_on]
    return beta, converged


def _errors(means: Floats, alpha: Floats, outer: Floats) -> tuple[Floats, Floats]:
    """Compute standard errors (n_rows, p) and leverages (n_rows, n_samples)."""
    with np.errstate(over="ignore", invalid="ignore"):  # means of rows that ran off
        weights = means / (1 + alpha[:, None] * means)
    weights[~np.isfinite(weights)] = 0
    information = gram(weights, outer)
    inverse = np.linalg.inv(information + np.eye(information.shape[1]) * _RIDGE / LOG2**2)
    variance = np.einsum("iab,ibc,ica->ia", inverse, information, inverse)
    leverages = weights * (inverse.reshape(len(weights), -1) @ outer.T)
    return np.sqrt(np.maximum(variance, 0)), leverages


def _search(
    counts: Floats,
    size_factors: Floats,
    design: Floats,
    alpha: Floats,
    start: Floats,
    result: Fit,
) -> None:
    """Search the rows of `result` that did not settle, and write what is found into it."""
    from scipy.optimize import minimize

    bounds = [(-_LARGE, _LARGE)] * design.shape[1]
    outer = outer_products(design)
    stuck = ~result.converged | (result.standard_errors <= 0).any(axis=1)
    for i in np.flatnonzero(stuck):
        y, a = counts[[i]], alpha[[i]]
        own = result.coefficients[i] / LOG2
        first = own if (np.abs(own) < _LARGE).all() else start[i]
        found = minimize(
            _loss,
            first,
            (y, size_factors, design, a, constant_part(y, a)[0]),
            jac=True,
            method="L-BFGS-B",
            bounds=bounds,
            options={"maxcor": 5, "ftol": 1e7 * np.finfo(float).eps, "gtol": 0, "maxiter": 100},
        )
        result.converged[i] |= found.success
        result.coefficients[i] = found.x * LOG2
        with np.errstate(over="ignore"):
            result.means[i] = size_factors * np.exp(LOG2 * design @ found.x)
        inside = np.maximum(result.means[[i]], MIN_MEAN)
        result.standard_errors[i] = _errors(inside, a, outer)[0][0]


def _loss(
    beta: Floats, y: Floats, size_factors: Floats, design: Floats, alpha: Floats, constant: float
) -> tuple[float, Floats]:
    """Negative log posterior of one feature, log2 scale, and its slope by central differences.

    By differences, as R's ``optim``: where the likelihood has no maximum, the end of the search
    depends on them.
    """
    p = len(beta)
    probes = _PROBE * np.eye(p)
    points = np.vstack([beta, beta + probes, beta - probes])
    with np.errstate(over="ignore", invalid="ignore"):
        means = size_factors * np.exp(LOG2 * points @ design.T)
        height = constant + mean_part(y, means, alpha) - _RIDGE * (points**2).sum(axis=1) / 2
    cost = np.where(np.isfinite(height), -height, 1e300)
    return cost[0], (cost[1 : p + 1] - cost[p + 1 :]) / (2 * _PROBE)
