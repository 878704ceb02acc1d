"""Logistic regression of many outcomes on one design, with Firth's penalty.

The penalty (half the log determinant of the information) keeps estimates finite where a column
separates the outcomes, as an all-or-nothing feature does.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evigil.stats.least_squares import PIECE, Floats

MOST_STEPS = 100
# A step that changes no linear predictor by more is the last one.
STEP = 1e-9
LONGEST_STEP = 5.0


class FirthFits(NamedTuple):
    """m outcomes on p columns."""

    coefficients: Floats  # (m, p)
    covariance: Floats  # (m, p, p)
    loglik: Floats  # (m,) penalised
    probability: Floats  # (m, n) fitted


def firth(outcomes: NDArray[np.bool_], design: Floats, n_free: int | None = None) -> FirthFits:
    """Maximise the penalised likelihood of each outcome.

    Parameters
    ----------
    outcomes
        Shape (n, m).
    design
        Shape (n, p), of full rank.
    n_free
        The columns after the first `n_free` are held at 0, while the penalty stays that of the
        whole design: the null model of the penalised likelihood ratio test.

    References
    ----------
    Firth (1993), doi:10.1093/biomet/80.1.27; Heinze and Schemper (2002), doi:10.1002/sim.1047
    """
    basis, triangle = np.linalg.qr(design)
    scale = np.sqrt(len(design))
    basis, back = basis * scale, np.linalg.inv(triangle / scale)
    free = design.shape[1] if n_free is None else n_free
    step = max(1, PIECE // max(1, len(design) * 4))
    starts = range(0, outcomes.shape[1], step)
    parts = [_maximise(outcomes[:, s : s + step].T.astype(float), basis, free) for s in starts]
    gamma, inverse, loglik, probability = (
        np.concatenate([part[i] for part in parts]) for i in range(4)
    )
    # In units of the design the determinant is that of the triangle more.
    loglik = loglik + np.linalg.slogdet(triangle / scale)[1]
    return FirthFits(gamma @ back.T, back @ inverse @ back.T, loglik, probability)


def _maximise(y: Floats, basis: Floats, free: int) -> tuple[NDArray, ...]:
    """Fisher scoring with halved steps for outcomes (m, n)."""
    m, p = len(y), basis.shape[1]
    outer = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
    gamma = np.zeros((m, p))
    state = _evaluate(y, basis, outer, gamma)
    active = np.ones(m, bool)
    for _ in range(MOST_STEPS):
        if not active.any():
            break
        part = [value[active] for value in state]
        move = _step(y[active], part, basis, outer, free)
        reached, halved = _halve(y[active], basis, outer, gamma[active], move, part[0])
        gamma[active] += halved
        for value, new in zip(state, reached, strict=True):
            value[active] = new
        active[active] = np.abs(halved @ basis.T).max(axis=1) > STEP
    loglik, probability, information = state
    return gamma, np.linalg.inv(information), loglik, probability


def _evaluate(y: Floats, basis: Floats, outer: Floats, gamma: Floats) -> list[Floats]:
    """Penalised log-likelihood (m,), probabilities (m, n), information (m, p, p)."""
    predictor = gamma @ basis.T
    probability = 1 / (1 + np.exp(-predictor))
    weight = probability * (1 - probability)
    information = (weight @ outer).reshape(len(y), basis.shape[1], -1)
    sign, determinant = np.linalg.slogdet(information)
    loglik = (y * predictor - np.logaddexp(0, predictor)).sum(axis=1)
    return [np.where(sign > 0, loglik + determinant / 2, -np.inf), probability, information]


def _step(y: Floats, state: list[Floats], basis: Floats, outer: Floats, free: int) -> Floats:
    _, probability, information = state
    weight = probability * (1 - probability)
    inverse = np.linalg.inv(information)
    leverage = weight * (inverse.reshape(len(y), -1) @ outer.T)
    score = (y - probability + leverage * (0.5 - probability)) @ basis
    move = np.zeros_like(score)
    move[:, :free] = np.linalg.solve(information[:, :free, :free], score[:, :free, None])[:, :, 0]
    longest = np.abs(move @ basis.T).max(axis=1, keepdims=True)
    return move * np.minimum(1, LONGEST_STEP / np.maximum(longest, 1e-300))


def _halve(
    y: Floats, basis: Floats, outer: Floats, gamma: Floats, move: Floats, loglik: Floats
) -> tuple[list[Floats], Floats]:
    """Halve steps that lower the likelihood by more than rounding."""
    move = move.copy()
    reached = _evaluate(y, basis, outer, gamma + move)
    for _ in range(30):
        lower = reached[0] < loglik - 1e-11 * (1 + np.abs(loglik))
        if not lower.any():
            break
        move[lower] /= 2
        for value, new in zip(
            reached, _evaluate(y[lower], basis, outer, (gamma + move)[lower]), strict=True
        ):
            value[lower] = new
    return reached, move
