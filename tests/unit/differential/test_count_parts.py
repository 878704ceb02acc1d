"""Trend, outliers, filtering, regression, shrinkage and the low-count filter, each alone."""

import numpy as np
import pandas as pd
import pytest

from evigil.differential import cooks, glm, shrinkage, trend
from evigil.differential.independent_filtering import filtered_q_values, lowess
from evigil.differential.low_counts import keep_features
from evigil.stats.multiple import benjamini_hochberg


def test_trend_is_the_gamma_regression_of_statsmodels():
    import statsmodels.api as sm
    from statsmodels.tools.sm_exceptions import DomainWarning

    rng = np.random.default_rng(0)
    means = np.exp(rng.uniform(0, 8, 500))
    dispersions = (0.2 + 3 / means) * rng.gamma(4, 0.25, 500)
    fitted = trend.fit_trend(means, dispersions)
    design = np.column_stack([np.ones(500), 1 / means])
    family = sm.families.Gamma(sm.families.links.Identity())
    with pytest.warns(DomainWarning):
        peer = sm.GLM(dispersions, design, family).fit(start_params=[0.1, 1.0])
    assert fitted.kind == "parametric"
    assert fitted.coefficients == pytest.approx(peer.params, rel=1e-4)


def test_a_trend_that_rises_is_local_and_few_features_have_a_mean():
    rng = np.random.default_rng(0)
    means = np.exp(rng.uniform(2, 9, 300))
    dispersions = 0.01 * means**0.5 * np.exp(rng.normal(0, 0.2, 300))
    fitted = trend.fit_trend(means, dispersions)
    assert fitted.kind == "local"
    at = np.array([20.0, 200.0, 2000.0])
    assert fitted.at(at) == pytest.approx(0.01 * at**0.5, rel=0.1)
    few = trend.fit_trend(means[:10], np.sort(dispersions[:10])[np.argsort(np.argsort(means[:10]))])
    assert few.kind == "mean"
    assert few.at(at) == pytest.approx(np.full(3, dispersions[:10].mean()))


@pytest.mark.parametrize("degrees", [1, 2, 3])
def test_prior_variance_of_few_degrees_of_freedom(degrees):
    rng = np.random.default_rng(degrees)
    sampled = np.log(rng.chisquare(degrees, 20000) / degrees) + rng.normal(0, 1, 20000)
    found = trend.prior_variance(np.exp(sampled), np.ones(20000), degrees)
    assert found == pytest.approx(1, abs=0.2)


def test_prior_variance_takes_the_sampling_off_and_has_a_floor():
    rng = np.random.default_rng(0)
    sampled = np.log(rng.chisquare(10, 20000) / 10) + rng.normal(0, 1, 20000)
    assert trend.prior_variance(np.exp(sampled), np.ones(20000), 10) == pytest.approx(1, abs=0.1)
    assert trend.prior_variance(np.ones(50), np.ones(50), 10) == 0.25


def test_regression_is_the_maximum():
    rng = np.random.default_rng(0)
    design = np.column_stack([np.ones(20), np.repeat([0, 1], 10), rng.normal(size=20)]).astype(
        float
    )
    factors = rng.uniform(0.5, 2, 20)
    counts = rng.poisson(50 * factors, (5, 20)).astype(float)
    alpha = np.full(5, 0.1)
    fit = glm.fit(counts, factors, design, alpha)
    assert fit.converged.all()
    score = ((counts - fit.means) / (1 + alpha[:, None] * fit.means)) @ design
    assert np.abs(score).max() < 1e-3
    assert fit.leverages.sum(axis=1) == pytest.approx(np.full(5, 3.0), abs=1e-5)


def test_rows_that_do_not_settle_are_searched():
    """A covariate of large values and few counts: the rounds run off, the search ends."""
    design = np.column_stack([np.ones(6), [0, 0, 0, 1, 1, 1], [80, 40, 60, 42, 81, 59]])
    counts = np.array([[0.0, 0, 0, 0, 300, 0], [9, 12, 8, 30, 25, 28]])
    fit = glm.fit(counts, np.ones(6), design.astype(float), np.array([8.0, 0.1]))
    assert np.isfinite(fit.coefficients).all()
    assert np.isfinite(fit.log_likelihood).all()
    assert fit.converged[1]


def test_a_row_that_runs_off_to_the_largest_number_warns_of_nothing():
    third = np.random.default_rng(544).normal(size=8)
    design = np.column_stack([np.ones(8), np.arange(8) % 2, third])
    counts = np.array([[0.0, 105866, 0, 0, 1, 7564, 41848, 170]])
    fit = glm.fit(counts, np.ones(8), design, np.array([19.0]))
    assert np.isfinite(fit.coefficients).all()


