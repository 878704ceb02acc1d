"""Shrunken fold changes, for ranking: the posterior mode under a heavy-tailed prior.

Zhu, Ibrahim and Love (2019), doi:10.1093/bioinformatics/bty895: a Cauchy prior for the coefficient
under test, whose scale follows from the spread of the estimates (Efron and Morris 1975,
doi:10.1080/01621459.1975.10479864), and a very wide normal one for the others.
"""

from __future__ import annotations

import numpy as np

from evigil.differential.negative_binomial import Floats, blocks, gram, outer_products

_WIDE = 15.0  # standard deviation of the other coefficients' prior, natural logarithms
_MOST_ROUNDS = 200
_MOST_HALVINGS = 30
_TOLERANCE = 1e-8


def prior_scale(estimates: Floats, standard_errors: Floats) -> float:
    """Scale of the Cauchy prior: the spread of the true coefficients, at most 1.

    Parameters
    ----------
    estimates, standard_errors
        Natural logarithms, nan where there is none, shape (n_features,).
    """
    from scipy.optimize import brentq

    known = np.isfinite(estimates) & np.isfinite(standard_errors)
    squares, variances = estimates[known] ** 2, standard_errors[known] ** 2

    def excess(spread: float) -> float:
        weights = 1 / (2 * (spread + variances) ** 2)
        return float(np.sum((squares - variances) * weights) / np.sum(weights) - spread)

    low, high = 0.001**2, 20.0**2
    if not known.any() or excess(low) < 0:
        return low**0.5
    return min(1.0, float(brentq(excess, low, high)) ** 0.5) if excess(high) < 0 else 1.0


def shrink(
    counts: Floats,
    size_factors: Floats,
    design: Floats,
    alpha: Floats,
    start: Floats,
    column: int,
    scale: float,
) -> Floats:
    """Posterior mode of one coefficient of each feature.

    Parameters
    ----------
    counts
        Shape (n_features, n_samples).
    size_factors
        Shape (n_samples,).
    design
        Shape (n_samples, p).
    alpha
        Dispersions, shape (n_features,).
    start
        Maximum-likelihood coefficients, natural logarithms, shape (n_features, p).
    column
        Of the design: the coefficient that is shrunken.
    scale
        Of its prior.

    Returns
    -------
    numpy.ndarray
        Natural logarithms, shape (n_features,); nan where the search did not settle.
    """
    outer = outer_products(design)
    result = np.empty(len(counts))
    for rows in blocks(*counts.shape):
        target = _Posterior(counts[rows], size_factors, design, outer, alpha[rows], column, scale)
        result[rows] = target.mode(np.clip(start[rows], -20, 20))
    return result


class _Posterior:
    """Log posterior of the coefficients of some features, and its climb."""

    def __init__(
        self,
        counts: Floats,
        size_factors: Floats,
        design: Floats,
        outer: Floats,
        alpha: Floats,
        column: int,
        scale: float,
    ) -> None:
        self.counts, self.alpha = counts, alpha[:, None]
        self.offset, self.design, self.outer = np.log(size_factors), design, outer
        self.column, self.scale = column, scale
        self.precision = np.full(design.shape[1], 1 / _WIDE**2)
        self.precision[column] = 0

    def rows(self, keep: np.ndarray) -> None:
        self.counts, self.alpha = self.counts[keep], self.alpha[keep]

    def height(self, beta: Floats) -> Floats:
        eta = self.offset + beta @ self.design.T
        r = 1 / self.alpha
        likelihood = self.counts * eta - (self.counts + r) * np.logaddexp(eta, np.log(r))
        prior = (self.precision * beta**2).sum(axis=1) / 2
        return likelihood.sum(axis=1) - prior - np.log1p((beta[:, self.column] / self.scale) ** 2)

    def derivatives(self, beta: Floats) -> tuple[Floats, Floats]:
        """Gradient (n_rows, p) and a negative-definite stand-in for the curvature, negated.

        The Cauchy prior is convex in its tails; there the curvature of its lower bound is used
        (2 / (scale² + beta²), always positive), so that each step goes up.
        """
        means = np.exp(self.offset + beta @ self.design.T)
        share = 1 / (1 + self.alpha * means)
        tested = beta[:, self.column]
        tail = 2 / (self.scale**2 + tested**2)
        gradient = ((self.counts - means) * share) @ self.design - self.precision * beta
        gradient[:, self.column] -= tail * tested
        observed = means * (1 + self.alpha * self.counts) * share**2
        curvature = gram(observed, self.outer) + np.diag(self.precision)
        exact = tail * (self.scale**2 - tested**2) / (self.scale**2 + tested**2)
        with_exact = curvature.copy()
        with_exact[:, self.column, self.column] += exact
        safe = curvature
        safe[:, self.column, self.column] += tail
        positive = np.linalg.eigvalsh(with_exact)[:, 0] > 0
        return gradient, np.where(positive[:, None, None], with_exact, safe)

    def mode(self, start: Floats) -> Floats:
        """Climb by Newton steps that are halved until they go up."""
        beta = start.copy()
        settled = np.zeros(len(beta), bool)
        active = np.arange(len(beta))
        for _ in range(_MOST_ROUNDS):
            own = beta[active]
            height = self.height(own)
            gradient, curvature = self.derivatives(own)
            step = np.linalg.solve(curvature, gradient[..., None])[..., 0]
            step *= np.minimum(1, 5 / np.abs(step).max(axis=1, keepdims=True).clip(1e-300))
            for _ in range(_MOST_HALVINGS):
                lower = self.height(own + step) < height - 1e-10 * np.abs(height)
                if not lower.any():
                    break
                step[lower] /= 2
            beta[active] = own + step
            done = np.abs(step).max(axis=1) < _TOLERANCE
            settled[active[done]] = True
            if done.all():
                break
            self.rows(~done)
            active = active[~done]
        return np.where(settled, beta[:, self.column], np.nan)
