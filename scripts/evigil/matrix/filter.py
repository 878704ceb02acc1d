"""Which features are worth keeping, decided without a look at any label."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from evigil.errors import UserError


class DetectionFilter(TransformerMixin, BaseEstimator):
    """Keep the features that are positive in enough of the training samples.

    Parameters
    ----------
    share
        Least share of the training samples, in [0, 1].

    Attributes
    ----------
    support_ : numpy.ndarray
        Which features are kept, shape (n_features,), bool.
    detected_ : numpy.ndarray
        Weighted share of the training samples in which each is positive, shape (n_features,).
    """

    _word = "positive"

    def __init__(self, share: float = 0.5) -> None:
        self.share = share

    def _detected(self, X: NDArray | pd.DataFrame) -> NDArray[np.bool_]:  # noqa: N803
        values: NDArray[np.float64] = validate_data(
            self, X, dtype=np.float64, ensure_non_negative=True
        )
        return values > 0

    def fit(
        self,
        X: NDArray | pd.DataFrame,  # noqa: N803 - scikit-learn's name
        y: object = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Decide from training samples.

        Parameters
        ----------
        X
            Counts, shape (n_samples, n_features).
        sample_weight
            Shape (n_samples,): a patient's draws weigh 1/n each, so that a patient counts once.

        Raises
        ------
        UserError
            If no feature is left.
        """
        detected = self._detected(X)
        weights = np.ones(len(detected)) if sample_weight is None else np.asarray(sample_weight)
        self.detected_ = weights @ detected / weights.sum()
        self.support_ = (
            self.detected_ >= self.share - 1e-9
        )  # weights such as 1/3 do not add up to 1
        if not self.support_.any():
            raise UserError(
                f"no feature is {self._word} in at least {self.share:.0%} "
                f"of the {len(detected)} training samples"
            )
        return self

    def transform(self, X: NDArray | pd.DataFrame) -> Any:  # noqa: N803
        """Drop the other features; a DataFrame stays one."""
        check_is_fitted(self)
        validate_data(self, X, reset=False, skip_check_array=True)
        return X.loc[:, self.support_] if isinstance(X, pd.DataFrame) else X[:, self.support_]


class PresenceFilter(DetectionFilter):
    """Keep the features that are measured, not missing, in enough of the training samples.

    Parameters and attributes are those of `DetectionFilter`, ``positive`` read as ``measured``.
    """

    _word = "measured"

    def _detected(self, X: NDArray | pd.DataFrame) -> NDArray[np.bool_]:  # noqa: N803
        values: NDArray[np.float64] = validate_data(
            self, X, dtype=np.float64, ensure_all_finite="allow-nan"
        )
        return ~np.isnan(values)
