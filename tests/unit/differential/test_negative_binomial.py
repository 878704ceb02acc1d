"""The likelihood beside scipy's gamma functions, over counts and dispersions of all sizes."""

import numpy as np
import pytest
from scipy.special import digamma, gammaln
from scipy.stats import nbinom

from evigil.differential.negative_binomial import (
    Profile,
    blocks,
    log1p,
    log_likelihood,
    outer_products,
)

DESIGN = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1]]).astype(float)


@pytest.mark.parametrize("alpha", [1e-4, 0.02, 0.3, 2.0, 30.0])
@pytest.mark.parametrize("level", [1.0, 30.0, 1e5])
def test_profile_is_the_formula(alpha, level):
    rng = np.random.default_rng(0)
    counts = rng.poisson(level, (3, 6)).astype(float)
    counts[0, 0] = 0
    means = np.maximum(rng.gamma(5, level / 5, (3, 6)), 0.5)
    height, slope = Profile.of(counts, means, outer_products(DESIGN)).evaluate(
        np.full(3, np.log(alpha))
    )
    r = 1 / alpha
    expected = (
        gammaln(counts + r) - gammaln(r) - counts * np.log(means + r) - r * np.log1p(means * alpha)
    ).sum(axis=1)
    weights = means / (1 + means * alpha)
    information = np.array([DESIGN.T @ (w[:, None] * DESIGN) for w in weights])
    expected -= 0.5 * np.log(np.linalg.det(information))
    assert height == pytest.approx(expected, rel=1e-9)
    by_alpha = r**2 * (
        digamma(r) - digamma(counts + r) + np.log1p(means * alpha) + (counts - means) / (means + r)
    ).sum(axis=1)
    change = np.array([DESIGN.T @ (w[:, None] ** 2 * DESIGN) for w in weights])
    by_alpha += 0.5 * np.trace(np.linalg.solve(information, change), axis1=1, axis2=2)
    assert slope == pytest.approx(by_alpha * alpha, rel=1e-5, abs=1e-5)


def test_prior_draws_towards_its_mean():
    counts, means = np.full((1, 6), 10.0), np.full((1, 6), 10.0)
    plain = Profile.of(counts, means, outer_products(DESIGN)).evaluate(np.zeros(1))
    drawn = Profile.of(counts, means, outer_products(DESIGN), np.array([-1.0]), 0.5)
    height, slope = drawn.evaluate(np.zeros(1))
    assert height - plain[0] == pytest.approx([-1.0])
    assert slope - plain[1] == pytest.approx([-2.0])


def test_slope_is_finite_at_the_smallest_dispersion():
    counts = np.array([[0.0, 5, 100, 1e6, 3, 8]])
    height, slope = Profile.of(counts, counts + 1, outer_products(DESIGN)).evaluate(
        np.array([np.log(1e-9)])
    )
    assert np.isfinite([height, slope]).all()


def test_log_likelihood_is_scipys():
    counts = np.array([[0.0, 1, 7, 200], [3, 0, 0, 0]])
    means = np.array([[0.5, 2, 6, 150], [1, 1, 1e-3, 5]])
    alpha = np.array([0.3, 4.0])
    r = 1 / alpha[:, None]
    expected = nbinom.logpmf(counts, r, r / (r + means)).sum(axis=1)
    assert log_likelihood(counts, means, alpha) == pytest.approx(expected, rel=1e-10)


def test_a_count_where_none_can_be_is_impossible():
    value = log_likelihood(np.array([[2.0]]), np.array([[0.0]]), np.array([0.1]))
    assert value == -np.inf


def test_log1p_is_exact():
    x = np.array([0, 1e-18, 1e-9, 0.3, 5, 1e9])
    assert log1p(x) == pytest.approx(np.log1p(x), rel=4e-16)


def test_blocks_cover_every_row_once():
    rows = np.zeros(101, int)
    for block in blocks(101, 3000):
        rows[block] += 1
    assert (rows == 1).all()
