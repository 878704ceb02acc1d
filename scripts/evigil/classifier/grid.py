"""The default model family: ridge and elastic-net logistic regression over a small grid."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evigil.classifier.elastic_net import ElasticNetPath

Floats = NDArray[np.float64]


class Candidate(NamedTuple):
    """One point of the grid in scikit-learn's terms; ``l1_ratio`` 0 is ridge."""

    C: float
    l1_ratio: float


# stronger penalties first: of two equal log-losses the earlier, simpler model is taken
GRID = (
    *(Candidate(C, 0.0) for C in (0.001, 0.01, 0.1)),
    *(Candidate(C, l1_ratio) for l1_ratio in (0.5, 0.1) for C in (0.01, 0.03, 0.1, 0.3)),
)


class Fits(NamedTuple):
    """Coefficients of m candidates: shapes (n_features, m) and (m,)."""

    coef: Floats
    intercept: Floats

    def decision(self, values: Floats) -> Floats:
        """Return raw logits, shape (n_samples, m)."""
        return values @ self.coef + self.intercept


def fit_candidates(
    values: Floats, labels: Floats, weights: Floats, candidates: tuple[Candidate, ...] = GRID
) -> Fits:
    """Fit every candidate to one training part.

    Parameters
    ----------
    values
        Standardised features, shape (n_samples, n_features).
    labels, weights
        Shape (n_samples,): 0 or 1; a patient's draws have equal weights.

    Returns
    -------
    Fits
        In the order of `candidates`.
    """
    path = ElasticNetPath(values, labels, weights)
    fits = []
    for before, candidate in zip((None, *candidates), candidates, strict=False):
        if before is None or before.l1_ratio != candidate.l1_ratio:
            path.restart()
        fits.append(path.fit(*candidate))
    return Fits(
        np.column_stack([coef for coef, _ in fits]), np.array([intercept for _, intercept in fits])
    )
