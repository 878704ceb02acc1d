import numpy as np
import pytest

from evigil.differential.deqms import local_regression, prior_by_peptides


def test_a_quadratic_is_its_own_local_regression():
    x = np.linspace(0, 3, 60)
    y = 2 - x + 0.5 * x**2
    np.testing.assert_allclose(local_regression(x, y, x), y, atol=2e-3)
    np.testing.assert_allclose(local_regression(x, 1 - x, x), 1 - x, atol=1e-12)


def test_more_peptides_less_variance():
    rng = np.random.default_rng(1)
    peptides = 1.0 + rng.negative_binomial(1, 0.1, 3000)
    true = 1 / peptides * 8 / rng.chisquare(8, 3000)
    prior = prior_by_peptides(true * rng.chisquare(6, 3000) / 6, np.full(3000, 6.0), peptides)
    assert prior.freedom == pytest.approx(8, abs=1)
    usual = peptides < 40
    np.testing.assert_allclose(np.log(prior.variance * peptides)[usual], 0, atol=0.25)
