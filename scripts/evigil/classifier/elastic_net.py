"""Elastic-net logistic regression with sample weights: proximal Newton on a working set.

skglm, which the design names, takes no sample weights and compiles for 9 CPU-s in every process;
this solver is compiled once into numba's cache.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

TOLERANCE = 1e-6
NEWTON_STEPS = 200
SWEEPS = 1000

# sums may be reordered (vectorised); nothing here is ever infinite or NaN
FAST = {"reassoc", "contract", "nsz"}


class ElasticNetPath:
    """Elastic-net logistic fits on one training part, each started from the one before it.

    Minimises ``C * sum_i weight_i * log(1 + exp(-y_i (x_i w + b)))
    + l1_ratio * |w|_1 + (1 - l1_ratio) / 2 * |w|_2^2``, scikit-learn's objective, with an
    unpenalised intercept ``b``.

    Parameters
    ----------
    X
        Shape (n_samples, n_features), standardised.
    labels
        Shape (n_samples,), 0 or 1.
    weights
        Shape (n_samples,), positive.

    References
    ----------
    Friedman, Hastie and Tibshirani (2010), doi:10.18637/jss.v033.i01;
    Lee, Sun and Saunders (2014), doi:10.1137/130921428
    """

    def __init__(
        self, X: NDArray[np.float64], labels: NDArray[np.float64], weights: NDArray[np.float64]
    ) -> None:
        self._features = np.ascontiguousarray(X.T)
        self._labels = np.ascontiguousarray(labels, dtype=np.float64)
        self._weights = np.ascontiguousarray(weights, dtype=np.float64)
        self.restart()

    def restart(self) -> None:
        """Forget the last fit: the next one starts from the model without features."""
        rate = np.average(self._labels, weights=self._weights)
        self._coef = np.zeros(len(self._features))
        self._intercept = float(np.log(rate / (1 - rate)))

    def fit(self, C: float, l1_ratio: float) -> tuple[NDArray[np.float64], float]:
        """Fit one point of the path.

        Returns
        -------
        coef, intercept
            Shape (n_features,) and a number; no subgradient condition is off by more than 1e-6.

        Raises
        ------
        ArithmeticError
            If the solver does not converge.
        """
        coef, intercept, violation = _solve(
            self._features,
            self._labels,
            C * self._weights,
            l1_ratio,
            1 - l1_ratio,
            self._coef,
            self._intercept,
        )
        if not violation <= TOLERANCE:
            raise ArithmeticError(f"elastic net: C {C}, l1_ratio {l1_ratio} left {violation:.1e}")
        self._coef, self._intercept = coef, intercept
        return coef.copy(), intercept


@njit(cache=True, fastmath=FAST)
def _dot(a, b):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(a.shape[0]):
        total += a[i] * b[i]
    return total


@njit(cache=True)
def _objective(margin, labels, cost, coef, l1, l2):  # type: ignore[no-untyped-def]
    total = 0.0
    for i in range(margin.shape[0]):
        f = margin[i]
        total += cost[i] * (max(f, 0.0) - labels[i] * f + np.log1p(np.exp(-abs(f))))
    for j in range(coef.shape[0]):
        total += l1 * abs(coef[j]) + 0.5 * l2 * coef[j] * coef[j]
    return total


@njit(cache=True)
def _shrunken(value, l1):  # type: ignore[no-untyped-def]
    return np.sign(value) * max(abs(value) - l1, 0.0)


@njit(cache=True, fastmath=FAST)
def _quadratic_step(  # type: ignore[no-untyped-def]
    features, working, curvature, residual, gradient, coef, l1, l2, tolerance
):
    """Minimise the penalised quadratic model over the working set by coordinate descent."""
    n = curvature.shape[0]
    size = working.shape[0]
    step = np.zeros(size)
    step_intercept = 0.0
    change = np.zeros(n)  # the step's effect on the margins
    bend = np.empty(size)
    for k in range(size):
        x = features[working[k]]
        total = 0.0
        for i in range(n):
            total += curvature[i] * x[i] * x[i]
        bend[k] = total
    whole = np.sum(curvature)
    slope = np.sum(residual)
    for _ in range(SWEEPS):
        largest = 0.0
        off = slope
        for i in range(n):
            off += curvature[i] * change[i]
        if whole > 0.0:
            delta = -off / whole
            step_intercept += delta
            for i in range(n):
                change[i] += delta
            largest = abs(off)
        for k in range(size):
            j = working[k]
            x = features[j]
            g = gradient[j]
            for i in range(n):
                g += curvature[i] * change[i] * x[i]
            now = coef[j] + step[k]
            then = _shrunken(bend[k] * now - g, l1) / (bend[k] + l2)
            delta = then - now
            if delta != 0.0:
                step[k] += delta
                for i in range(n):
                    change[i] += delta * x[i]
                largest = max(largest, abs(delta) * (bend[k] + l2))
        if largest <= tolerance:
            break
    return step, step_intercept, change


@njit(cache=True)
def _solve(features, labels, cost, l1, l2, coef, intercept):  # type: ignore[no-untyped-def]
    p, n = features.shape
    coef = coef.copy()
    margin = np.full(n, intercept)
    for j in range(p):
        if coef[j] != 0.0:
            margin += coef[j] * features[j]
    objective = _objective(margin, labels, cost, coef, l1, l2)
    gradient = np.empty(p)
    violation = np.inf
    for _ in range(NEWTON_STEPS):
        probability = 1.0 / (1.0 + np.exp(-margin))
        residual = cost * (probability - labels)
        violation = abs(np.sum(residual))
        active = np.zeros(p, dtype=np.bool_)
        for j in range(p):
            gradient[j] = _dot(features[j], residual)
            if coef[j] != 0.0:
                off = abs(gradient[j] + l2 * coef[j] + l1 * np.sign(coef[j]))
            else:
                off = max(abs(gradient[j]) - l1, 0.0)
            active[j] = coef[j] != 0.0 or off > 0.0
            violation = max(violation, off)
        if violation <= TOLERANCE:
            break
        working = np.flatnonzero(active)
        curvature = cost * probability * (1.0 - probability)
        step, step_intercept, change = _quadratic_step(
            features, working, curvature, residual, gradient, coef, l1, l2, 0.05 * violation
        )
        expected = step_intercept * np.sum(residual)
        for k in range(working.shape[0]):
            j = working[k]
            new = coef[j] + step[k]
            expected += gradient[j] * step[k] + l1 * (abs(new) - abs(coef[j]))
            expected += 0.5 * l2 * (new * new - coef[j] * coef[j])
        length = 1.0
        while True:
            trial = coef.copy()
            for k in range(working.shape[0]):
                trial[working[k]] += length * step[k]
            trial_margin = margin + length * change
            value = _objective(trial_margin, labels, cost, trial, l1, l2)
            # the last term lets rounding pass when the objective has no digits left to fall
            if value <= objective + 1e-4 * length * expected + 1e-14 * abs(objective):
                break
            if length < 1e-10:
                return coef, intercept, violation
            length *= 0.5
        coef, margin, objective = trial, trial_margin, value
        intercept += length * step_intercept
    return coef, intercept, violation
