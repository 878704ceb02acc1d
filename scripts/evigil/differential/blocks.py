"""The correlation that samples of one patient share, one number for all features.

Smyth, Michaud and Scott (2005), doi:10.1093/bioinformatics/bti270. A feature's variances between
and within patients are a gamma regression with identity link of the squared residuals, rotated so
that they are independent, on the eigenvalues of the patients' pattern; its maximum is the REML
estimate. R stops a little before the maximum (1e-5 in a feature's correlation), and the consensus
is to equal R's, so the steps (damped Fisher scoring) and their end are R's.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evigil.errors import UserError
from evigil.stats.least_squares import Blocks, Floats, batches, blocks_of, decompose

# Share of the features left out on each side of the mean.
TRIMMED = 0.15
# Largest correlation; the smallest is that much above what the largest block allows.
HIGHEST, MARGIN = 0.99, 0.01
STEPS = 21
# A step that promises less than this part of the log-likelihood is the last one.
PROMISE = 1e-6
# Damping beyond this part of the information moves nothing.
STUCK = 1e15
# An eigenvalue, in samples of a block, that is rounding.
NO_EIGENVALUE = 1e-10


class _Squares(NamedTuple):
    """Independent squares of m features, with expectation sigma2 + eigenvalue × tau2."""

    eigenvalue: Floats  # (m, b), 0 where there is none
    times: Floats  # (m, b) how many squares have it
    square: Floats  # (m, b) their sum
    n_within: Floats  # (m,) squares with eigenvalue 0
    within: Floats  # (m,) their sum

    def select(self, which: NDArray[np.bool_]) -> "_Squares":
        return _Squares(*(part[which] for part in self))


def consensus_correlation(
    values: Floats, design: Floats, block: NDArray, weights: Floats | None = None
) -> float:
    """Trimmed mean of the features' correlations, averaged as Fisher's z.

    Parameters
    ----------
    values, weights
        Shape (n, m), nan = missing.
    design
        Shape (n, p).
    block
        The patient of each sample, shape (n,).

    Raises
    ------
    UserError
        If no feature has enough samples of the same block.
    """
    from scipy.stats import trim_mean

    correlations = feature_correlations(values, design, block, weights)
    known = correlations[~np.isnan(correlations)]
    if not known.size:
        raise UserError("no feature has two samples of the same block beside those it needs")
    return float(np.tanh(trim_mean(np.arctanh(known), TRIMMED)))


def feature_correlations(
    values: Floats, design: Floats, block: NDArray, weights: Floats | None = None
) -> Floats:
    """Correlation of the (weighted) samples of a block, of each feature.

    Parameters
    ----------
    values, weights
        Shape (n, m), nan = missing.
    design
        Shape (n, p).
    block
        Shape (n,).

    Returns
    -------
    numpy.ndarray
        Shape (m,); nan where a feature has at most two samples more than columns, fewer than two
        blocks, or hardly a block with two samples.
    """
    blocks = blocks_of(block)
    result = np.full(values.shape[1], np.nan)
    largest = int(blocks.sizes.max())
    if largest < 2:
        return result
    design, values = design[blocks.order], values[blocks.order]
    weights = None if weights is None else weights[blocks.order]
    for batch in batches(values, weights, design.shape[1] + 1):
        columns = batch.root[:, :, None] * design
        there = (batch.root > 0).astype(float)
        count = blocks.add_up(there)
        n, n_blocks = there.sum(axis=1), (count > 0).sum(axis=1)
        enough = (n > design.shape[1] + 2) & (n_blocks > 1) & (n_blocks < n - 1)
        for part in decompose(columns[enough]):
            places = np.flatnonzero(enough)[part.places]
            squares = _rotate(part.basis, batch.values[places], count[places], blocks)
            within, between = _score(squares)
            result[batch.features[places].ravel()] = between / (within + between)
    return np.clip(result, 1 / (1 - largest) + MARGIN, HIGHEST)


def _rotate(basis: Floats, values: Floats, count: Floats, blocks: Blocks) -> _Squares:
    """Turn residuals of c patterns (c, n, k) into independent squares, by pattern and feature.

    What the blocks of one size have beside the design has that size as its eigenvalue, so that
    only as many directions per size as the design has columns are left to be decomposed.
    """
    residual = values - basis @ (basis.transpose(0, 2, 1) @ values)
    explained, sums = blocks.add_up(basis), blocks.add_up(residual)
    rows, along, rest, sizes = [], [], [], np.unique(count[count > 0])
    for size in sizes:
        here = (count == size)[:, :, None]
        designed = np.where(here, explained, 0.0)
        length, vectors = np.linalg.eigh(designed.transpose(0, 2, 1) @ designed)
        real = length > NO_EIGENVALUE
        length = np.where(real, length, 0.0)
        inverse = np.where(real, 1 / np.sqrt(np.where(real, length, 1.0)), 0.0)
        turned = vectors.transpose(0, 2, 1)
        rows.append(np.sqrt(length)[:, :, None] * turned)
        part = inverse[:, :, None] * (turned @ (designed.transpose(0, 2, 1) @ sums))
        along.append(part)
        left = np.where(here, sums, 0.0) ** 2
        rest.append((left.sum(axis=1) - (part**2).sum(axis=1), here.sum(axis=(1, 2)) - real.sum(1)))
    eigenvalue, square = _decompose_rest(np.concatenate(rows, axis=1), along, sizes)
    c, k = residual.shape[0], residual.shape[2]
    times = np.concatenate([eigenvalue > 0, np.stack([n for _, n in rest], axis=1)], axis=1)
    eigenvalue = np.concatenate([eigenvalue, np.broadcast_to(sizes, (c, len(sizes)))], axis=1)
    eigenvalue = np.where(times > 0, eigenvalue, 0.0)
    pure = np.stack([np.maximum(r, 0) / size for (r, _), size in zip(rest, sizes, strict=True)], 1)
    square = np.where((times > 0)[:, :, None], np.concatenate([square, pure], axis=1), 0.0)
    within = np.maximum((residual**2).sum(axis=1) - square.sum(axis=1), 0.0)
    n_within = count.sum(axis=1) - basis.shape[2] - times.sum(axis=1)
    return _Squares(
        np.repeat(eigenvalue, k, axis=0),
        np.repeat(times.astype(float), k, axis=0),
        square.transpose(0, 2, 1).reshape(c * k, -1),
        np.repeat(n_within, k),
        within.ravel(),
    )


def _decompose_rest(rows: Floats, along: list[Floats], sizes: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues (c, d) in the directions of the design, and squares (c, d, k) along them."""
    pattern = -rows @ rows.transpose(0, 2, 1)
    diagonal = np.arange(rows.shape[1])
    pattern[:, diagonal, diagonal] += np.where(
        (rows != 0).any(axis=2), np.repeat(sizes, rows.shape[2]), 0.0
    )
    eigenvalue, vectors = np.linalg.eigh(pattern)
    real = eigenvalue > NO_EIGENVALUE
    eigenvalue = np.where(real, eigenvalue, 0.0)
    rotated = vectors.transpose(0, 2, 1) @ np.concatenate(along, axis=1)
    inverse = np.where(real, 1 / np.where(real, eigenvalue, 1.0), 0.0)
    return eigenvalue, inverse[:, :, None] * rotated**2


