"""What the classifier does with log2 values before it separates classes; missing ones are filled.

Each step is fitted on a training part alone: presence filter, normalisation as the layer's, values
in place of missing ones, scaling.
"""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.classifier.calibration import Platt
from evigil.classifier.layer import Layer
from evigil.errors import UserError

Floats = NDArray[np.float64]

# A sample with less of the model's features would be scored by what it lacks (ours).
LEAST_SHARE = 0.5


class LogPreparation:
    """log2 values to standardised ones.

    Parameters
    ----------
    layer
        How its values are normalised.
    features
        Names of the columns of the values, shape (n_features,).

    Attributes
    ----------
    filter_, normalise_, impute_, scale_
        The fitted steps; all but the filter know the kept features only.
    """

    def __init__(self, layer: Layer, features: pd.Index) -> None:
        self._layer = layer
        self._features = features

    def fit_transform(self, values: Floats, weights: Floats, names: NDArray) -> Floats:
        """Fit on training samples and return their values.

        Parameters
        ----------
        values
            Shape (n_samples, n_features), nan where missing.
        weights, names
            Of the samples, shape (n_samples,).

        Raises
        ------
        UserError
            If no feature is left, none that was spiked, or a sample has too few of them.
        """
        from sklearn.preprocessing import StandardScaler

        from evigil.matrix.filter import PresenceFilter
        from evigil.matrix.impute import CensoredImputer

        self.filter_ = PresenceFilter().fit(values, sample_weight=weights)
        kept = values[:, self.filter_.support_]
        _require_values(kept, names)
        self.normalise_ = self._normaliser().fit(kept, sample_weight=weights)
        normalised = self._normalised(kept, names)
        self.impute_ = CensoredImputer().fit(normalised, sample_weight=weights)
        filled = self.impute_.transform(normalised)
        self.scale_ = StandardScaler().fit(filled, sample_weight=weights)
        return self.scale_.transform(filled)

    def transform(self, values: Floats, names: NDArray) -> Floats:
        """Return standardised values of the kept features, shape (n_samples, n_kept)."""
        kept = values[:, self.filter_.support_]
        _require_values(kept, names)
        return self.scale_.transform(self.impute_.transform(self._normalised(kept, names)))

    def pipeline(self, classify: Any, calibrate: Platt) -> "LogPipeline":
        """Return these steps and those after them as one."""
        return LogPipeline(self.normalise_, self.impute_, self.scale_, classify, calibrate)

    def _normalised(self, kept: Floats, names: NDArray) -> Floats:
        values: Floats = self.normalise_.transform(kept)
        lost = names[np.isnan(values).all(axis=1)]
        if len(lost):
            raise UserError(
                f"sample {', '.join(lost)} has no value of the features by which it would be "
                "normalised; fail it in its gate, or leave it out of `train`"
            )
        return values

    def _normaliser(self) -> Any:
        from evigil.matrix.log_scale import MedianShift, Unchanged

        if self._layer.normalisation == "none":
            return Unchanged()
        if self._layer.normalisation == "median":
            return MedianShift()
        kept = self._features[self.filter_.support_]
        spiked = np.flatnonzero(kept.isin(self._layer.spike)).tolist()
        if not spiked:
            raise UserError(
                "normalisation by spike: no spiked protein is measured in at least "
                f"{self.filter_.share:.0%} of the training samples"
            )
        return MedianShift(spiked)


class LogPipeline:
    """log2 values of the model's own features to calibrated logits; fitted, and then never again.

    Attributes
    ----------
    normalise_, impute_, scale_, classify_, calibrate_
        `MedianShift` or `Unchanged`, `CensoredImputer`, scikit-learn's ``StandardScaler`` and
        ``LogisticRegression``, `Platt`.
    """

    def __init__(
        self, normalise: Any, impute: Any, scale: Any, classify: Any, calibrate: Platt
    ) -> None:
        self.normalise_ = normalise
        self.impute_ = impute
        self.scale_ = scale
        self.classify_ = classify
        self.calibrate_ = calibrate

    def decision_function(self, values: Floats) -> Floats:
        """Score samples.

        Parameters
        ----------
        values
            Of the model's features in their order, shape (n_samples, n_features); nan where
            missing.

        Returns
        -------
        numpy.ndarray
            Calibrated logits, shape (n_samples,); missing for a sample that has less than half of
            the features, or none by which it could be normalised.
        """
        logits = np.full(len(values), np.nan)
        scorable = np.flatnonzero(enough(values))
        if not len(scorable):
            return logits
        normalised = self.normalise_.transform(values[scorable])
        raw = self.classify_.decision_function(
            self.scale_.transform(self.impute_.transform(normalised))
        )
        known = ~np.isnan(normalised).all(axis=1)
        logits[scorable[known]] = self.calibrate_.transform(raw)[known]
        return logits


def enough(values: Floats) -> NDArray[np.bool_]:
    """Return which samples have enough of the features, shape (n_samples,)."""
    return (~np.isnan(values)).sum(axis=1) >= least(values.shape[1])


def least(n_features: int) -> int:
    """Return how many of the model's features a sample must have to be scored."""
    return int(np.ceil(LEAST_SHARE * n_features))


def _require_values(values: Floats, names: NDArray) -> None:
    few = names[~enough(values)]
    if len(few):
        n = values.shape[1]
        raise UserError(
            f"sample {', '.join(few)} has less than half of the {n:,} features that most training "
            "samples have; fail it in its gate, or leave it out of `train`"
        )
