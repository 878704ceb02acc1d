"""Normalisation of log2 values: one shift per sample, against a frozen reference.

Missing values stay missing. What a sample gets depends on it alone and on what was frozen at the
training samples, and not on a shift that it had before: a matrix that was normalised already gives
the same values again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted, validate_data

from evigil.errors import UserError, hint
from evigil.matrix.batch_reference import ReferenceSubtraction
from evigil.matrix.log_normaliser import (
    CHECKS,
    Floats,
    LogNormaliser,
    Matrix,
    weighted_means,
)
from evigil.matrix.medians import medians

METHODS = ("median", "none", "reference", "spike")
# A feature seen in fewer of the training samples has a profile of the samples that have much of it.
SEEN_ENOUGH = 0.5
# Profile and shifts are estimated in turn this often; they settle in two or three (ours).
ROUNDS = 10


class Unchanged(LogNormaliser):
    """The values as they are: ``none``."""

    def fit(
        self,
        X: Matrix,  # noqa: N803
        y: object = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Note the features; nothing is learnt."""
        self._training(X, sample_weight)
        return self

    def _excess(self, X: Matrix, values: Floats) -> Floats:  # noqa: N803
        return np.zeros((len(values), 1))

    def frozen(self) -> dict[str, Any]:
        """Return the name of the method."""
        return {"method": "none"}


class MedianShift(LogNormaliser):
    """Each sample shifted by its median difference to the training samples' profile.

    The difference is taken over the features that sample and profile both have. This assumes that
    most of them do not differ between samples, or go up as often as down. Where a large part
    differs in one direction (a mixture of species, an enrichment beside its input), the median
    differs with it and is taken out of everything: then normalise by spike, by reference, or not.

    Parameters
    ----------
    features
        Names of the spiked features (of an array: their columns), which alone make the profile
        (``spike``): the same amount is expected in every sample. None (``median``): the features
        seen in at least half of the training samples, or all where none is.

    Attributes
    ----------
    profile_ : numpy.ndarray
        Mean of the shifted training samples, shape (n_features,); nan where not part of it. Its
        level is such that the training samples' shifts have mean 0.
    """

    def __init__(self, features: Collection[str] | Collection[int] | None = None) -> None:
        self.features = features

    def fit(
        self,
        X: Matrix,  # noqa: N803
        y: object = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Freeze the profile.

        Parameters
        ----------
        X
            log2 values of the training samples, shape (n_samples, n_features).
        sample_weight
            Shape (n_samples,), not negative; equal weights when None. With 1/n for each of a
            patient's n draws, who was drawn often does not weigh more in the profile.

        Raises
        ------
        UserError
            If no training sample has a value of the profile's features.
        """
        values, weights = self._training(X, sample_weight)
        used = self._used(X, values, weights)
        own = values[:, used]
        level = medians(own)
        some = ~np.isnan(level)
        if not some.any():
            of = "the spiked features" if self.features is not None else "any feature"
            raise UserError(f"no training sample has a value of {of}: nothing to normalise by")
        own, level, weights = own[some], level[some], weights[some]
        for _ in range(ROUNDS):
            profile = weighted_means(own - level[:, None], weights)
            level = medians(own - profile)
        self.profile_ = np.full(values.shape[1], np.nan)
        self.profile_[used] = profile + np.average(level, weights=weights)
        return self

    def shifts(self, X: Matrix) -> Floats:  # noqa: N803
        """Return by how much samples lie above the profile, shape (n_samples,); log2.

        Missing for a sample without a value of the profile's features.
        """
        check_is_fitted(self)
        return self._excess(X, validate_data(self, X, reset=False, **CHECKS))[:, 0]

    def frozen(self) -> dict[str, Any]:
        """Return method and profile by feature."""
        names = zip(self.feature_names_in_, self.profile_, strict=True)
        profile = {str(name): float(value) for name, value in names if not np.isnan(value)}
        return {"method": "median" if self.features is None else "spike", "profile": profile}

    def _excess(self, X: Matrix, values: Floats) -> Floats:  # noqa: N803
        used = ~np.isnan(self.profile_)
        return medians(values[:, used] - self.profile_[used])[:, None]

    def _used(self, X: Matrix, values: Floats, weights: Floats) -> NDArray[np.bool_]:  # noqa: N803
        seen = weights @ ~np.isnan(values) / weights.sum()
        if self.features is not None:
            columns = X.columns if isinstance(X, pd.DataFrame) else pd.RangeIndex(len(seen))
            _require(self.features, columns)
            return columns.isin(list(self.features)) & (seen > 0)
        enough = seen >= SEEN_ENOUGH - 1e-9  # weights such as 1/3 do not add up to 1
        return enough if enough.any() else seen > 0


def normaliser(
    method: str,
    reference_samples: Collection[str] | None = None,
    spike: Collection[str] | None = None,
    batches: pd.Series | None = None,
) -> LogNormaliser:
    """Return the normalisation of a name, not fitted yet.

    Parameters
    ----------
    method
        ``median``, ``none``, ``reference`` or ``spike``.
    reference_samples, batches
        For ``reference``: names of the reference samples, and batch of each sample.
    spike
        For ``spike``: names of the spiked features.

    Raises
    ------
    UserError
        If what the method needs is missing.
    ValueError
        If there is no such method.
    """
    if method == "median":
        return MedianShift()
    if method == "none":
        return Unchanged()
    if method == "spike":
        if not spike:
            raise UserError("normalisation by spike needs spike_proteins; none is given")
        return MedianShift(sorted(spike))
    if method != "reference":
        raise ValueError(f"method must be one of {', '.join(METHODS)}, not {method!r}")
    if not reference_samples or batches is None:
        raise UserError(
            "normalisation by reference needs reference samples: role reference in the sample "
            "sheet, or reference_samples"
        )
    return ReferenceSubtraction(sorted(reference_samples), batches)


def from_frozen(frozen: dict[str, Any], features: pd.Index) -> LogNormaliser:
    """Return a fitted ``none``, ``median`` or ``spike`` normalisation for the features of a table.

    Parameters
    ----------
    frozen
        What `LogNormaliser.frozen` gave.
    features
        Of the table that is to be normalised; those of the profile that it lacks are missing.
    """
    if frozen["method"] == "none":
        return Unchanged().fit(pd.DataFrame(np.nan, index=["none"], columns=features))
    fitted = MedianShift()
    fitted.features = None if frozen["method"] == "median" else sorted(frozen["profile"])
    fitted.feature_names_in_ = features.to_numpy(object)
    fitted.n_features_in_ = len(features)
    fitted.profile_ = pd.Series(frozen["profile"], dtype=float).reindex(features).to_numpy()
    return fitted


def _require(features: Collection[str] | Collection[int], columns: pd.Index) -> None:
    lacking = [feature for feature in features if feature not in columns]
    if lacking:
        raise UserError(
            f"normalisation by spike: no feature {lacking[0]!r} in the table"
            f"{hint(lacking[0], columns)}"
        )