def _score(squares: _Squares) -> tuple[Floats, Floats]:
    """Variances within and between blocks, each (m,), by damped Fisher scoring."""
    variances = _start(squares)
    deviance = _deviance(squares, variances)
    damping = np.full(len(deviance), np.nan)
    active = _more_than_one_eigenvalue(squares)
    for step in range(STEPS):
        if not active.any():
            break
        part, old, height = squares.select(active), variances[active], deviance[active]
        information, slope = _derivatives(part, old)
        trace = information[:, 0, 0] + information[:, 1, 1]
        lam = trace / 4 if step == 0 else damping[active]
        largest = np.maximum(information[:, 0, 0], information[:, 1, 1])
        new, reached, lam, tries = _damped(part, old, height, information, slope, lam, largest)
        stuck = lam > STUCK * largest
        done = stuck | (((new - old) * slope).sum(axis=1) < PROMISE)
        places = np.flatnonzero(active)
        variances[places], deviance[places] = new, reached
        damping[places] = np.where(tries == 1, lam / 10, lam)
        active[places[done]] = False
    return variances[:, 0], variances[:, 1]


def _start(squares: _Squares) -> Floats:
    """Least squares on the eigenvalues, or one variance where that fits a negative one."""
    d, times, y, n_within, within = squares
    n = n_within + times.sum(axis=1)
    sx, sxx = (times * d).sum(axis=1), (times * d**2).sum(axis=1)
    sy, sxy = within + y.sum(axis=1), (d * y).sum(axis=1)
    scatter = n * sxx - sx**2
    varied = scatter > 1e-15 * n**2
    determinant = np.where(varied, scatter, 1.0)
    fitted = np.stack([sxx * sy - sx * sxy, n * sxy - sx * sy], axis=1) / determinant[:, None]
    low = fitted[:, 0] + fitted[:, 1] * np.where(d > 0, d, np.inf).min(axis=1)
    low = np.where(n_within > 0, fitted[:, 0], low)
    negative = (np.minimum(low, fitted[:, 0] + fitted[:, 1] * d.max(axis=1)) < 0) | ~varied
    single = np.stack([sy / n, np.zeros(len(n))], axis=1)
    return np.where(negative[:, None], single, fitted)


