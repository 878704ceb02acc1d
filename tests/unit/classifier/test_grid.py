"""The fits of the grid."""

import numpy as np
import pytest

from evigil.classifier.grid import GRID, Candidate, fit_candidates

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 90)) + RNG.normal(size=(40, 1))
X = (X - X.mean(axis=0)) / X.std(axis=0)
Y = (X[:, 0] + RNG.normal(size=40) > 0).astype(float)
WEIGHTS = RNG.choice([1.0, 0.5], 40)


def test_the_grid_is_the_documented_one():
    assert sorted(c.C for c in GRID if c.l1_ratio == 0) == [0.001, 0.01, 0.1]
    assert {(c.C, c.l1_ratio) for c in GRID if c.l1_ratio} == {
        (C, ratio) for C in (0.01, 0.03, 0.1, 0.3) for ratio in (0.1, 0.5)
    }


def test_a_candidate_alone_is_what_it_is_in_the_path():
    together = fit_candidates(X, Y, WEIGHTS)
    for i, candidate in enumerate(GRID):
        alone = fit_candidates(X, Y, WEIGHTS, (candidate,))
        assert together.coef[:, i] == pytest.approx(alone.coef[:, 0], abs=2e-6)


def test_gradient_conditions_hold_at_every_point():
    fits = fit_candidates(X, Y, WEIGHTS)
    residual = WEIGHTS[:, None] * (1 / (1 + np.exp(-fits.decision(X))) - Y[:, None])
    for i, (C, ratio) in enumerate(GRID):
        coef = fits.coef[:, i]
        gradient = C * X.T @ residual[:, i] + (1 - ratio) * coef
        off = np.where(
            coef != 0,
            np.abs(gradient + ratio * np.sign(coef)),
            np.maximum(np.abs(gradient) - ratio, 0),
        )
        assert off.max() < 2e-6
        assert abs(C * residual[:, i].sum()) < 2e-6


def test_a_weight_is_a_number_of_copies():
    copies = RNG.integers(1, 4, 40)
    for candidate in (Candidate(0.01, 0.0), Candidate(0.1, 0.5)):
        weighted = fit_candidates(X, Y, copies.astype(float), (candidate,))
        repeated = fit_candidates(
            np.repeat(X, copies, axis=0), np.repeat(Y, copies), np.ones(copies.sum()), (candidate,)
        )
        assert weighted.coef == pytest.approx(repeated.coef, abs=2e-6)
