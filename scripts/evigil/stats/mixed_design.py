"""One random intercept beside a design, by restricted maximum likelihood, for many features.

With the ratio ``r = tau2 / sigma2`` held, everything that the likelihood needs of a feature is the
cross products of its orthogonal design and residuals: within groups, and between groups of each
size, where a group of s samples counts 1 / (1 + r s). So thousands of features are fitted side by
side, whatever is missing of each.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evigil.stats.least_squares import Blocks, Floats, batches, blocks_of, decompose
from evigil.stats.mixed import NO_SPREAD, RATIOS

# Steps of bisection from one grid point to the next: all bits of a ratio.
BISECTIONS = 52


class RandomInterceptDesign(NamedTuple):
    """``y = X beta + group + error`` of m features on p columns; nan where not estimable."""

    coefficients: Floats  # (m, p)
    standard_errors: Floats  # (m, p)
    tau2: Floats  # (m,)
    sigma2: Floats  # (m,)
    loglik: Floats  # (m,) restricted log-likelihood as lme4 reports it


class _Products(NamedTuple):
    """Cross products of [orthogonal design, residuals] of m features, q + 1 columns."""

    within: Floats  # (m, q + 1, q + 1)
    between: Floats  # (m, s, q + 1, q + 1), by group size
    groups: Floats  # (m, s) groups of each size
    size: Floats  # (s,)
    n: Floats  # (m,)


class _Piece(NamedTuple):
    """Features that keep the same columns of the design."""

    features: NDArray[np.intp]
    kept: NDArray[np.bool_]  # (p,)
    triangle: Floats  # (c, q, q) from the orthogonal basis to the design
    along: Floats  # (c, q) least-squares coefficients on the basis
    products: _Products


def random_intercept_design(
    values: Floats, design: Floats, groups: ArrayLike
) -> RandomInterceptDesign:
    """Fit each feature, exactly but for one parameter that is found by bisection.

    Parameters
    ----------
    values
        Shape (n, m), nan = missing.
    design
        Shape (n, p), of full rank.
    groups
        The group (patient) of each sample, shape (n,).

    Returns
    -------
    RandomInterceptDesign
        nan where a feature's two variances cannot be told apart (no group with two samples, fewer
        than two groups, nothing left within groups), and where its samples alias a column.

    References
    ----------
    Patterson and Thompson (1971), doi:10.1093/biomet/58.3.545; Bates et al. (2015),
    doi:10.18637/jss.v067.i01
    """
    m, p = values.shape[1], design.shape[1]
    fits = RandomInterceptDesign(
        *(np.full((m, p), np.nan) for _ in range(2)), *np.full((3, m), np.nan)
    )
    blocks = blocks_of(groups)
    for piece in _pieces(values, design, blocks):
        told = _estimable(piece.products)
        if not told.any():
            continue
        products, features = _select(piece.products, told), piece.features[told]
        ratio = _best_ratio(products)
        total, inverse = _at(products, ratio)
        freedom = products.n - piece.kept.sum()
        sigma2 = 1 / inverse[:, -1, -1] / freedom
        shift = -inverse[:, :-1, -1] / inverse[:, -1, -1:]
        back = np.linalg.inv(piece.triangle[told])
        covariance = back @ np.linalg.inv(total[:, :-1, :-1]) @ back.transpose(0, 2, 1)
        place = np.ix_(features, np.flatnonzero(piece.kept))
        fits.coefficients[place] = _times(back, piece.along[told] + shift)
        spread = np.diagonal(covariance, axis1=1, axis2=2)
        fits.standard_errors[place] = np.sqrt(sigma2[:, None] * spread)
        fits.tau2[features], fits.sigma2[features] = ratio * sigma2, sigma2
        scale = 2 * np.linalg.slogdet(piece.triangle[told])[1]
        fits.loglik[features] = (
            _profile(products, ratio) - (freedom * (1 + np.log(2 * np.pi / freedom)) + scale) / 2
        )
    return fits


def _pieces(values: Floats, design: Floats, blocks: Blocks) -> list[_Piece]:
    """Reduce features to their cross products, those with the same columns together."""
    design, values = design[blocks.order], values[blocks.order]
    pieces = []
    for batch in batches(values, None, design.shape[1] + 1, share=False):
        for part in decompose(batch.root[:, :, None] * design):
            y = batch.values[part.places]
            along = part.basis.transpose(0, 2, 1) @ y
            both = np.concatenate([part.basis, y - part.basis @ along], axis=2)
            products = _cross_products(both, batch.root[part.places] > 0, blocks)
            features = batch.features[part.places, 0]
            pieces.append(_Piece(features, part.kept, part.triangle, along[:, :, 0], products))
    return pieces


def _cross_products(rows: Floats, there: NDArray[np.bool_], blocks: Blocks) -> _Products:
    """Split rows (c, n, q + 1) into group means and what is left within groups."""
    count = blocks.add_up(there.astype(float))
    sums = blocks.add_up(rows)
    means = sums / np.maximum(count, 1)[:, :, None]
    rest = (rows - blocks.spread(means)) * there[:, :, None]
    size = np.unique(count[count > 0])
    between = np.stack([_squares(sums * (count == s)[:, :, None]) / s for s in size], axis=1)
    groups = np.stack([(count == s).sum(axis=1) for s in size], axis=1).astype(float)
    return _Products(_squares(rest), between, groups, size, there.sum(axis=1).astype(float))


def _squares(rows: Floats) -> Floats:
    return rows.transpose(0, 2, 1) @ rows


def _estimable(products: _Products) -> NDArray[np.bool_]:
    """Tell where the two variances can be told apart."""
    total = products.within[:, -1, -1] + products.between[:, :, -1, -1].sum(axis=1)
    return (
        (products.groups.sum(axis=1) >= 2)
        & (products.groups @ (products.size > 1) > 0)
        & (products.within[:, -1, -1] > NO_SPREAD * total)
        & (products.n > products.within.shape[1])
    )


def _select(products: _Products, which: NDArray[np.bool_]) -> _Products:
    within, between, groups, size, n = products
    return _Products(within[which], between[which], groups[which], size, n[which])


def _at(products: _Products, ratio: Floats) -> tuple[Floats, Floats]:
    """Cross products in the metric of a ratio (m,), and their inverse."""
    share = 1 / (1 + ratio[:, None] * products.size)
    total = products.within + np.einsum("ms,msij->mij", share, products.between)
    return total, np.linalg.inv(total)


def _profile(products: _Products, ratio: Floats) -> Floats:
    """Restricted log-likelihood at a ratio (m,), up to what does not depend on it."""
    total, inverse = _at(products, ratio)
    freedom = products.n - (total.shape[1] - 1)
    determinant = (products.groups * np.log1p(ratio[:, None] * products.size)).sum(axis=1)
    information = np.linalg.slogdet(total[:, :-1, :-1])[1]
    return -(determinant + information - freedom * np.log(inverse[:, -1, -1])) / 2


def _slope(products: _Products, ratio: Floats) -> Floats:
    """Twice the derivative of the profile log-likelihood by the ratio."""
    total, inverse = _at(products, ratio)
    share = 1 / (1 + ratio[:, None] * products.size)
    change = np.einsum("ms,msij->mij", -products.size * share**2, products.between)
    freedom = products.n - (total.shape[1] - 1)
    # trace over the design's part: that of the whole inverse less the residuals' own share
    last = inverse[:, :, -1] / inverse[:, -1, -1:]
    squares = np.einsum("mi,mij,mj->m", last, change, last)
    traced = np.einsum("mij,mji->m", inverse, change) - inverse[:, -1, -1] * squares
    sizes = (products.groups * products.size * share).sum(axis=1)
    return -(freedom * squares * inverse[:, -1, -1] + sizes + traced)


def _best_ratio(products: _Products) -> Floats:
    """Maximise the profile likelihood over the ratio: grid, then bisection of its slope."""
    m = len(products.n)
    heights = np.stack([_profile(products, np.full(m, ratio)) for ratio in RATIOS])
    best = heights.argmax(axis=0)
    rising = _slope(products, RATIOS[best]) > 0
    low = RATIOS[np.where(rising, best, np.maximum(best - 1, 0))]
    high = RATIOS[np.where(rising, np.minimum(best + 1, len(RATIOS) - 1), best)]
    for _ in range(BISECTIONS):
        middle = (low + high) / 2
        rising = _slope(products, middle) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return (low + high) / 2


def _times(matrices: NDArray, vectors: NDArray) -> NDArray:
    return (matrices @ vectors[:, :, None])[:, :, 0]
