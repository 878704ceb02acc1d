"""Platt's calibration: raw scores to logits whose probabilities can be believed."""

import numpy as np
from numpy.typing import NDArray

from evigil.classifier.logistic import fit_logistic

Floats = NDArray[np.float64]

PLATT_C = 1e3


class Platt:
    """A logistic map of one score, fitted to Platt's smoothed targets.

    Attributes
    ----------
    slope_, intercept_
        ``logit = intercept_ + slope_ * score``.
    kind
        ``platt``, or ``base_rate`` when the fitted slope was not positive: it would turn the order
        of the samples round, so everybody gets the base rate instead (``slope_`` 0).

    References
    ----------
    Platt (1999), in Advances in Large Margin Classifiers; Lin, Lin and Weng (2007),
    doi:10.1007/s10994-007-5018-6
    """

    slope_: float
    intercept_: float

    @property
    def kind(self) -> str:
        """``platt`` or ``base_rate``."""
        return "platt" if self.slope_ > 0 else "base_rate"

    def fit(self, scores: Floats, labels: Floats, weights: Floats) -> "Platt":
        """Fit on out-of-fold scores.

        Parameters
        ----------
        scores, labels, weights
            Shape (n_draws,); labels 0 or 1, weights such that a patient's draws add up to 1.
        """
        cases = float(weights[labels == 1].sum())
        controls = float(weights[labels == 0].sum())
        target = np.where(labels == 1, (cases + 1) / (cases + 2), 1 / (controls + 2))
        coef, self.intercept_ = fit_logistic(scores[:, None], target, weights, 1 / PLATT_C)
        self.slope_ = float(coef[0])
        if self.slope_ <= 0:
            self.slope_ = 0.0
            self.intercept_ = float(np.log(cases / controls))
        return self

    def transform(self, scores: Floats) -> Floats:
        """Return calibrated logits, shape (n_draws,)."""
        return self.intercept_ + self.slope_ * np.asarray(scores)


def probability(logits: Floats) -> Floats:
    """Return the probabilities of logits, in [0, 1]; missing stays missing."""
    from scipy.special import expit

    return expit(logits)
