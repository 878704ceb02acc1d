"""Our ridge and elastic-net fits beside scikit-learn's own solvers."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from evigil.classifier.grid import GRID, fit_candidates

RNG = np.random.default_rng(3)
X = RNG.normal(size=(60, 120)) + RNG.normal(size=(60, 3)) @ RNG.normal(size=(3, 120))
X = (X - X.mean(axis=0)) / X.std(axis=0)
Y = (X[:, 0] + X[:, 1] + 2 * RNG.normal(size=60) > 0).astype(float)
WEIGHTS = RNG.choice([1.0, 0.5, 0.25], 60)


@pytest.mark.parametrize("index", range(len(GRID)))
def test_scikit_learn_finds_the_same_model(index):
    C, ratio = GRID[index]
    ours = fit_candidates(X, Y, WEIGHTS, (GRID[index],))
    options = {"solver": "saga", "l1_ratio": ratio, "tol": 1e-7, "max_iter": 20_000}
    if ratio == 0:
        options = {"solver": "lbfgs", "tol": 1e-9, "max_iter": 2000}
    peer = LogisticRegression(C=C, random_state=0, **options).fit(X, Y, WEIGHTS)
    assert ours.coef[:, 0] == pytest.approx(peer.coef_[0], abs=2e-5)
    intercept = peer.intercept_[0]
    if not peer.coef_.any():
        # saga stops by its coefficients: without any, its intercept is not at its solution yet
        intercept = np.log(WEIGHTS[Y == 1].sum() / WEIGHTS[Y == 0].sum())
    assert ours.intercept[0] == pytest.approx(intercept, abs=2e-5)