def _more_than_one_eigenvalue(squares: _Squares) -> NDArray[np.bool_]:
    smallest = np.where(squares.eigenvalue > 0, squares.eigenvalue, np.inf).min(axis=1)
    smallest = np.where(squares.n_within > 0, 0.0, smallest)
    return (squares.eigenvalue.max(axis=1) - smallest > NO_EIGENVALUE) & (squares.within >= 0)


def _expected(squares: _Squares, variances: Floats) -> Floats:
    """Give expectations (m, b) of the squares between blocks; 1 where there is none."""
    mean = variances[:, :1] + squares.eigenvalue * variances[:, 1:]
    return np.where(squares.eigenvalue > 0, mean, 1.0)


def _deviance(squares: _Squares, variances: Floats) -> Floats:
    """Gamma deviance up to what does not depend on the variances; infinite where one is not > 0."""
    mean, single = _expected(squares, variances), variances[:, 0]
    possible = (mean > 0).all(axis=1) & ((single > 0) | (squares.n_within == 0))
    mean, single = np.where(mean > 0, mean, 1.0), np.where(single > 0, single, 1.0)
    between = (squares.square / mean + squares.times * np.log(mean)).sum(axis=1)
    within = squares.within / single + squares.n_within * np.log(single)
    return np.where(possible, 2 * (between + within), np.inf)


def _derivatives(squares: _Squares, variances: Floats) -> tuple[Floats, Floats]:
    """Fisher information (m, 2, 2) and slope (m, 2), variances of squares bounded below as in R."""
    d, times, y, n_within, within = squares
    mean = _expected(squares, variances)
    spread, single = np.where(d > 0, mean**2, 0.0), variances[:, 0] ** 2 * (n_within > 0)
    floor = np.maximum(spread.max(axis=1), single) / 1e3
    each = 1 / np.where(d > 0, np.maximum(spread, floor[:, None]), 1.0)
    weight = times * each
    alone = 1 / np.maximum(single, floor)
    off = (d * weight).sum(axis=1)
    information = np.stack(
        [n_within * alone + weight.sum(axis=1), off, off, (d**2 * weight).sum(axis=1)], axis=1
    ).reshape(-1, 2, 2)
    rest = (y - times * mean) * each
    first = (within - n_within * variances[:, 0]) * alone + rest.sum(axis=1)
    return information, np.stack([first, (d * rest).sum(axis=1)], axis=1)


def _damped(
    squares: _Squares,
    old: Floats,
    height: Floats,
    information: Floats,
    slope: Floats,
    damping: Floats,
    largest: Floats,
) -> tuple[Floats, Floats, Floats, NDArray[np.intp]]:
    """Take a step that does not raise the deviance; each failure doubles the damping."""
    new, reached, damping = old.copy(), height.copy(), damping.copy()
    tries = np.zeros(len(old), int)
    trying = np.ones(len(old), bool)
    while trying.any():
        places = np.flatnonzero(trying)
        tries[places] += 1
        damped = information[places] + damping[places, None, None] * np.eye(2)
        there = old[places] + np.linalg.solve(damped, slope[places][:, :, None])[:, :, 0]
        deviance = _deviance(squares.select(trying), there)
        lower = deviance <= height[places]
        stuck = ~lower & (damping[places] > STUCK * largest[places])
        new[places[lower]], reached[places[lower]] = there[lower], deviance[lower]
        damping[places[~lower & ~stuck]] *= 2
        trying[places[lower | stuck]] = False
    return new, reached, damping, tries
