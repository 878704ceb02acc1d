"""REML of one random intercept beside the likelihood written out with its full covariance."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evigil.errors import UserError
from evigil.stats.mixed import (
    random_intercept,
    random_intercept_many,
)


def simulated(sizes, tau2=0.8, sigma2=0.2, mu=1.5, seed=0):
    generator = np.random.default_rng(seed)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    effect = generator.normal(0, np.sqrt(tau2), len(sizes))
    return mu + effect[groups] + generator.normal(0, np.sqrt(sigma2), len(groups)), groups


def dense_loglik(y, groups, tau2, sigma2):
    """Patterson and Thompson's likelihood, as it is defined."""
    covariance = tau2 * (groups[:, None] == groups) + sigma2 * np.eye(len(y))
    inverse = np.linalg.inv(covariance)
    information = inverse.sum()
    residual = y - (inverse @ y).sum() / information
    return -0.5 * (
        np.linalg.slogdet(covariance)[1]
        + np.log(information)
        + residual @ inverse @ residual
        + (len(y) - 1) * np.log(2 * np.pi)
    )


UNBALANCED = [1, 2, 3, 9, 4, 4, 1, 6, 2, 5, 3, 3]


@pytest.mark.parametrize("seed", range(5))
def test_likelihood_is_the_defined_one_and_highest_at_the_estimate(seed):
    y, groups = simulated(UNBALANCED, seed=seed)
    fit = random_intercept(y, groups)
    at_estimate = dense_loglik(y, groups, fit.tau2, fit.sigma2)
    assert fit.loglik == pytest.approx(at_estimate, abs=1e-9)
    assert (fit.n_groups, fit.n) == (12, 43)
    for tau2, sigma2 in [(1.001, 1), (0.999, 1), (1, 1.001), (1, 0.999), (3, 1), (0.1, 2)]:
        assert dense_loglik(y, groups, tau2 * fit.tau2, sigma2 * fit.sigma2) < at_estimate


def test_balanced_data_give_the_analysis_of_variance():
    y, groups = simulated([5] * 30, seed=1)
    table = y.reshape(30, 5)
    within = table.var(axis=1, ddof=1).mean()
    between = 5 * table.mean(axis=1).var(ddof=1)
    fit = random_intercept(y, groups)
    assert fit.mu == pytest.approx(y.mean(), rel=1e-12)
    assert fit.sigma2 == pytest.approx(within, rel=1e-12)
    assert fit.tau2 == pytest.approx((between - within) / 5, rel=1e-12)


def test_groups_that_differ_less_than_chance_have_no_variance():
    y = np.array([1.0, 3.0, 3.0, 1.0, 1.1, 2.9])  # three groups of one mean
    fit = random_intercept(y, [0, 0, 1, 1, 2, 2])
    assert fit.tau2 == 0
    assert fit.mu == pytest.approx(y.mean(), rel=1e-12)
    assert fit.sigma2 == pytest.approx(y.var(ddof=1), rel=1e-12)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    sizes=st.lists(st.integers(2, 6), min_size=3, max_size=15),
    shift=st.floats(-1e3, 1e3),
    factor=st.sampled_from([-7.0, -0.01, 0.5, 1e3, 1e-6]),
)
def test_estimates_follow_the_unit_of_the_data(seed, sizes, shift, factor):
    y, groups = simulated(sizes, seed=seed)
    fit = random_intercept(y, groups)
    moved = random_intercept(factor * (y + shift), groups)
    unit = factor**2 * fit.sigma2
    assert moved.mu == pytest.approx(factor * (fit.mu + shift), rel=1e-9, abs=1e-9 * abs(factor))
    assert moved.sigma2 == pytest.approx(unit, rel=1e-7)
    assert moved.tau2 == pytest.approx(factor**2 * fit.tau2, rel=1e-7, abs=1e-7 * unit)
    assert moved.loglik == pytest.approx(
        fit.loglik - (len(y) - 1) * np.log(abs(factor)), rel=1e-9, abs=1e-7
    )


