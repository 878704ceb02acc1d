"""Linear models of thousands of features that share a design, each on what was observed of it.

A feature's missing samples take their rows out of its design. Features with the same rows share one
QR decomposition, the others are decomposed side by side, so that the numbers are those of a
decomposition per feature. Weights and a correlation within blocks are brought to this form first.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

# A column that loses all but this part of its length to the columns before it repeats them (R's).
ALIASED = 1e-7
# From so many features on, a common decomposition is worth a matrix product of its own.
WORTH_SHARING = 8
# Numbers in one piece of work, so that memory does not grow with the features.
PIECE = 2_000_000


class LinearFits(NamedTuple):
    """m features fitted on p columns; nan where nothing can be estimated."""

    coefficients: Floats  # (m, p)
    covariance: Floats  # (m, p, p) of the coefficients, in units of `variance`
    variance: Floats  # (m,) residual
    freedom: Floats  # (m,) residual degrees of freedom
    n: NDArray[np.intp]  # (m,) samples observed


class Batch(NamedTuple):
    """Features for one call: c patterns of what is observed, k features of each."""

    features: NDArray[np.intp]  # (c, k) their places
    root: Floats  # (c, n) square roots of weights, 0 where missing
    values: Floats  # (c, n, k) values times root


class Decomposition(NamedTuple):
    """Patterns of a batch that keep the same q columns: columns = basis @ triangle."""

    places: NDArray[np.intp]  # (k,) of the c patterns
    kept: NDArray[np.bool_]  # (p,)
    basis: Floats  # (k, n, q)
    triangle: Floats  # (k, q, q)


class Blocks(NamedTuple):
    """Samples in the order of their blocks."""

    order: NDArray[np.intp]  # (n,) places of the samples, block after block
    starts: NDArray[np.intp]  # (b,) where each block starts in this order
    sizes: NDArray[np.intp]  # (b,)

    def add_up(self, rows: Floats) -> Floats:
        """Sum rows (c, n, …), in block order, over each block: (c, b, …)."""
        return np.add.reduceat(rows, self.starts, axis=1)

    def spread(self, sums: Floats) -> Floats:
        """Give each row of a block its block's value: (c, b, …) to (c, n, …)."""
        return np.repeat(sums, self.sizes, axis=1)


def blocks_of(labels: ArrayLike) -> Blocks:
    """Order samples by block.

    Parameters
    ----------
    labels
        The block of each sample, shape (n,).
    """
    _, block, sizes = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    return Blocks(np.argsort(block, kind="stable"), np.cumsum(sizes) - sizes, sizes)


def least_squares(
    values: Floats,
    design: Floats,
    weights: Floats | None = None,
    blocks: Blocks | None = None,
    correlation: float = 0.0,
) -> LinearFits:
    """Fit each feature by (weighted, generalised) least squares.

    Where a feature's samples make a column repeat the columns before it, the column is left out for
    this feature, as R's `lm` does: its coefficient is nan.

    Parameters
    ----------
    values
        Shape (n, m), nan = missing.
    design
        Shape (n, p), of full rank over all samples.
    weights
        Shape (n, m), positive; equal ones when None.
    blocks, correlation
        The correlation, below 1, that the weighted samples of a block share; none without blocks.

    Returns
    -------
    LinearFits
        `variance` is that of a sample of weight 1.
    """
    m, p = values.shape[1], design.shape[1]
    fits = LinearFits(
        np.full((m, p), np.nan),
        np.full((m, p, p), np.nan),
        np.full(m, np.nan),
        np.zeros(m),
        np.isfinite(values).sum(axis=0),
    )
    if blocks is not None:
        values, design = values[blocks.order], design[blocks.order]
        weights = None if weights is None else weights[blocks.order]
    for batch in batches(values, weights, p):
        columns = batch.root[:, :, None] * design
        y = batch.values
        if blocks is not None:
            columns, y = _decorrelate((columns, y), batch.root, blocks, correlation)
        for part in decompose(columns):
            _fill(fits, batch.features[part.places], part, y[part.places])
    return fits


