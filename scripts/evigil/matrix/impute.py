"""Values in place of missing ones, for models that take none; never in a stored matrix."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

Floats = NDArray[np.float64]
CHECKS: dict[str, Any] = {"dtype": np.float64, "order": "C", "ensure_all_finite": "allow-nan"}


class CensoredImputer(TransformerMixin, BaseEstimator):
    """Put what is expected of a value too low to be seen in place of each missing value.

    The assumption is that a feature is normally distributed over samples on the log scale and that
    its missing values are its lowest ones. Mean and SD of the whole distribution then follow from
    those of the values seen and from the share missing, and with them the mean of the part that is
    not seen. It is one number for each feature, settled on the training samples: nothing is drawn,
    and what a sample gets does not depend on other samples.

    Where values are missing by chance this is too low; a feature that is seldom seen should be
    left out before.

    Attributes
    ----------
    values_ : numpy.ndarray
        What replaces a missing value, shape (n_features,); nan for a feature never seen.

    References
    ----------
    Cohen (1959), doi:10.1080/00401706.1959.10489859, for the moments of a censored normal
    distribution
    """

    def fit(
        self,
        X: NDArray | pd.DataFrame,  # noqa: N803 - scikit-learn's name
        y: object = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Settle the values.

        Parameters
        ----------
        X
            log2 values of the training samples, shape (n_samples, n_features), nan where missing.
        sample_weight
            Shape (n_samples,): a patient's draws weigh 1/n each, so that a patient counts once.
        """
        values = validate_data(self, X, **CHECKS)
        weights = np.ones(len(values)) if sample_weight is None else np.asarray(sample_weight)
        seen = ~np.isnan(values)
        n = weights @ seen
        with np.errstate(invalid="ignore"):
            mean = weights @ np.where(seen, values, 0.0) / n
            spread = np.where(seen, values - mean, 0.0)
            self.values_ = _mean_unseen(mean, np.sqrt(weights @ spread**2 / n), n, weights.sum())
        return self

    def transform(self, X: NDArray | pd.DataFrame) -> Any:  # noqa: N803
        """Replace missing values.

        Parameters
        ----------
        X
            log2 values, shape (n_samples, n_features).

        Returns
        -------
        numpy.ndarray or pandas.DataFrame
            Shape and type of `X`.
        """
        check_is_fitted(self)
        values = validate_data(self, X, reset=False, **CHECKS)
        filled = np.where(np.isnan(values), self.values_, values)
        if isinstance(X, pd.DataFrame):
            return pd.DataFrame(filled, index=X.index, columns=X.columns)
        return filled


def _mean_unseen(mean: Floats, sd: Floats, n_seen: Floats, n: float) -> Floats:
    """Return the mean of the unseen part of normal distributions cut off from below.

    `mean` and `sd` are those of the part seen. Of a feature that no training sample lacks, half a
    sample is taken to be missing.
    """
    from scipy.special import ndtri

    missing = (n - n_seen + 0.5) / (n + 1)
    cut = ndtri(missing)
    density = np.exp(-(cut**2) / 2) / np.sqrt(2 * np.pi)
    above = density / (1 - missing)  # mean of the part seen, in SD of the whole
    whole = sd / np.sqrt(1 + cut * above - above**2)
    return mean - whole * (above + density / missing)
