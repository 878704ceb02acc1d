"""Platt's calibration."""

import numpy as np
import pytest
from scipy.optimize import minimize

from evigil.classifier.calibration import Platt, probability

RNG = np.random.default_rng(0)
LABELS = np.repeat([1.0, 0.0], [30, 50])
SCORES = 0.4 * LABELS + RNG.normal(0, 0.5, 80)
WEIGHTS = RNG.choice([1.0, 0.5], 80)


def test_minimises_platts_criterion():
    cases, controls = WEIGHTS[LABELS == 1].sum(), WEIGHTS[LABELS == 0].sum()
    target = np.where(LABELS == 1, (cases + 1) / (cases + 2), 1 / (controls + 2))

    def criterion(line):
        logit = line[0] + line[1] * SCORES
        return 1e3 * (WEIGHTS @ (np.logaddexp(0, logit) - target * logit)) + line[1] ** 2 / 2

    best = minimize(criterion, [0, 0], options={"gtol": 1e-4}).x
    fitted = Platt().fit(SCORES, LABELS, WEIGHTS)
    assert fitted.kind == "platt"
    assert [fitted.intercept_, fitted.slope_] == pytest.approx(best, abs=1e-4)


def test_separated_classes_stay_finite():
    fitted = Platt().fit(LABELS - 0.5, LABELS, np.ones(80))
    assert probability(fitted.transform(np.array([0.5, -0.5]))) == pytest.approx(
        [31 / 32, 1 / 52], abs=1e-3
    )


@pytest.mark.parametrize("scores", [-SCORES, np.zeros(80)])
def test_a_slope_that_is_not_positive_gives_the_base_rate(scores):
    fitted = Platt().fit(scores, LABELS, np.ones(80))
    assert fitted.kind == "base_rate"
    assert probability(fitted.transform(np.array([-5.0, 5.0]))) == pytest.approx([30 / 80] * 2)
