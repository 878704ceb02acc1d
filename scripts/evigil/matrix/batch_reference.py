"""Normalisation of log2 values by the reference sample or channel of their batch."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.utils.validation import validate_data

from evigil.errors import UserError
from evigil.matrix.log_normaliser import CHECKS, Floats, LogNormaliser, Matrix, weighted_means


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
        self.level_ = weighted_means(means, np.ones(len(means)))
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
