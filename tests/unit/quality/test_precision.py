"""Analytical variance, by hand and by simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evigil.quality.precision import coefficient_of_variation, components, cv_interval


def one(values, groups, runs=None):
    found = components(np.array(values, float)[:, None], groups, runs)
    return type(found)(*(part[0] for part in found))


def test_unparted_by_hand():
    # squares 2 of A (about 2) and 8 of B (about 4), 5 values of 2 specimens; C has no replicate
    found = one([1, 3, 2, 4, 6, 9], list("AABBBC"))
    assert (found.groups, found.values, found.freedom) == (2, 5, 3)
    assert found.total == found.within_run == pytest.approx(10 / 3)
    assert np.isnan(found.between_run)


def test_runs_by_hand():
    # within runs 4/2; run means 2 and 6 about 4: 16/1; n0 = 2; between = (16 - 2)/2
    found = one([1, 3, 5, 7], list("AAAA"), [1, 1, 2, 2])
    assert (found.within_run, found.between_run, found.total) == (2, 7, 9)
    assert found.freedom == pytest.approx(81 / (8**2 / 1 + 1**2 / 2))


def test_runs_of_unequal_size_by_hand():
    # within 2/1; means 2 and 8 about 4: (2 · 4 + 16)/1; n0 = 3 - (4 + 1)/3; (24 - 2) / n0
    found = one([1, 3, 8], list("AAA"), [1, 1, 2])
    assert (found.within_run, found.between_run) == (2, pytest.approx(16.5))


def test_runs_that_do_not_differ_add_nothing():
    found = one([1, 3, 1, 3], list("AAAA"), [1, 1, 2, 2])
    assert (found.within_run, found.between_run, found.total, found.freedom) == (2, 0, 2, 2)


def test_each_value_in_a_run_of_its_own_cannot_be_parted():
    found = one([1, 3], list("AA"), [1, 2])
    assert found.total == 2
    assert np.isnan(found.within_run) and np.isnan(found.between_run)


def test_nothing_to_estimate():
    for values, groups in (([1, 2], "AB"), ([np.nan, 2], "AA"), ([np.nan, np.nan], "AA")):
        found = one(values, list(groups))
        assert (found.groups, found.values) == (0, 0)
        assert np.isnan([found.total, found.freedom]).all()
    none = components(np.empty((0, 3)), [])
    assert none.groups.tolist() == [0, 0, 0] and np.isnan(none.total).all()


def test_equal_replicates():
    found = components(np.ones((3, 1)), list("AAA"))
    assert found.total == [0] and [bound.tolist() for bound in cv_interval(found)] == [[0], [0]]


def test_cv_of_a_log_normal():
    # the SD of ln is .0998 for a CV of 10 %
    assert coefficient_of_variation(np.log1p(0.1**2)) == pytest.approx(0.1, rel=1e-12)


def test_against_lme4s_anova_of_balanced_data():
    """Balanced: the estimates of analysis of variance are those of REML, where none is negative."""
    from evigil.stats.mixed import random_intercept

    rng = np.random.default_rng(0)
    runs = np.repeat(np.arange(8), 4)
    y = rng.normal(0, 1, 8)[runs] + rng.normal(0, 0.5, 32)
    found, fit = one(y, ["A"] * 32, runs), random_intercept(y, runs)
    assert found.within_run == pytest.approx(fit.sigma2, rel=1e-8)
    assert found.between_run == pytest.approx(fit.tau2, rel=1e-8)


@pytest.mark.parametrize("between", [0.0, 0.15])
def test_intervals_hold_the_truth(between):
    rng = np.random.default_rng(5)
    m, groups = 4000, np.repeat(np.arange(6), 6)
    runs = np.tile(np.repeat(np.arange(3), 2), 6)
    y = rng.normal(0, 2, (6, m))[groups] + rng.normal(0, 0.2, (36, m))
    y += rng.normal(0, between, (18, m))[groups * 3 + runs]
    truth = coefficient_of_variation(0.2**2 + between**2)
    low, high = cv_interval(components(y, groups, runs if between else None))
    covered = np.mean((low <= truth) & (truth <= high))
    # exact when unparted (4,000 draws: ± .007); Satterthwaite's is a little wide
    assert 0.943 <= covered <= (0.97 if between else 0.957)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), min_size=2, max_size=14),
    st.integers(0, 2**32 - 1),
)
@settings(max_examples=60, deadline=None)
def test_neither_order_nor_level_nor_rows_without_values_matter(design, seed):
    rng = np.random.default_rng(seed)
    groups, runs = (np.array(part) for part in zip(*design, strict=True))
    y = rng.normal(0, 1, (len(design), 2))
    plain = components(y, groups, runs)
    order = rng.permutation(len(design))
    level = rng.normal(0, 3, 4)[groups][:, None]
    extra = np.full((1, 2), np.nan)
    others = (
        components(y[order], groups[order], runs[order]),
        components(y + level, groups, runs),
        components(np.vstack([y, extra]), [*groups, 9], [*runs, 9]),
    )
    for other in others:
        for a, b in zip(plain, other, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-9)
