"""What normalisations by a size factor per sample share."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from evigil.errors import UserError

Floats = NDArray[np.float64]
Matrix = NDArray | pd.DataFrame
#: Row after row: sums depend on how numbers lie in memory, and must not on where they came from.
CHECKS: dict[str, Any] = {"dtype": np.float64, "order": "C", "ensure_non_negative": True}


class SizeFactorNormaliser(TransformerMixin, BaseEstimator):
    """Counts through a size factor to log2; `prior` and `scale_` are the subclass's."""

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

    def _training(
        self,
        X: Matrix,  # noqa: N803
        sample_weight: ArrayLike | None,
    ) -> tuple[Matrix, Floats, Floats]:
        """Return the samples whose weight is above 0: as given, their counts, their weights."""
        counts = validate_data(self, X, **CHECKS)
        if sample_weight is None:
            return X, counts, np.ones(len(counts))
        weights = np.asarray(sample_weight, float)
        some = weights > 0
        return X[some], counts[some], weights[some]

    def _counts(self, X: Matrix) -> Floats:  # noqa: N803
        check_is_fitted(self)
        return validate_data(self, X, reset=False, **CHECKS)

    def _checked_size_factors(self, X: Matrix, counts: Floats) -> Floats:  # noqa: N803
        factors = self._size_factors(counts)
        missing = np.flatnonzero(np.isnan(factors))
        if missing.size:
            first = missing[0]
            name = f"sample {X.index[first]!r}" if isinstance(X, pd.DataFrame) else f"row {first}"
            others = f" (and {missing.size - 1} more)" if missing.size > 1 else ""
            raise UserError(f"{name}{others} cannot be normalised: {self._why_not()}")
        return factors
