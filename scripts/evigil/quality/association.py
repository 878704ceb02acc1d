"""How closely a covariate goes with the label: size, evidence, and what could have been found."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.stats.roc import delong

# Levels of fewer patients are pooled; so few of each class make a level one that both share (ours).
MINIMUM_LEVEL = 5
SHARED = 2
POWER = 0.8

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Labels = NDArray[np.bool_]


class Association(NamedTuple):
    """A covariate beside the label; what a kind of covariate does not have is nan.

    Attributes
    ----------
    v
        Bias-corrected Cramér's V of a category.
    overlap
        The smaller, over the two classes, of the share of patients in levels that both share.
    auc, low, high
        Area under the ROC curve of a number, folded to at least .5, with its interval.
    p
        From permutations of the labels; nan where the covariate does not vary.
    levels
        Levels of a category after pooling; 0 of a number.
    """

    v: float = np.nan
    overlap: float = np.nan
    auc: float = np.nan
    low: float = np.nan
    high: float = np.nan
    p: float = np.nan
    levels: int = 0


class Pooled(NamedTuple):
    """Levels of a category as codes; the rare ones are one level, the last, if there are any."""

    codes: Codes
    n: int
    n_rare: int


def pool(values: pd.Series) -> Pooled:
    """Give the levels of a category numbers, one to all those of fewer than 5 patients.

    Parameters
    ----------
    values
        Known values, one per patient.
    """
    codes, names = pd.factorize(values, sort=True)
    counts = np.bincount(codes, minlength=len(names))
    rare = counts < MINIMUM_LEVEL
    renumbered = np.cumsum(~rare) - 1
    renumbered[rare] = n_common = int((~rare).sum())
    return Pooled(renumbered[codes].astype(np.int64), n_common + bool(rare.any()), int(rare.sum()))


def permuted_labels(labels: Labels, n: int, seed: int) -> Floats:
    """Shuffle labels `n` times.

    Returns
    -------
    numpy.ndarray
        0 and 1, shape (n, n_patients).
    """
    rows = np.tile(labels.astype(float), (n, 1))
    return np.random.default_rng(seed).permuted(rows, axis=1, out=rows)


def category(pooled: Pooled, labels: Labels, permuted: Floats) -> Association:
    """Describe how a category goes with the label.

    Parameters
    ----------
    pooled
        Levels, one per patient.
    labels
        True for a case, shape (n,).
    permuted
        As `permuted_labels` returns it.
    """
    member = np.eye(pooled.n)[pooled.codes]
    sizes = member.sum(axis=0)
    cases = labels.astype(float) @ member
    p = np.nan
    if pooled.n > 1:
        # with all margins fixed, chi-square rises with this sum alone
        p = _p_value((cases**2 / sizes).sum(), ((permuted @ member) ** 2 / sizes).sum(axis=1))
    v = cramers_v(np.vstack([cases, sizes - cases]))
    return Association(v=v, overlap=_overlap(pooled, cases, sizes), p=p, levels=pooled.n)


def number(values: Floats, labels: Labels, permuted: Floats) -> Association:
    """Describe how a number goes with the label.

    Parameters
    ----------
    values
        One per patient, none missing.
    labels, permuted
        As in `category`.
    """
    from scipy.stats import rankdata

    n1 = int(labels.sum())
    if n1 in (0, len(labels)) or np.ptp(values) == 0:
        return Association()
    area, low, high = delong(labels, values)
    if area < 0.5:
        area, low, high = 1 - area, 1 - high, 1 - low
    if area == 1:  # no variance to estimate an interval from
        low = high = np.nan
    ranks = rankdata(values)
    expected = n1 * (len(ranks) + 1) / 2
    p = _p_value(abs(ranks[labels].sum() - expected), np.abs(permuted @ ranks - expected))
    return Association(auc=area, low=low, high=high, p=p)


def cramers_v(table: Floats) -> float:
    """Bias-corrected Cramér's V.

    Parameters
    ----------
    table
        Counts, shape (n_rows, n_columns).

    Returns
    -------
    float
        From 0 to 1; nan where a side has one level only.

    References
    ----------
    Bergsma (2013), doi:10.1016/j.jkss.2012.10.002
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    rows, columns = table.shape
    n = table.sum()
    if min(rows, columns) < 2:
        return np.nan
    phi2 = max(chi_square(table) / n - (rows - 1) * (columns - 1) / (n - 1), 0.0)
    corrected = (side - (side - 1) ** 2 / (n - 1) for side in (rows, columns))
    return float(min(np.sqrt(phi2 / (min(corrected) - 1)), 1.0))


def chi_square(table: Floats) -> float:
    """Return Pearson's chi-square of a table without empty rows and columns."""
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(((table - expected) ** 2 / expected).sum())


def detectable_v(n: int, levels: int, alpha: float) -> float:
    """Return the smallest Cramér's V with the label that 80 % power finds.

    From the noncentral chi-square distribution: Cohen (1988), chapter 7; with two classes V is w.
    """
    from scipy.special import chdtri, chndtrinc

    found = chndtrinc(chdtri(levels - 1, alpha), levels - 1, 1 - POWER)
    return float(np.sqrt(found / n))


def detectable_auc(n1: int, n0: int, alpha: float) -> float:
    """Return the smallest AUC that 80 % power finds.

    From the variance of the rank sum under the null: Noether (1987), doi:10.2307/2289477.
    """
    from scipy.special import ndtri

    reach = ndtri(1 - alpha / 2) + ndtri(POWER)
    return float(0.5 + reach * np.sqrt((n1 + n0 + 1) / (12 * n1 * n0)))


def _overlap(pooled: Pooled, cases: Floats, sizes: Floats) -> float:
    """Return the smaller class's share of patients in unpooled levels that both classes share."""
    controls = sizes - cases
    common = np.arange(pooled.n) < pooled.n - bool(pooled.n_rare)
    shared = common & (cases >= SHARED) & (controls >= SHARED)
    if not cases.sum() or not controls.sum():
        return np.nan
    return float(min(side[shared].sum() / side.sum() for side in (cases, controls)))


def _p_value(observed: float, permuted: Floats) -> float:
    """Count the permutations that are as far out; sums of the same terms may differ by rounding."""
    return float((1 + (permuted >= observed * (1 - 1e-9) - 1e-9).sum()) / (1 + len(permuted)))
