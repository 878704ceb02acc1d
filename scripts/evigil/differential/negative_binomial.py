"""The negative-binomial likelihood of many features at once.

Features are rows, samples are columns; a feature's variance is ``mu + alpha mu²``. The likelihood
of Cox and Reid (1987), doi:10.1111/j.2517-6161.1987.tb01422.x, as used for dispersions by McCarthy
et al. (2012), doi:10.1093/nar/gks042, and Love et al. (2014), doi:10.1186/s13059-014-0550-8.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Counts below this are summed one by one, so that Stirling's series only sees arguments above it,
# where five terms are exact to 1e-13.
_SHIFT = 8
# Elements of a block of rows: what the arithmetic touches stays in the cache.
_BLOCK = 24_000


def blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Slices of rows that hold about as many elements as a processor's cache takes."""
    step = max(1, _BLOCK // n_columns)
    return (slice(start, start + step) for start in range(0, n_rows, step))


def outer_products(design: Floats) -> Floats:
    """Products of the design's columns, shape (n_samples, p²): weights @ these = X'WX."""
    return np.einsum("ja,jb->jab", design, design).reshape(len(design), -1)


def gram(weights: Floats, outer: Floats) -> Floats:
    """X'WX of each row of weights, shape (n_rows, p, p)."""
    p = round(outer.shape[1] ** 0.5)
    return (weights @ outer).reshape(len(weights), p, p)


class Profile(NamedTuple):
    """Adjusted profile likelihood of ln dispersion, for some features.

    Attributes
    ----------
    counts, means : numpy.ndarray
        Shape (n_rows, n_samples); means > 0.
    raised : numpy.ndarray
        The counts, but at least the shift of Stirling's series.
    above : numpy.ndarray
        How many samples have a count above 0, 1, … shift − 1; shape (n_rows, shift).
    outer : numpy.ndarray
        `outer_products` of the design.
    prior_mean : numpy.ndarray or None
        Of ln dispersion, shape (n_rows,); no prior when None.
    prior_variance : float
        Of ln dispersion.
    """

    counts: Floats
    means: Floats
    raised: Floats
    above: Floats
    outer: Floats
    prior_mean: Floats | None
    prior_variance: float

    @classmethod
    def of(
        cls,
        counts: Floats,
        means: Floats,
        outer: Floats,
        prior_mean: Floats | None = None,
        prior_variance: float = 1.0,
    ) -> Self:
        """Prepare what does not depend on the dispersion."""
        above = np.stack([(counts > k).sum(axis=1) for k in range(_SHIFT)], axis=1)
        raised = np.maximum(counts, _SHIFT)
        return cls(counts, means, raised, above.astype(float), outer, prior_mean, prior_variance)

    def rows(self, chosen: NDArray) -> Profile:
        """Of some of the features."""
        prior = None if self.prior_mean is None else self.prior_mean[chosen]
        return self._replace(
            counts=self.counts[chosen],
            means=self.means[chosen],
            raised=self.raised[chosen],
            above=self.above[chosen],
            prior_mean=prior,
        )

    def evaluate(self, log_alpha: Floats) -> tuple[Floats, Floats]:
        """Log posterior (up to a constant of the counts) and its derivative in ln dispersion.

        Parameters
        ----------
        log_alpha
            ln dispersion, shape (n_rows,).

        Returns
        -------
        tuple of numpy.ndarray
            Both of shape (n_rows,).
        """
        alpha = np.exp(log_alpha)
        value, slope = self._likelihood(alpha)
        weights = self.means / (1 + self.means * alpha[:, None])
        information = gram(weights, self.outer)
        change = gram(weights * weights, self.outer)
        value -= 0.5 * np.linalg.slogdet(information)[1]
        slope += 0.5 * alpha * np.einsum("iab,iba->i", np.linalg.inv(information), change)
        if self.prior_mean is not None:
            away = log_alpha - self.prior_mean
            value -= 0.5 * away**2 / self.prior_variance
            slope -= away / self.prior_variance
        return value, slope

    def _likelihood(self, alpha: Floats) -> tuple[Floats, Floats]:
        """Log-likelihood without the term ln y!, and its derivative in ln dispersion.

        ln Γ(y + r) − ln Γ(r) with r = 1/alpha is a sum of ln(r + k) over k < y: its first terms are
        taken as they are, the others by Stirling's series. All is written as differences that do
        not cancel however small alpha is, and the logarithms serve the derivative as well.
        """
        r = 1 / alpha
        steps = np.arange(_SHIFT)
        base = (_SHIFT + r)[:, None]
        size = self.raised + r[:, None]
        rise = log1p((self.raised - _SHIFT) / base)  # ln(size / base)
        excess = log1p(self.means * alpha[:, None])  # ln(1 + alpha mu)
        series, digamma_series = _stirling(size)
        base_series, base_digamma = _stirling(base)
        terms = (size - 0.5) * rise
        terms += series
        terms -= (self.counts + r[:, None]) * excess
        extra = self.raised.sum(axis=1) - _SHIFT * self.raised.shape[1]
        n = self.raised.shape[1]
        value = (
            terms.sum(axis=1)
            - n * base_series[:, 0]
            + (self.above * np.log1p(steps * alpha[:, None])).sum(axis=1)
            + extra * (np.log1p(_SHIFT * alpha) - 1)
        )
        terms = excess - rise
        terms -= digamma_series
        terms += (self.counts - self.means) / (self.means + r[:, None])
        slope = r * (
            terms.sum(axis=1)
            + n * base_digamma[:, 0]
            - (self.above / (r[:, None] + steps)).sum(axis=1)
        )
        return value, slope


def log1p(x: Floats) -> Floats:
    """ln(1 + x) for x >= 0, exact to rounding, by numpy's fast logarithm."""
    u = 1 + x
    return np.log(u) + (x - (u - 1)) / u


def _stirling(x: Floats) -> tuple[Floats, Floats]:
    """Sum what comes after (x − ½) ln x − x + ½ ln 2π in ln Γ(x), and after ln x in ψ(x)."""
    inverse = 1 / x
    w = inverse * inverse
    gamma = inverse * (1 / 12 - w * (1 / 360 - w * (1 / 1260 - w * (1 / 1680 - w / 1188))))
    digamma = -0.5 * inverse - w * (
        1 / 12 - w * (1 / 120 - w * (1 / 252 - w * (1 / 240 - w / 132)))
    )
    return gamma, digamma


def log_likelihood(counts: Floats, means: Floats, alpha: Floats) -> Floats:
    """Log-likelihood of each row, with all its constants.

    Parameters
    ----------
    counts, means
        Shape (n_rows, n_samples).
    alpha
        Dispersions, shape (n_rows,).

    Returns
    -------
    numpy.ndarray
        Shape (n_rows,).
    """
    return constant_part(counts, alpha) + mean_part(counts, means, alpha)


def constant_part(counts: Floats, alpha: Floats) -> Floats:
    """Return the log-likelihood's part without the means: ln of Γ(y + r) / (Γ(r) y!)."""
    from scipy.special import gammaln

    r = 1 / alpha[:, None]
    return (gammaln(counts + r) - gammaln(r) - gammaln(counts + 1)).sum(axis=1)


def mean_part(counts: Floats, means: Floats, alpha: Floats) -> Floats:
    """Return the rest: y ln(mu / (mu + r)) + r ln(r / (mu + r))."""
    r = 1 / alpha[:, None]
    ratio = means * alpha[:, None]
    logs = log1p(ratio)
    counted = np.broadcast_to(counts > 0, ratio.shape)
    with np.errstate(divide="ignore"):  # a count where none can be: -inf
        own = np.log(ratio, out=np.zeros_like(ratio), where=counted)
    return (counts * (own - logs) - r * logs).sum(axis=1)