def test_cells_and_replacement():
    design = np.array([[1, 0], [1, 0], [1, 1], [1, 0]], float)
    cell, size = cooks.cells(design)
    assert size.tolist() == [3, 3, 1, 3]
    assert (cell == cell[0]).tolist() == [True, True, False, True]
    counts = np.array([[10.0, 20, 30, 4000, 25]])
    outlying = np.array([[False, False, True, True, False]])
    replaceable = np.array([True, True, False, True, True])
    new = cooks.replace(counts, np.array([1.0, 1, 1, 2, 1]), outlying, replaceable)
    # trimmed mean of 10, 20, 25, 30, 2000 without the ends is 25, at twice the depth 50
    assert new.tolist() == [[10, 20, 30, 50, 25]]


def test_a_low_outlier_among_high_counts_is_kept():
    design = np.column_stack([np.ones(8), np.repeat([0.0, 1.0], 4)])
    counts = np.array([[1.0, 90, 80, 95, 70, 75, 85, 99], [9000, 90, 80, 95, 70, 75, 85, 99]])
    distance = np.zeros((2, 8))
    distance[:, 0] = 100
    judged = np.ones(8, bool)
    assert cooks.outlier_features(counts, distance, design, judged).tolist() == [False, True]
    assert not cooks.outlier_features(counts, distance, design, ~judged).any()


def test_filtering_helps_and_is_left_where_there_is_little_to_find():
    rng = np.random.default_rng(0)
    means = np.exp(rng.uniform(0, 8, 2000))
    p = rng.uniform(size=2000)
    strong = means > np.quantile(means, 0.9)
    p[strong] **= 4
    q, threshold = filtered_q_values(p, means, 0.1)
    plain = benjamini_hochberg(p)
    assert threshold > np.quantile(means, 0.5)
    assert (q < 0.1).sum() > (plain < 0.1).sum()
    assert np.isnan(q[means < threshold]).all()
    none, threshold = filtered_q_values(rng.uniform(size=2000), means, 0.1)
    assert threshold == means.min()
    assert not np.isnan(none).any()


def test_lowess_is_rs():
    """Values of R 4.2: lowess(x, y, f = 1/5)$y."""
    x = np.linspace(0, 1, 20)
    y = np.array([1, 3, 2, 5, 4, 6, 8, 7, 9, 12, 11, 13, 15, 14, 40, 17, 18, 20, 19, 21.0])
    expected = [
        1.3391176,
        2.1413602,
        3.1564668,
        3.8435904,
        4.8602145,
        6,
        7.1307394,
        7.8681627,
        9.2769076,
        10.817895,
        11.859268,
        13,
        15,
        15,
        40,
        18,
        18,
        19.131752,
        19.867578,
        20.655613,
    ]
    assert lowess(x, y) == pytest.approx(expected, abs=1e-6)


def test_shrinkage_leaves_what_is_clear_and_draws_in_what_is_not():
    rng = np.random.default_rng(0)
    case = np.repeat([0.0, 1.0], 10)
    design = np.column_stack([np.ones(20), case])
    mu = np.array([1000.0, 1000.0, 5.0])[:, None] * np.exp(np.array([1.5, 0, 0.5])[:, None] * case)
    alpha = np.array([0.01, 0.01, 1.0])
    r = 1 / alpha[:, None]
    counts = rng.poisson(mu * rng.gamma(r, 1 / r, mu.shape)).astype(float)
    fit = glm.fit(counts, np.ones(20), design, alpha)
    mode = shrinkage.shrink(counts, np.ones(20), design, alpha, fit.coefficients, 1, 0.1)
    assert mode[0] == pytest.approx(fit.coefficients[0, 1], rel=0.01)
    assert abs(mode[2]) < 0.5 * abs(fit.coefficients[2, 1])
    assert shrinkage.prior_scale(np.array([0.01, -0.02]), np.array([0.5, 0.5])) == 0.001


def test_low_counts_follow_the_groups():
    samples = [f"s{i}" for i in range(6)]
    design = pd.DataFrame({"Intercept": 1.0, "case": [0, 0, 0, 1, 1, 1.0]}, samples)
    counts = pd.DataFrame(
        {"everywhere": 500, "cases": [0, 0, 0, 20, 20, 20], "one": [0, 0, 0, 0, 0, 90], "few": 1},
        samples,
    )
    kept = keep_features(counts, design)
    assert kept.index[kept].tolist() == ["everywhere", "cases"]
