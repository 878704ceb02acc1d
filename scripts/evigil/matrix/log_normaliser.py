"""What normalisations of log2 values share."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]
Matrix = NDArray | pd.DataFrame
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


def weighted_means(values: Floats, weights: Floats) -> Floats:
    """Weighted means of columns over what is not nan; nan where nothing is."""
    known = ~np.isnan(values)
    total = weights @ known
    return np.divide(
        weights @ np.where(known, values, 0.0),
        total,
        out=np.full(values.shape[1], np.nan),
        where=total > 0,
    )
