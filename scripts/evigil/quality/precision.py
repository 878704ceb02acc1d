"""How exactly an assay repeats itself: analytical variance of every feature from replicates."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Components(NamedTuple):
    """Variances of natural logarithms, by feature; each array has shape (n_features,).

    NaN where a variance cannot be estimated.
    """

    groups: NDArray[np.int_]
    """Specimens with two or more values."""
    values: NDArray[np.int_]
    """Their values."""
    within_run: Floats
    between_run: Floats
    total: Floats
    freedom: Floats
    """Degrees of freedom of the total."""


def components(logs: ArrayLike, groups: ArrayLike, runs: ArrayLike | None = None) -> Components:
    """Split what replicates of a specimen differ by into the parts within and between runs.

    Analysis of variance, runs nested in specimens, sizes and missing values as they are:
    ``within = MS_within``, ``between = max(0, (MS_runs - MS_within) / n0)`` with the effective
    number of values in a run ``n0``. The total is their sum where both can be estimated (degrees of
    freedom by Satterthwaite), else the variance within specimens, which then is the sum unparted.

    Parameters
    ----------
    logs
        Natural logarithms, shape (n_values, n_features); NaN is missing.
    groups
        The specimen of each value, shape (n_values,).
    runs
        Its run; none: all of one specimen are taken for one run.

    Returns
    -------
    Components
        For every feature.

    References
    ----------
    Searle, Casella and McCulloch (1992), Variance Components, section 3.6,
    doi:10.1002/9780470316856; Satterthwaite (1946), doi:10.2307/3002019
    """
    y = np.asarray(logs, float)
    if not len(y):
        nothing = np.full(y.shape[1], np.nan)
        none = np.zeros(y.shape[1], int)
        return Components(none, none, nothing, nothing, nothing, nothing)
    group = np.unique(np.asarray(groups, str), return_inverse=True)[1]
    run = np.zeros(len(y), int)
    if runs is not None:
        run = np.unique(np.asarray(runs, str), return_inverse=True)[1]
    cell = np.unique(group * (run.max() + 1) + run, return_inverse=True)[1]
    group_of_cell = np.zeros(cell.max() + 1, int)
    group_of_cell[cell] = group
    known = ~np.isnan(y)
    y = np.where(known, y, 0.0)
    in_group, in_cell = add_up(known, group), add_up(known, cell)
    group_mean, cell_mean = _mean(add_up(y, group), in_group), _mean(add_up(y, cell), in_cell)
    # deviations first, then squares: a difference of sums of squares would cancel
    rest = (np.where(known, y - cell_mean[cell], 0.0) ** 2).sum(axis=0)
    of_runs = (in_cell * (cell_mean - group_mean[group_of_cell]) ** 2).sum(axis=0)
    n, n_groups, n_cells = (k.sum(axis=0) for k in (known, in_group > 0, in_cell > 0))
    free, free_runs = n - n_cells, n_cells - n_groups
    with np.errstate(invalid="ignore", divide="ignore"):
        squares = add_up(in_cell**2.0, group_of_cell) / in_group
        n0 = (n - np.nansum(squares, axis=0)) / free_runs
        within, mean_runs = rest / free, of_runs / free_runs
        unparted = (rest + of_runs) / (n - n_groups)
        between = (mean_runs - within) / n0
        parted = (free > 0) & (free_runs > 0)
        summed = within + np.maximum(between, 0.0)
        weight = np.where(between > 0, 1 / n0, 0.0)
        spread = (weight * mean_runs) ** 2 / free_runs + ((1 - weight) * within) ** 2 / free
        satterthwaite = np.where(summed > 0, summed**2 / spread, free)
        total = np.where(parted, summed, np.where(n > n_groups, unparted, np.nan))
    return Components(
        (in_group > 1).sum(axis=0),
        np.where(in_group > 1, in_group, 0).sum(axis=0).astype(int),
        np.where(free > 0, within, np.nan),
        np.where(parted, np.maximum(between, 0.0), np.nan),
        total,
        np.where(parted, satterthwaite, np.where(n > n_groups, n - n_groups, np.nan)),
    )


def coefficient_of_variation(variance: ArrayLike) -> Floats:
    """Return ``√(exp(s²) − 1)``, the CV of values whose natural logarithms have variance s²."""
    return np.sqrt(np.expm1(np.asarray(variance, float)))


def cv_interval(found: Components, level: float = 0.95) -> tuple[Floats, Floats]:
    """Return the interval of the total CV: exact where the variance was not parted, else close."""
    from scipy.stats import chi2

    tail = (1 - level) / 2
    squares = found.total * found.freedom
    low, high = (squares / chi2.ppf(q, found.freedom) for q in (1 - tail, tail))
    with np.errstate(over="ignore"):
        return coefficient_of_variation(low), coefficient_of_variation(high)


def add_up(values: NDArray, index: NDArray[np.int_]) -> Floats:
    """Sum rows, shape (n, m), by their index, of which none is left out: (n_indices, m)."""
    order = np.argsort(index, kind="stable")
    starts = np.searchsorted(index[order], np.arange(index.max() + 1))
    return np.add.reduceat(values[order].astype(float), starts, axis=0)


def _mean(total: Floats, n: Floats) -> Floats:
    return np.divide(total, n, out=np.zeros_like(total), where=n > 0)
