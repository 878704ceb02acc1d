"""Counts that decide a fit alone: Cook's distances, and what is put in their place.

Cook (1977), doi:10.1080/00401706.1977.10489493; the variance that does not see the outlier and the
rules of replacement as in Love et al. (2014), doi:10.1186/s13059-014-0550-8.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from evigil.differential.negative_binomial import Floats

_LEAST_DISPERSION = 0.04
_FEW, _SOME = 3.5, 23.5  # sizes of a cell at which the share trimmed changes
_TRIM = (1 / 3, 1 / 4, 1 / 8)
_SCALE = (2.04, 1.86, 1.51)  # makes the trimmed mean of squares that of normal values
_REPLACEMENT_TRIM = 0.2
LEAST_TO_REPLACE = 7  # samples of the same design row
LEAST_TO_JUDGE = 3


def cutoff(n_samples: int, p: int) -> float:
    """Distance above which a count is an outlier: the 99 % point of F(p, n_samples − p)."""
    from scipy.stats import f

    return float(f.ppf(0.99, p, n_samples - p))


def cells(design: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which design row each sample has, and how many samples share it, both shape (n_samples,)."""
    _, cell, size = np.unique(design, axis=0, return_inverse=True, return_counts=True)
    cell = cell.reshape(-1)
    return cell, size[cell]


def distances(
    counts: Floats, normalised: Floats, design: Floats, means: Floats, leverages: Floats
) -> Floats:
    """Cook's distances, shape (n_features, n_samples).

    Parameters
    ----------
    counts, normalised
        Counts as they are and over size factors, shape (n_features, n_samples).
    design
        Shape (n_samples, p).
    means, leverages
        Expected counts and hat diagonal of the regression, shape (n_features, n_samples).
    """
    alpha = _robust_dispersion(normalised, design)[:, None]
    squares = (counts - means) ** 2 / (means + alpha * means**2)
    # a sample that is alone in its cell has all the leverage
    rest = np.maximum(1 - leverages, np.finfo(float).eps)
    return squares / design.shape[1] * leverages / rest**2


def _robust_dispersion(normalised: Floats, design: Floats) -> Floats:
    cell, size = cells(design)
    judged = [c for c in np.unique(cell) if (cell == c).sum() >= LEAST_TO_JUDGE]
    if judged:
        variance = np.max([_trimmed_variance(normalised[:, cell == c]) for c in judged], axis=0)
    else:
        variance = _trimmed_variance(normalised, 2)
    mean = normalised.mean(axis=1)
    return np.maximum((variance - mean) / mean**2, _LEAST_DISPERSION)


def _trimmed_variance(values: Floats, kind: int | None = None) -> Floats:
    from scipy.stats import trim_mean

    n = values.shape[1]
    kind = int(n > _FEW) + int(n > _SOME) if kind is None else kind
    centre = trim_mean(values, _TRIM[kind], axis=1)
    return _SCALE[kind] * trim_mean((values - centre[:, None]) ** 2, _TRIM[kind], axis=1)


def replace(
    counts: Floats, size_factors: Floats, outlying: NDArray[np.bool], replaceable: NDArray[np.bool]
) -> Floats:
    """Put the trimmed mean of the feature, at the sample's depth, in place of outliers.

    Parameters
    ----------
    counts, outlying
        Shape (n_features, n_samples).
    size_factors, replaceable
        Shape (n_samples,): depth, and whether enough samples share the design row.
    """
    from scipy.stats import trim_mean

    usual = trim_mean(counts / size_factors, _REPLACEMENT_TRIM, axis=1)
    return np.where(outlying & replaceable, np.floor(usual[:, None] * size_factors), counts)


def outlier_features(
    counts: Floats, distance: Floats, design: Floats, judged: NDArray[np.bool]
) -> NDArray[np.bool]:
    """Features whose p-value rests on an outlier, shape (n_features,).

    Of two groups, a feature is kept when three counts are larger than the one in question: then it
    is low among high ones, which does not make a fold change.

    Parameters
    ----------
    counts, distance
        Shape (n_features, n_samples).
    design
        Shape (n_samples, p).
    judged
        Samples that can be outliers, shape (n_samples,).
    """
    if not judged.any():
        return np.zeros(len(counts), bool)
    flagged = distance[:, judged].max(axis=1) > cutoff(*design.shape)
    if design.shape[1] == 2 and len(np.unique(design, axis=0)) == 2:
        rows = np.flatnonzero(flagged)
        suspect = counts[rows, np.argmax(distance[rows], axis=1)]
        flagged[rows] = (counts[rows] > suspect[:, None]).sum(axis=1) < 3
    return flagged
