"""Logistic regression by Newton's method: few coordinates, fractional targets, exact."""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.special import expit

Floats = NDArray[np.float64]

STEPS = 100
# of the gradient, relative to the size of its terms
TOLERANCE = 1e-11


def fit_logistic(
    values: Floats, targets: Floats, weights: Floats, penalty: float
) -> tuple[Floats, float]:
    """Minimise ``sum_i weight_i * cross_entropy_i + penalty / 2 * |coef|^2``.

    Parameters
    ----------
    values
        Shape (n, p).
    targets
        Shape (n,), in [0, 1].
    weights
        Shape (n,), positive.
    penalty
        At least 0; the intercept is not penalised. With 0 the minimum must exist: the classes
        overlap.

    Returns
    -------
    coef, intercept
        Shape (p,) and a number.

    Raises
    ------
    ArithmeticError
        If Newton's method does not converge.
    """
    design = np.column_stack([values, np.ones(len(values))])
    ridge = np.append(np.full(values.shape[1], penalty), 0.0)
    rate = np.average(targets, weights=weights)
    beta = np.append(np.zeros(values.shape[1]), np.log(rate / (1 - rate)))
    size = weights @ np.abs(design) + 1e-300
    loss = _loss(design, targets, weights, ridge, beta)
    for _ in range(STEPS):
        probability = expit(design @ beta)
        gradient = design.T @ (weights * (probability - targets)) + ridge * beta
        if (np.abs(gradient) <= TOLERANCE * size).all():
            return beta[:-1], float(beta[-1])
        curvature = weights * probability * (1 - probability)
        hessian = design.T @ (curvature[:, None] * design) + np.diag(ridge)
        step = solve(hessian, -gradient, assume_a="pos")
        beta, loss = _line_search(design, targets, weights, ridge, beta, step, loss)
    raise ArithmeticError("logistic regression did not converge")


def _line_search(
    design: Floats,
    targets: Floats,
    weights: Floats,
    ridge: Floats,
    beta: Floats,
    step: Floats,
    loss: float,
) -> tuple[Floats, float]:
    """Halve the step until it does not lead upwards by more than rounding."""
    for halving in range(60):
        trial = beta + step / 2**halving
        value = _loss(design, targets, weights, ridge, trial)
        if value <= loss + 1e-13 * abs(loss):
            return trial, value
    raise ArithmeticError("logistic regression found no way down")


def _loss(design: Floats, targets: Floats, weights: Floats, ridge: Floats, beta: Floats) -> float:
    logit = design @ beta
    entropy = np.logaddexp(0, logit) - targets * logit
    return float(weights @ entropy + ridge @ beta**2 / 2)
