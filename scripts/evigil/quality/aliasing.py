"""Pairs of covariates that go together so closely that their effects cannot be told apart."""

from itertools import combinations
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.quality.association import chi_square, cramers_v, pool

# Ours: the share of one covariate's variation that another explains within the classes.
SHARE = 0.3
P = 0.01

Floats = NDArray[np.float64]


class Within(NamedTuple):
    """How much one covariate says of another within the classes: eta² or V², and its p-value."""

    share: float
    p: float


def aliased(covariates: pd.DataFrame, labels: pd.Series) -> list[tuple[str, str]]:
    """Find pairs whose effects cannot be separated.

    Parameters
    ----------
    covariates
        One row per patient, a column each: numbers are floats, categories are text.
    labels
        1 or 0, on the same index.

    Returns
    -------
    list of tuple
        Names of both, in the order of the columns.
    """
    return [
        (a, b)
        for a, b in combinations(covariates.columns, 2)
        if _is_aliased(within(covariates[a], covariates[b], labels))
    ]


def _is_aliased(found: Within) -> bool:
    return found.share >= SHARE and found.p < P


def within(a: pd.Series, b: pd.Series, labels: pd.Series) -> Within:
    """Measure how closely two covariates go together within cases and within controls.

    Two categories: bias-corrected V², chi-squares of the classes added up. With a number: eta² of
    its ranks, class means taken out, by levels within the classes, or by the other's ranks.
    """
    both = (a.notna() & b.notna()).to_numpy()
    a, b, label = a[both], b[both], labels.to_numpy()[both]
    numeric = [pd.api.types.is_numeric_dtype(side) for side in (a, b)]
    if all(numeric):
        return _numbers(_centred(a, label), _centred(b, label), len(np.unique(label)))
    if any(numeric):
        values, levels = (a, b) if numeric[0] else (b, a)
        return _levels(_centred(values, label), pool(levels).codes, label)
    return _categories(pool(a).codes, pool(b).codes, label)


def _centred(values: pd.Series, label: NDArray) -> Floats:
    ranks = values.rank()
    return (ranks - ranks.groupby(label).transform("mean")).to_numpy(float)


def _numbers(a: Floats, b: Floats, classes: int) -> Within:
    total = (a @ a) * (b @ b)
    if total <= 0:
        return Within(0.0, 1.0)
    return _tested(float((a @ b) ** 2 / total), 1, len(a) - classes - 1)


def _levels(values: Floats, codes: NDArray[np.int64], label: NDArray) -> Within:
    cells, cell = np.unique(np.column_stack([label, codes]), axis=0, return_inverse=True)
    sizes = np.bincount(cell.ravel(), minlength=len(cells))
    sums = np.bincount(cell.ravel(), values, minlength=len(cells))
    total = values @ values
    if total <= 0:
        return Within(0.0, 1.0)
    classes = len(np.unique(label))
    return _tested(
        float((sums**2 / sizes).sum() / total), len(cells) - classes, len(values) - len(cells)
    )


def _tested(share: float, over: int, under: int) -> Within:
    from scipy.special import fdtrc

    if over < 1 or under < 1:
        return Within(0.0, 1.0)
    rest = max(1 - share, 1e-300)
    return Within(share, float(fdtrc(over, under, share / over / (rest / under))))


def _categories(a: NDArray[np.int64], b: NDArray[np.int64], label: NDArray) -> Within:
    from scipy.special import gammaincc

    statistic, freedom, weighted, n = 0.0, 0, 0.0, 0
    for one in np.unique(label):
        table = _table(a[label == one], b[label == one])
        if min(table.shape) < 2:
            continue
        statistic += chi_square(table)
        freedom += (table.shape[0] - 1) * (table.shape[1] - 1)
        weighted += cramers_v(table) ** 2 * table.sum()
        n += table.sum()
    if not freedom:
        return Within(0.0, 1.0)
    return Within(weighted / n, float(gammaincc(freedom / 2, statistic / 2)))


def _table(a: NDArray[np.int64], b: NDArray[np.int64]) -> Floats:
    columns = b.max() + 1
    counts = np.bincount(a * columns + b, minlength=(a.max() + 1) * columns)
    table = counts.reshape(-1, columns).astype(float)
    return table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
