"""Normalisation of counts against a frozen reference: a sample's values depend on it alone.

All give ``log2(c + prior)`` of counts ``c`` brought to one million counts per sample. For `LogCPM`
the million is the sample's own total, for `TMM` its effective one; for `MedianOfRatios` it is that
of the median training sample, so that the prior weighs the same whatever the sequencing depth of a
cohort.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.stats import rankdata
from sklearn.utils.validation import validate_data

from evigil.errors import UserError
from evigil.matrix.size_factors import Floats, Matrix, SizeFactorNormaliser

MILLION = 1e6
# Fewer features than this make a median of ratios a matter of luck (ours).
ENOUGH_COMMON_FEATURES = 50
# Shares that TMM trims on each side.
RATIOS_TRIMMED = 0.3
LEVELS_TRIMMED = 0.05


class LogCPM(SizeFactorNormaliser):
    """log2 of counts per million of the sample's own total over the features given.

    Parameters
    ----------
    prior
        Counts per million added before the logarithm, > 0.

    Attributes
    ----------
    scale_ : float
        One million: size factors are in units of single counts.
    """

    def __init__(self, prior: float = 1.0) -> None:
        self.prior = prior

    def fit(self, X: Matrix, y: object = None) -> Self:  # noqa: N803
        """Note the features; nothing else is learnt from the training samples."""
        validate_data(self, X, dtype=np.float64, ensure_non_negative=True)
        self.scale_ = MILLION
        return self

    def _size_factors(self, counts: Floats) -> Floats:
        total = counts.sum(axis=1)
        return np.where(total > 0, total, np.nan)

    def _why_not(self) -> str:
        return "all its counts are 0"


class MedianOfRatios(SizeFactorNormaliser):
    """DESeq2's size factors, with the reference frozen at the training samples.

    A sample's size factor is the median, over features positive in it and in the reference, of its
    count divided by the reference: the geometric mean over the training samples. Of these samples
    themselves the size factors are exactly DESeq2's.

    Parameters
    ----------
    method
        ``ratio``: features positive in all training samples make the reference. ``poscounts``:
        zeros count as 1 in the geometric mean, and size factors are divided by their geometric
        mean over the training samples, a constant that is frozen too. ``auto``: ratio where at
        least 50 features are positive in all training samples, else poscounts.
    prior
        Added before the logarithm, in counts per million of the median training sample, > 0.

    Attributes
    ----------
    method_ : str
        The method in use, ``ratio`` or ``poscounts``.
    log_reference_ : numpy.ndarray
        ln of the reference, shape (n_features,); -inf for features that are not part of it.
    log_center_ : float
        ln of the geometric mean by which size factors are divided; 0 for ratio.
    scale_ : float
        10^6 over the median training sample's total per size factor.

    References
    ----------
    Anders and Huber (2010), doi:10.1186/gb-2010-11-10-r106; Love et al. (2014),
    doi:10.1186/s13059-014-0550-8; poscounts as in DESeq2's ``estimateSizeFactors``.
    """

    def __init__(self, method: str = "auto", prior: float = 1.0) -> None:
        self.method = method
        self.prior = prior

    def fit(
        self,
        X: Matrix,  # noqa: N803
        y: object = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Freeze the reference.

        Parameters
        ----------
        X
            Counts of the training samples, shape (n_samples, n_features).
        sample_weight
            Shape (n_samples,), not negative; equal weights when None. With 1/n for each of a
            patient's n draws, who was drawn often does not weigh more in the reference.

        Raises
        ------
        UserError
            If no feature can be part of the reference, or a training sample has no size factor.
        ValueError
            If the method is none of the three.
        """
        if self.method not in ("auto", "ratio", "poscounts"):
            raise ValueError(f"method must be auto, ratio or poscounts, not {self.method!r}")
        X, counts, weights = self._training(X, sample_weight)  # noqa: N806
        common = (counts > 0).all(axis=0)
        enough = common.sum() >= ENOUGH_COMMON_FEATURES
        self.method_ = (
            ("ratio" if enough else "poscounts") if self.method == "auto" else self.method
        )
        used = common if self.method_ == "ratio" else (counts > 0).any(axis=0)
        if not used.any():
            where = "all training samples" if self.method_ == "ratio" else "any training sample"
            raise UserError(f"counts cannot be normalised: no feature is positive in {where}")
        log_counts = _log_or(counts, 0.0)
        self.log_reference_ = np.where(
            used, np.average(log_counts, axis=0, weights=weights), -np.inf
        )
        self.log_center_ = 0.0
        factors = self._checked_size_factors(X, counts)
        if self.method_ == "poscounts":
            self.log_center_ = float(np.average(np.log(factors), weights=weights))
            factors = factors / np.exp(self.log_center_)
        self.scale_ = float(MILLION / _weighted_median(counts.sum(axis=1) / factors, weights))
        return self

    def _size_factors(self, counts: Floats) -> Floats:
        used = np.isfinite(self.log_reference_)
        log_ratios = _log_or(counts[:, used], np.nan) - self.log_reference_[used]
        return np.exp(_row_medians(log_ratios) - self.log_center_)

    def _why_not(self) -> str:
        n = int(np.isfinite(self.log_reference_).sum())
        return f"its counts are 0 in all {n} features of the reference"


