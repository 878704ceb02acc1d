import numpy as np
import pytest
from scipy import special, stats

from evigil.differential.empirical_bayes import (
    Prior,
    moderated_variance,
    prior_of_variances,
    trigamma_inverse,
    two_sided_t,
    upper_f,
)


@pytest.mark.parametrize("x", [1e-4, 0.3, 1.0, 7.5, 4e3, 9e6, 2e7, 1e15])
def test_trigamma_is_inverted(x):
    assert trigamma_inverse(float(special.polygamma(1, x))) == pytest.approx(x, rel=1e-6)


def test_the_prior_that_variances_were_drawn_from_is_found():
    rng = np.random.default_rng(1)
    true = 0.5 * 6 / rng.chisquare(6, 40_000)
    prior = prior_of_variances(true * rng.chisquare(4, 40_000) / 4, np.full(40_000, 4.0))
    assert prior.freedom == pytest.approx(6, rel=0.05)
    assert prior.variance[0] == pytest.approx(0.5, rel=0.02)


def test_a_trend_is_followed():
    rng = np.random.default_rng(2)
    level = rng.uniform(0, 10, 5000)
    variance = np.exp(-level / 3) * rng.chisquare(4, 5000) / 4
    prior = prior_of_variances(variance, np.full(5000, 4.0), level)
    np.testing.assert_allclose(np.log(prior.variance), -level / 3, atol=0.15)


def test_variances_that_differ_no_more_than_chance_are_one():
    variance, freedom = np.array([1.0, 1.1, 0.9, np.nan]), np.array([4.0, 4, 4, 0])
    prior = prior_of_variances(variance, freedom)
    assert np.isinf(prior.freedom)
    np.testing.assert_allclose(moderated_variance(variance, freedom, prior), 1.0)


def test_a_feature_without_freedom_has_the_prior_variance():
    found = moderated_variance(
        np.array([2.0, np.nan]), np.array([4.0, 0.0]), Prior(np.array([1.0, 1.0]), 4.0)
    )
    np.testing.assert_allclose(found, [1.5, 1.0])


def test_no_feature_with_freedom_is_refused():
    with pytest.raises(ValueError, match="degrees of freedom"):
        prior_of_variances(np.array([np.nan]), np.array([0.0]))


def test_tails():
    t, freedom = np.array([0.0, 2.0, -40.0, 3.0]), np.array([5.0, 5.0, 80.0, np.inf])
    expected = 2 * stats.t.sf(np.abs(t), np.where(np.isinf(freedom), 1e15, freedom))
    np.testing.assert_allclose(two_sided_t(t, freedom), expected, rtol=1e-9)
    p = upper_f(np.array([4.0, 4.0]), np.array([2.0, 2.0]), np.array([9.0, np.inf]))
    np.testing.assert_allclose(p, [stats.f.sf(4, 2, 9), stats.chi2.sf(8, 2)], rtol=1e-10)


def test_no_degrees_of_freedom_give_no_variance():
    """One protein that was measured at all beside one that never was: no prior, and no warning."""
    prior = Prior(np.array([2.0, 2.0]), 0.0)
    found = moderated_variance(np.array([2.0, np.nan]), np.array([6.0, 0.0]), prior)
    np.testing.assert_array_equal(found, [2.0, np.nan])
