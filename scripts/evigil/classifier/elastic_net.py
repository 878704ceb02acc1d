"""Ridge and elastic-net logistic regression with sample weights: semismooth Newton in the dual.

There are more features than samples, and the dual has one variable per sample: its Newton steps
are small dense systems that BLAS solves, with nothing to compile. (skglm's logistic takes no sample
weights, and compiles for 9 CPU-s in every process.)
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve
from scipy.special import expit, logit, xlogy

Floats = NDArray[np.float64]

STEPS = 100
# of primal and dual residuals, relative to the largest cost
TOLERANCE = 1e-10
# a step stays this far inside the dual's domain
INSIDE = 0.99


class _Point(NamedTuple):
    """A dual point and what follows from it."""

    p: Floats  # the probabilities that the dual variables stand for
    gradient: Floats  # of the features
    value: float


class ElasticNetPath:
    """Fits on one training part, each started from the one before it.

    Minimises ``C * sum_i weight_i * log(1 + exp(-y_i (x_i w + b)))
    + l1_ratio * |w|_1 + (1 - l1_ratio) / 2 * |w|_2^2``, scikit-learn's objective, with an
    unpenalised intercept ``b``; ``l1_ratio`` is below 1.

    With residuals ``r = cost * (p - t)`` the dual is
    ``min sum_i cost_i (p_i ln p_i + (1 - p_i) ln(1 - p_i)) + |S(X'r)|^2 / (2 l2)`` over
    ``sum r = 0``, S being the soft threshold at l1; it is smooth, and its solution gives
    ``w = -S(X'r) / l2``.

    Parameters
    ----------
    X
        Shape (n_samples, n_features), standardised.
    labels
        Shape (n_samples,), 0 or 1, both present.
    weights
        Shape (n_samples,), positive.

    References
    ----------
    Li, Sun and Toh (2018), doi:10.1137/16M1097572, for the method on the lasso
    """

    def __init__(self, X: Floats, labels: Floats, weights: Floats) -> None:
        self._values = X
        self._labels = labels
        self._weights = weights
        self._active = np.zeros(X.shape[1], dtype=bool)
        self._gram = np.zeros((len(X), len(X)))
        self.restart()

    def restart(self) -> None:
        """Forget the last fit: the next one starts from the model without features."""
        rate = np.average(self._labels, weights=self._weights)
        self._p = np.full(len(self._labels), rate)

    def fit(self, C: float, l1_ratio: float) -> tuple[Floats, float]:
        """Fit one point of the path.

        Returns
        -------
        coef, intercept
            Shape (n_features,) and a number.

        Raises
        ------
        ArithmeticError
            If the solver does not converge.
        """
        cost, l1, l2 = C * self._weights, l1_ratio, 1 - l1_ratio
        point = self._point(self._p, cost, l1, l2)
        for _ in range(STEPS):
            coef = -_shrunken(point.gradient, l1) / l2
            margin = self._values @ coef
            step, intercept = self._newton(point, logit(point.p) - margin, cost, l1, l2)
            off = expit(margin + intercept) - point.p
            if np.abs(cost * off).max() <= TOLERANCE * cost.max():
                self._p = point.p
                return coef, intercept
            slope = float(cost @ (step * (logit(point.p) - margin)))
            point = self._line_search(point, step, slope, cost, l1, l2)
        raise ArithmeticError(f"elastic net: no convergence at C {C}, l1_ratio {l1_ratio}")

    def _newton(
        self, point: _Point, gradient: Floats, cost: Floats, l1: float, l2: float
    ) -> tuple[Floats, float]:
        """Return the Newton step of p that keeps sum r, and the intercept, its multiplier."""
        root = np.sqrt(cost * point.p * (1 - point.p))
        hessian = root[:, None] * self._active_gram(np.abs(point.gradient) > l1) * root / l2
        hessian[np.diag_indices_from(hessian)] += 1
        solved = cho_solve(cho_factor(hessian), np.column_stack([root * gradient, root]))
        intercept = float(root @ solved[:, 0] / (root @ solved[:, 1]))
        return -root * (solved[:, 0] - intercept * solved[:, 1]) / cost, intercept

    def _active_gram(self, active: NDArray[np.bool_]) -> Floats:
        """Return X_A X_A' of the active features; most steps share it with the one before."""
        if not np.array_equal(active, self._active):
            own = self._values[:, active]
            self._gram, self._active = own @ own.T, active
        return self._gram

    def _line_search(
        self, point: _Point, step: Floats, slope: float, cost: Floats, l1: float, l2: float
    ) -> _Point:
        with np.errstate(divide="ignore"):
            room = np.where(step > 0, 1 - point.p, point.p) / np.abs(step)
        length = min(1.0, INSIDE * room.min())
        while length > 1e-12:
            trial = self._point(point.p + length * step, cost, l1, l2)
            # rounding may pass when the objective has no digits left to fall
            if trial.value <= point.value + 1e-4 * length * slope + 1e-13 * abs(point.value):
                return trial
            length /= 2
        raise ArithmeticError("elastic net: no way down")

    def _point(self, p: Floats, cost: Floats, l1: float, l2: float) -> _Point:
        gradient = (cost * (p - self._labels)) @ self._values
        entropy = cost @ (xlogy(p, p) + xlogy(1 - p, 1 - p))
        excess = _shrunken(gradient, l1)
        return _Point(p, gradient, float(entropy + excess @ excess / (2 * l2)))


def _shrunken(values: Floats, l1: float) -> Floats:
    return np.sign(values) * np.maximum(np.abs(values) - l1, 0)
