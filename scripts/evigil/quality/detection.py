"""From where on an assay sees a feature, and whether it follows the amount: blanks, dilutions."""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evigil.quality.precision import Floats, add_up

# The 95th percentile of a normal distribution: 5 % errors of either kind (CLSI EP17).
Z = 1.6448536269514722
# The CV up to which a value is a quantity (ours, as guidelines of bioanalysis have it at the end).
QUANTIFIABLE = 0.2
# Levels of one specimen's dilution that a line needs.
FEWEST_LEVELS = 3


class Line(NamedTuple):
    """ln value on ln amount, by feature: slope 1 is linear. Each array has shape (n_features,)."""

    slope: Floats
    low: Floats
    high: Floats
    levels: NDArray[np.int_]


class Limits(NamedTuple):
    """Limits in the unit of the values, by feature; each array has shape (n_features,)."""

    blanks: NDArray[np.int_]
    lob: Floats
    low_values: NDArray[np.int_]
    lod: Floats
    loq: Floats


def linearity(values: ArrayLike, origins: ArrayLike, dilutions: ArrayLike) -> Line:
    """Fit one slope of ln value on ln(1 / dilution) within the dilution series of all specimens.

    Parameters
    ----------
    values
        Not normalised for what was put in, shape (n_values, n_features); NaN and 0 are left out.
    origins, dilutions
        The specimen of each value and how many times it was diluted, shape (n_values,).

    Returns
    -------
    Line
        With 95 % intervals (t); NaN where no specimen has values at three dilutions.
    """
    from scipy.stats import t

    y, x = np.asarray(values, float), -np.log(np.asarray(dilutions, float))
    nothing = np.full(y.shape[1], np.nan)
    if not len(y):
        return Line(nothing, nothing, nothing, np.zeros(y.shape[1], int))
    known = y > 0
    logs = np.log(np.where(known, y, 1.0))
    origin = np.unique(np.asarray(origins, str), return_inverse=True)[1]
    steps = np.unique(x, return_inverse=True)[1]
    level = np.unique(origin * len(x) + steps, return_inverse=True)[1]
    origin_of_level = np.zeros(level.max() + 1, int)
    origin_of_level[level] = origin
    levels = add_up(add_up(known, level) > 0, origin_of_level)
    known &= (levels >= FEWEST_LEVELS)[origin]
    n = add_up(known, origin)
    with np.errstate(invalid="ignore", divide="ignore"):
        centre_x = add_up(np.where(known, x[:, None], 0.0), origin) / n
        centre_y = add_up(np.where(known, logs, 0.0), origin) / n
        dx = np.where(known, x[:, None] - centre_x[origin], 0.0)
        dy = np.where(known, logs - centre_y[origin], 0.0)
        squares = (dx**2).sum(axis=0)
        slope = (dx * dy).sum(axis=0) / squares
        freedom = (n.sum(axis=0) - (n > 0).sum(axis=0) - 1).astype(float)
        residual = ((dy - slope * dx) ** 2).sum(axis=0) / freedom
        reach = t.ppf(0.975, freedom) * np.sqrt(residual / squares)
    used = np.where(levels >= FEWEST_LEVELS, levels, 0).max(axis=0).astype(int)
    return Line(slope, slope - reach, slope + reach, used)


def detection_limits(
    blanks: ArrayLike, values: ArrayLike, origins: ArrayLike, dilutions: ArrayLike
) -> Limits:
    """Limits of blank, detection and quantitation.

    ``LoB = mean + 1.645 SD`` of the blanks, ``LoD = LoB + c SD_low`` with ``c = 1.645 / (1 − 1 / (4
    (N − K)))`` for the pooled SD of N values of K low samples: of every specimen the values of its
    highest dilution, where it has two or more. LoQ is the smallest mean of replicates at one
    dilution that reaches the LoD and from which on all have a CV of at most 20 %.

    Parameters
    ----------
    blanks
        Shape (n_blanks, n_features), in the unit of `values`; NaN is missing.
    values, origins, dilutions
        As for `linearity`; 0 is a value here.

    Returns
    -------
    Limits
        NaN where there are too few values.

    References
    ----------
    CLSI EP17-A2 (2012), parametric; 20 % is ours.
    """
    empty, y = np.asarray(blanks, float), np.asarray(values, float)
    n_blanks = (~np.isnan(empty)).sum(axis=0)
    lob = _moments(empty)[0] + Z * np.sqrt(_moments(empty)[1])
    low = np.zeros(0, int)
    names, dilution = np.asarray(origins, str), np.asarray(dilutions, float)
    if len(y):
        highest = {name: dilution[names == name].max() for name in names}
        low = np.flatnonzero((dilution > 1) & (dilution == [highest[name] for name in names]))
    pooled, n, k = _pooled(y[low], names[low])
    with np.errstate(invalid="ignore", divide="ignore"):
        lod = lob + Z / (1 - 1 / (4 * (n - k))) * np.sqrt(pooled)
    if not len(y):
        return Limits(n_blanks, lob, n.astype(int), lod, np.full(y.shape[1], np.nan))
    keys = [f"{name} {amount!r}" for name, amount in zip(names, dilution.tolist(), strict=True)]
    return Limits(n_blanks, lob, n.astype(int), lod, _quantitation(y, np.array(keys), lod))


def _moments(values: Floats) -> tuple[Floats, Floats]:
    """Mean and variance by column of what is known; NaN variance of fewer than two."""
    known = ~np.isnan(values)
    n = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, values, 0.0).sum(axis=0) / n
        deviations = np.where(known, values - mean, 0.0)
        return mean, np.where(n > 1, (deviations**2).sum(axis=0) / (n - 1), np.nan)


def _pooled(values: Floats, groups: NDArray) -> tuple[Floats, Floats, Floats]:
    """Pooled variance, values and groups, of the groups that have two values or more."""
    m = values.shape[1]
    squares, n, k = np.zeros(m), np.zeros(m), np.zeros(m)
    for name in np.unique(groups):
        own = values[groups == name]
        known = (~np.isnan(own)).sum(axis=0)
        enough = known > 1
        squares += np.where(enough, _moments(own)[1] * (known - 1), 0.0)
        n += np.where(enough, known, 0)
        k += enough
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > k, squares / (n - k), np.nan), n, k


def _quantitation(values: Floats, keys: NDArray, lod: Floats) -> Floats:
    means, fit = [], []
    for key in np.unique(keys):
        mean, variance = _moments(values[keys == key])
        means.append(np.where(np.isnan(variance), np.nan, mean))
        with np.errstate(invalid="ignore", divide="ignore"):
            fit.append((np.sqrt(variance) / mean <= QUANTIFIABLE) & (mean >= lod))
    order = np.argsort(np.array(means), axis=0, kind="stable")  # NaN last
    level = np.take_along_axis(np.array(means), order, axis=0)
    good = np.take_along_axis(np.array(fit), order, axis=0) | np.isnan(level)
    from_here = np.logical_and.accumulate(good[::-1], axis=0)[::-1] & ~np.isnan(level)
    first = from_here.argmax(axis=0)
    found = np.take_along_axis(level, first[None], axis=0)[0]
    return np.where(from_here.any(axis=0), found, np.nan)