class TMM(SizeFactorNormaliser):
    """edgeR's trimmed mean of M-values, with the reference sample frozen at training.

    A sample's size factor is its total times its TMM factor: the weighted mean log ratio to the
    reference sample, without the 30 % largest and smallest ratios and the 5 % highest and lowest
    levels. Of the training samples themselves the factors are exactly edgeR's.

    Parameters
    ----------
    prior
        Counts per million added before the logarithm, > 0.

    Attributes
    ----------
    reference_ : numpy.ndarray
        Counts of the training sample whose upper quartile is nearest to the mean, (n_features,).
    log_center_ : float
        ln of the geometric mean of the training samples' factors, by which factors are divided.
    scale_ : float
        One million: size factors are in units of single counts.

    References
    ----------
    Robinson and Oshlack (2010), doi:10.1186/gb-2010-11-3-r25
    """

    def __init__(self, prior: float = 1.0) -> None:
        self.prior = prior

    def fit(
        self,
        X: Matrix,  # noqa: N803
        y: object = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Freeze the reference sample.

        Parameters
        ----------
        X
            Counts of the training samples, shape (n_samples, n_features).
        sample_weight
            Shape (n_samples,), not negative; equal weights when None. With 1/n for each of a
            patient's n draws, who was drawn often does not weigh more.

        Raises
        ------
        UserError
            If all counts of a training sample are 0.
        """
        X, counts, weights = self._training(X, sample_weight)  # noqa: N806
        self.scale_ = MILLION
        self.log_center_ = 0.0
        self.reference_ = counts[0]
        self._checked_size_factors(X, counts)  # no sample without counts
        used = counts[:, (counts > 0).any(axis=0)]
        quartile = np.quantile(used, 0.75, axis=1) / counts.sum(axis=1)
        if np.median(quartile) < 1e-20:  # most features are 0: edgeR then takes the richest sample
            nearest = np.argmax(np.sqrt(counts).sum(axis=1))
        else:
            nearest = np.argmin(np.abs(quartile - np.average(quartile, weights=weights)))
        self.reference_ = counts[nearest]
        self.log_center_ = float(np.average(np.log(self._factors(counts)), weights=weights))
        return self

    def _size_factors(self, counts: Floats) -> Floats:
        total = counts.sum(axis=1)
        factors = np.full(len(counts), np.nan)
        factors[total > 0] = total[total > 0] * self._factors(counts[total > 0])
        return factors

    def _factors(self, counts: Floats) -> Floats:
        factors = np.array([_trimmed_mean_of_ratios(c, self.reference_) for c in counts])
        return factors / np.exp(self.log_center_)

    def _why_not(self) -> str:
        return "all its counts are 0"


def _trimmed_mean_of_ratios(counts: Floats, reference: Floats) -> float:
    """TMM factor of one sample against another; 1 where they share no feature or do not differ."""
    both = (counts > 0) & (reference > 0)
    share, other = counts[both] / counts.sum(), reference[both] / reference.sum()
    ratio, level = np.log2(share / other), np.log2(share * other) / 2
    if not ratio.size or np.abs(ratio).max() < 1e-6:
        return 1.0
    kept = _middle(ratio, RATIOS_TRIMMED) & _middle(level, LEVELS_TRIMMED)
    weight = 1 / ((1 - share) / counts[both] + (1 - other) / reference[both])
    if not kept.any():
        return 1.0
    return float(2 ** np.average(ratio[kept], weights=weight[kept]))


def _middle(values: Floats, trimmed: float) -> NDArray[np.bool_]:
    """Leave a share of the lowest and of the highest ranks out."""
    lowest = np.floor(len(values) * trimmed) + 1
    rank = rankdata(values)
    return (rank >= lowest) & (rank <= len(values) + 1 - lowest)


def _log_or(counts: Floats, at_zero: float) -> Floats:
    return np.log(counts, out=np.full_like(counts, at_zero), where=counts > 0)


def _weighted_median(values: Floats, weights: Floats) -> float:
    """Median of values that count as often as their weight says."""
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    half = reached[-1] / 2
    # sums of 1/n are exact to rounding only: half must be met, not missed by a bit
    first, last = np.searchsorted(reached, [half * (1 - 1e-12), half * (1 + 1e-12)])
    return float(values[order[[first, min(last, len(order) - 1)]]].mean())


def _row_medians(values: Floats) -> Floats:
    """Median of each row over what is not nan; nan where nothing is left."""
    medians = np.full(len(values), np.nan)
    known = ~np.isnan(values).all(axis=1)  # numpy warns of a row without a value
    medians[known] = np.nanmedian(values[known], axis=1)
    return medians
