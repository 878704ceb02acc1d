"""Normalisation of counts against a frozen reference: a sample's values depend on it alone.

Both classes give ``log2(c + prior)`` of counts ``c`` brought to one million counts per sample. For
`LogCPM` the million is the sample's own total; for `MedianOfRatios` it is that of the median
training sample, so that the prior weighs the same whatever the sequencing depth of a cohort.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from evigil.errors import UserError

Floats = NDArray[np.float64]
Matrix = NDArray | pd.DataFrame

MILLION = 1e6
# Fewer features than this make a median of ratios a matter of luck (ours).
ENOUGH_COMMON_FEATURES = 50


class _SizeFactorNormaliser(TransformerMixin, BaseEstimator):
    """What the normalisations share: counts through a size factor to log2."""

    prior: float
    scale_: float

    @abstractmethod
    def _size_factors(self, counts: Floats) -> Floats:
        """Size factors (n_samples,), nan where a sample has none."""

    @abstractmethod
    def _why_not(self) -> str:
        """Why a sample has no size factor."""

    def size_factors(self, X: Matrix) -> Floats:  # noqa: N803 - scikit-learn's name
        """Depth of each sample relative to the reference.

        Parameters
        ----------
        X
            Counts, shape (n_samples, n_features).

        Returns
        -------
        numpy.ndarray
            Shape (n_samples,), all above 0.

        Raises
        ------
        UserError
            If a sample has no size factor, with its name (its row number in an array).
        """
        return self._checked_size_factors(X, self._counts(X))

    def transform(self, X: Matrix) -> Any:  # noqa: N803
        """Normalise samples.

        Parameters
        ----------
        X
            Counts, shape (n_samples, n_features); the features of the training samples, in order.

        Returns
        -------
        numpy.ndarray or pandas.DataFrame
            log2 of counts per million, shape and type of `X`.

        Raises
        ------
        UserError
            If a sample has no size factor.
        """
        counts = self._counts(X)
        factors = self._checked_size_factors(X, counts)
        values = np.log2(counts * (self.scale_ / factors)[:, None] + self.prior)
        if isinstance(X, pd.DataFrame):
            return pd.DataFrame(values, index=X.index, columns=X.columns)
        return values

    def _counts(self, X: Matrix) -> Floats:  # noqa: N803
        check_is_fitted(self)
        return validate_data(self, X, reset=False, dtype=np.float64, ensure_non_negative=True)

    def _checked_size_factors(self, X: Matrix, counts: Floats) -> Floats:  # noqa: N803
        factors = self._size_factors(counts)
        missing = np.flatnonzero(np.isnan(factors))
        if missing.size:
            first = missing[0]
            name = f"sample {X.index[first]!r}" if isinstance(X, pd.DataFrame) else f"row {first}"
            others = f" (and {missing.size - 1} more)" if missing.size > 1 else ""
            raise UserError(f"{name}{others} cannot be normalised: {self._why_not()}")
        return factors


class LogCPM(_SizeFactorNormaliser):
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


class MedianOfRatios(_SizeFactorNormaliser):
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
        counts = validate_data(self, X, dtype=np.float64, ensure_non_negative=True)
        weights = (
            np.ones(len(counts)) if sample_weight is None else np.asarray(sample_weight, float)
        )
        X, counts, weights = X[weights > 0], counts[weights > 0], weights[weights > 0]  # noqa: N806
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