def batches(
    values: Floats, weights: Floats | None, width: int, share: bool = True
) -> Iterator[Batch]:
    """Cut features into pieces of bounded size, those with the same rows together.

    Parameters
    ----------
    values
        Shape (n, m), nan = missing.
    weights
        Shape (n, m), or None.
    width
        Columns of the design: a piece holds some two million numbers of n × width.
    share
        Whether features without weights that miss the same samples come as one pattern.
    """
    n, m = values.shape
    observed = np.isfinite(values)
    filled = np.where(observed, values, 0.0)
    alone = np.arange(m)
    if share and weights is None and m:
        packed = np.packbits(observed, axis=0).T
        _, pattern, count = np.unique(packed, axis=0, return_inverse=True, return_counts=True)
        for shared in np.flatnonzero(count >= WORTH_SHARING):
            features = np.flatnonzero(pattern == shared)
            root = observed[:, features[0]].astype(float)[None]
            yield Batch(features[None], root, filled[:, features][None])
        alone = np.flatnonzero(count[pattern] < WORTH_SHARING)
    step = max(1, PIECE // max(1, n * width))
    for start in range(0, len(alone), step):
        features = alone[start : start + step]
        root = observed[:, features].T.astype(float)
        if weights is not None:
            root *= np.sqrt(np.where(observed[:, features], weights[:, features], 0.0)).T
        yield Batch(features[:, None], root, (root * filled[:, features].T)[:, :, None])


def decompose(columns: Floats) -> Iterator[Decomposition]:
    """Decompose patterns, each without the columns that repeat the columns before them.

    Parameters
    ----------
    columns
        Shape (c, n, p).

    Yields
    ------
    Decomposition
        Of the patterns that keep the same columns; of those that keep none, nothing.
    """
    if columns.shape[1] < columns.shape[2]:
        raise ValueError("a design has at least as many samples as columns")
    if not len(columns):
        return
    basis, triangle = np.linalg.qr(columns)
    length = np.linalg.norm(columns, axis=1)
    kept = np.abs(np.diagonal(triangle, axis1=1, axis2=2)) > ALIASED * length
    whole = kept.all(axis=1)
    if whole.all():
        yield Decomposition(np.arange(len(columns)), kept[0], basis, triangle)
        return
    if whole.any():
        places = np.flatnonzero(whole)
        yield Decomposition(places, kept[places[0]], basis[whole], triangle[whole])
    # After a column that repeats others the triangle says nothing of the next ones.
    for place in np.flatnonzero(~whole):
        kept[place] = _independent_one_by_one(columns[place], length[place])
    for kind in np.unique(kept[~whole], axis=0):
        if kind.any():
            places = np.flatnonzero(~whole & (kept == kind).all(axis=1))
            yield Decomposition(places, kind, *np.linalg.qr(columns[places][:, :, kind]))


def _independent_one_by_one(columns: Floats, length: Floats) -> NDArray[np.bool_]:
    basis = np.empty((len(columns), 0))
    kept = np.zeros(columns.shape[1], bool)
    for j, column in enumerate(columns.T):
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)  # once more takes the rounding out
        kept[j] = np.linalg.norm(rest) > ALIASED * length[j]
        if kept[j]:
            basis = np.column_stack([basis, rest / np.linalg.norm(rest)])
    return kept


def _decorrelate(
    parts: tuple[Floats, Floats], root: Floats, blocks: Blocks, correlation: float
) -> list[Floats]:
    """Multiply rows by the inverse root of their correlations, which has a closed form."""
    there = (root > 0).astype(float)
    count = blocks.add_up(there)
    left = np.sqrt((1 - correlation) / (1 + (count - 1) * correlation))
    share = blocks.spread((1 - left) / np.maximum(count, 1)) * there
    scale = 1 / np.sqrt(1 - correlation)
    return [
        scale * (part - share[:, :, None] * blocks.spread(blocks.add_up(part))) for part in parts
    ]


def _fill(fits: LinearFits, features: NDArray[np.intp], part: Decomposition, y: Floats) -> None:
    """Fit c patterns of k features each (c, n, k) on the columns that are kept."""
    inverse = np.linalg.inv(part.triangle)
    along = part.basis.transpose(0, 2, 1) @ y
    squares = ((y - part.basis @ along) ** 2).sum(axis=1)
    place = np.flatnonzero(part.kept)
    fits.coefficients[features[:, :, None], place] = (inverse @ along).transpose(0, 2, 1)
    covariance = inverse @ inverse.transpose(0, 2, 1)
    fits.covariance[features[:, :, None, None], place[:, None], place] = covariance[:, None]
    freedom = fits.n[features] - len(place)
    fits.freedom[features] = freedom
    fits.variance[features] = np.where(freedom > 0, squares / np.maximum(freedom, 1), np.nan)
