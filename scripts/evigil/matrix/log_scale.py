"""Normalisation of log2 values: one shift per sample, against a frozen reference.

Missing values stay missing. What a sample gets depends on it alone and on what was frozen at the
training samples, and not on a shift that it had before: a matrix that was normalised already gives
the same values again.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from evigil.errors import UserError, hint
from evigil.matrix.medians import medians

Floats = NDArray[np.float64]
Matrix = NDArray | pd.DataFrame

METHODS = ("median", "none", "reference", "spike")
# A feature seen in fewer of the training samples has a profile of the samples that have much of it.
SEEN_ENOUGH = 0.5
# Profile and shifts are estimated in turn this often; they settle in two or three (ours).
ROUNDS = 10
CHECKS: dict[str, Any] = {"dtype": np.float64, "order": "C", "ensure_all_finite": "allow-nan"}


class LogNormaliser(TransformerMixin, BaseEstimator):
    """Log2 values less what a sample has too much of; a subclass says how much that is."""

    @abstractmethod
    def _excess(self, X: Matrix, values: Floats) -> Floats:  # noqa: N803 - scikit-learn's name
        """Return what to subtract: shape (n_samples, 1) or that of `values`."""

    @abstractmethod
    def frozen(self) -> dict[str, Any]:
        """Return all that `transform` needs, ready for JSON; fitted on a DataFrame."""

    def transform(self, X: Matrix) -> Any:  # noqa: N803
        """Normalise samples.

        Parameters
        ----------
        X
            log2 values, shape (n_samples, n_features), missing where not measured; the features
            of the training samples, in order.

        Returns
        -------
        numpy.ndarray or pandas.DataFrame
            log2 values, shape and type of `X`; all missing for a sample that cannot be normalised.
        """
        check_is_fitted(self)
        values = validate_data(self, X, reset=False, **CHECKS)
        normalised = values - self._excess(X, values)
        if isinstance(X, pd.DataFrame):
            return pd.DataFrame(normalised, index=X.index, columns=X.columns)
        return normalised

    def _training(
        self,
        X: Matrix,  # noqa: N803
        sample_weight: ArrayLike | None,
    ) -> tuple[Floats, Floats]:
        """Return values and weights of the samples whose weight is above 0."""
        values = validate_data(self, X, **CHECKS)
        weights = np.ones(len(values)) if sample_weight is None else np.asarray(sample_weight)
        return values[weights > 0], weights[weights > 0].astype(float)


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
        Names of the spiked features, which alone make the profile (``spike``): the same amount is
        expected in every sample. None (``median``): the features seen in at least half of the
        training samples, or all where none is.

    Attributes
    ----------
    profile_ : numpy.ndarray
        Mean of the shifted training samples, shape (n_features,); nan where not part of it. Its
        level is such that the training samples' shifts have mean 0.
    """

    def __init__(self, features: Collection[str] | None = None) -> None:
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
            log2 values of the training samples, shape (n_samples, n_features); a DataFrame where
            `features` names some.
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
            profile = _means(own - level[:, None], weights)
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
            assert isinstance(X, pd.DataFrame)
            _require(self.features, X.columns)
            return X.columns.isin(list(self.features)) & (seen > 0)
        enough = seen >= SEEN_ENOUGH - 1e-9  # weights such as 1/3 do not add up to 1
        return enough if enough.any() else seen > 0


class ReferenceSubtraction(LogNormaliser):
    """Each sample less the reference of its batch, feature by feature.

    The reference of a batch (a plate, a plex) is the mean of its reference samples: the same
    material in every batch. The mean over the training batches is added again, so that values stay
    log2 intensities; it is a constant of a feature and moves no difference between samples. This
    assumes that a batch multiplies reference and samples alike. A feature that a batch's reference
    lacks is missing in the samples of that batch.

    Parameters
    ----------
    reference_samples
        Names of the reference samples.
    batches
        Batch of each sample, indexed by sample.

    Attributes
    ----------
    references_ : pandas.DataFrame
        log2 reference of each batch known at fitting, shape (n_batches, n_features).
    level_ : numpy.ndarray
        Mean over these batches, shape (n_features,); nan where none has the feature.
    """

    def __init__(self, reference_samples: Collection[str], batches: pd.Series) -> None:
        self.reference_samples = reference_samples
        self.batches = batches

    def fit(
        self,
        X: pd.DataFrame,  # noqa: N803
        y: object = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Freeze the references of the batches.

        Parameters
        ----------
        X
            log2 values, shape (n_samples, n_features): samples and their reference samples.
        sample_weight
            Not used: each batch's reference stands for it.

        Raises
        ------
        UserError
            If there is no reference sample.
        """
        validate_data(self, X, **CHECKS)
        self.references_ = self._references(X)
        if self.references_.empty:
            raise UserError("normalisation by reference: no batch has a reference sample")
        means = self.references_.to_numpy()
        self.level_ = _means(means, np.ones(len(means)))
        return self

    def frozen(self) -> dict[str, Any]:
        """Return method and level by feature; a new batch brings its own reference."""
        names = zip(self.feature_names_in_, self.level_, strict=True)
        level = {str(name): float(value) for name, value in names if not np.isnan(value)}
        return {"method": "reference", "level": level}

    def _references(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803
        own = X[X.index.isin(list(self.reference_samples))].sort_index()
        return own.groupby(self.batches.reindex(own.index)).mean().sort_index()

    def _excess(self, X: Matrix, values: Floats) -> Floats:  # noqa: N803
        assert isinstance(X, pd.DataFrame)
        # of a batch that was there at fitting the reference is frozen, whoever comes along now
        known = self.references_
        fresh = self._references(X)
        references = pd.concat([known, fresh[~fresh.index.isin(known.index)]])
        batch = self.batches.reindex(X.index)
        lacking = sorted(X.index[~batch.isin(references.index)])
        if lacking:
            first = batch[lacking[0]]
            where = "has no batch" if pd.isna(first) else f"batch {first!r} has no reference sample"
            raise UserError(f"normalisation by reference: sample {lacking[0]!r}: {where}")
        return references.loc[batch].to_numpy(float) - self.level_


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


def _means(values: Floats, weights: Floats) -> Floats:
    """Weighted means of columns over what is not nan; nan where nothing is."""
    known = ~np.isnan(values)
    total = weights @ known
    return np.divide(
        weights @ np.where(known, values, 0.0),
        total,
        out=np.full(values.shape[1], np.nan),
        where=total > 0,
    )


def _require(features: Collection[str], columns: pd.Index) -> None:
    lacking = sorted(set(features) - set(columns))
    if lacking:
        raise UserError(
            f"normalisation by spike: no feature {lacking[0]!r} in the table"
            f"{hint(lacking[0], columns)}"
        )