def test_of_two_maxima_the_higher_is_taken():
    # One large group and a single draw far from it: from ratio 0 the likelihood falls, so that a
    # search starting there would stay, and rises again to a higher top at .74.
    y = np.array(
        [1.0, -0.7, -0.8, 0.1, 0.1, -0.5, -1.2, -0.3, -0.2, 0.1, 0.5, 0.9, 0.1, 0.0, 0.4, 1.9]
        + [-1.2, -1.5, -0.5, 0.1, 0.0, 0.4, 1.5, 0.5, -0.5, -1.6, -0.4, -1.1, -0.3, 0.3, -0.4]
        + [0.4, -0.9, 1.5, 0.3, -2.4]
    )
    groups = np.repeat(np.arange(4), [30, 2, 3, 1])
    fit = random_intercept(y, groups)

    def height(ratio):
        return max(dense_loglik(y, groups, ratio * s, s) for s in np.linspace(0.6, 1.0, 201))

    heights = {ratio: height(ratio) for ratio in (0, 0.06, 0.3, 0.74, 3)}
    assert heights[0] > heights[0.06] < heights[0.3] < heights[0.74] > heights[3]
    assert heights[0.74] > heights[0] + 0.06
    assert fit.loglik == pytest.approx(heights[0.74], abs=1e-4)
    assert fit.tau2 / fit.sigma2 == pytest.approx(0.74, abs=0.01)


def test_order_and_names_of_groups_do_not_matter():
    y, groups = simulated(UNBALANCED)
    order = np.random.default_rng(3).permutation(len(y))
    names = np.array([f"p{9 * g}" for g in groups])
    assert random_intercept(y[order], names[order]) == pytest.approx(
        random_intercept(y, groups), rel=1e-9
    )


def test_many_data_sets_at_once_equal_one_by_one():
    sets = [simulated(UNBALANCED, seed=seed, tau2=0.05, mu=50 * seed) for seed in range(40)]
    groups = sets[0][1]
    fits = random_intercept_many(np.column_stack([y for y, _ in sets]), groups)
    one_by_one = [random_intercept(y, groups) for y, _ in sets]
    for name in ("mu", "tau2", "sigma2", "loglik"):
        expected = [getattr(fit, name) for fit in one_by_one]
        assert getattr(fits, name) == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert 0 < (fits.tau2 == 0).sum() < 40  # some on the boundary, some not


@pytest.mark.parametrize(
    ("y", "groups"),
    [
        ([1.0, 2.0, 3.0], [0, 0, 0]),  # one group
        ([1.0, 2.0, 3.0], [0, 1, 2]),  # never two draws
        ([1.0, 1.0, 3.0, 3.0], [0, 0, 1, 1]),  # no spread within
        ([1.0, 1.0 + 1e-9, 3.0, 3.0], [0, 0, 1, 1]),  # hardly any
        ([0.1] * 6, [0, 0, 0, 1, 1, 1]),  # none at all, but for rounding
        ([1.0], [0]),
        ([], []),
    ],
)
def test_what_cannot_be_told_apart_is_one_line(y, groups):
    with pytest.raises(UserError, match=r"^a random intercept needs at least two groups.*$"):
        random_intercept(y, groups)
    if y:
        assert np.isnan(random_intercept_many(np.array(y)[:, None], groups).tau2).all()


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="must be finite"):
        random_intercept([1.0, np.nan, 2.0], [0, 0, 1])
    with pytest.raises(ValueError, match="do not fit"):
        random_intercept([1.0, 2.0], [0, 0, 1])
    with pytest.raises(ValueError, match="one dimension"):
        random_intercept(np.ones((2, 2)), [0, 1])


@pytest.mark.slow
def test_estimates_are_those_of_the_world_they_come_from():
    sizes = np.random.default_rng(5).integers(2, 9, 60)
    generator = np.random.default_rng(6)
    groups = np.repeat(np.arange(60), sizes)
    sets = 4000
    y = (
        0.3
        + generator.normal(0, np.sqrt(0.5), (60, sets))[groups]
        + generator.normal(0, np.sqrt(0.15), (len(groups), sets))
    )
    fits = random_intercept_many(y, groups)
    for values, truth in [(fits.mu, 0.3), (fits.tau2, 0.5), (fits.sigma2, 0.15)]:
        assert abs(values.mean() - truth) < 4 * values.std() / np.sqrt(sets)
