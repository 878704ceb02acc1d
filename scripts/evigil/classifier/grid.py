"""The default model family: ridge and elastic-net logistic regression over a small grid."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evigil.classifier.elastic_net import ElasticNetPath

Floats = NDArray[np.float64]

# what is left of a direction that centring took out of the samples' space
NULL_DIRECTION = 1e-10


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
        Shape (n_samples,): 0 or 1; a patient's draws weigh 1/n each.

    Returns
    -------
    Fits
        In the order of `candidates`.
    """
    coef = np.empty((values.shape[1], len(candidates)))
    intercept = np.empty(len(candidates))
    ridge = [i for i, candidate in enumerate(candidates) if candidate.l1_ratio == 0]
    if ridge:
        rotation = _sample_space(values)
        rotated = values @ rotation
        for i in ridge:
            inner, intercept[i] = _ridge(rotated, labels, weights, candidates[i].C)
            coef[:, i] = rotation @ inner
    if len(ridge) < len(candidates):
        path = ElasticNetPath(values, labels, weights)
        for i in sorted(set(range(len(candidates))) - set(ridge)):
            if i > 0 and candidates[i].l1_ratio != candidates[i - 1].l1_ratio:
                path.restart()
            coef[:, i], intercept[i] = path.fit(*candidates[i])
    return Fits(coef, intercept)


def _sample_space(values: Floats) -> Floats:
    """Return an orthonormal basis (n_features, <= n_samples) of the space of the samples.

    A ridge solution lies in it and the penalty does not change under rotation, so that fitting
    in these few coordinates is exact.
    """
    square, vectors = np.linalg.eigh(values @ values.T)
    kept = square > NULL_DIRECTION * square[-1]
    return values.T @ (vectors[:, kept] / np.sqrt(square[kept]))


def _ridge(values: Floats, labels: Floats, weights: Floats, C: float) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-8)
    model.fit(values, labels, weights)
    return model.coef_[0], float(model.intercept_[0])
