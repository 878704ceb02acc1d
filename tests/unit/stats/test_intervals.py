"""Exact intervals cover what they promise, and end where they must."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, poisson

from evigil.stats.intervals import (
    clopper_pearson,
    poisson_interval,
    quantile_interval,
    share,
)


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.308497),
        (10, 10, 0.691503, 1.0),
        (8, 8, 0.630584, 1.0),
        (22, 34, 0.464886, 0.802541),
        (0, 0, 0.0, 1.0),  # no trial says nothing
    ],
)
def test_clopper_pearson_known_values(k, n, low, high):
    assert np.allclose(clopper_pearson(k, n), (low, high), atol=1e-6)


def test_clopper_pearson_equals_scipy_for_every_count():
    k = np.arange(41)
    low, high = clopper_pearson(k, 40, level=0.9)
    expected = [binomtest(int(i), 40).proportion_ci(0.9, method="exact") for i in k]
    assert np.allclose(low, [e.low for e in expected], rtol=0, atol=1e-12)
    assert np.allclose(high, [e.high for e in expected], rtol=0, atol=1e-12)


def test_clopper_pearson_of_read_counts_is_finite_and_tight():
    low, high = clopper_pearson([1, 30_000_000], [60_000_000, 60_000_000])
    assert 0 < low[0] < 1 / 60e6 < high[0] < 1e-7
    assert low[1] == pytest.approx(0.5 - 1.96 * np.sqrt(0.25 / 60e6), abs=1e-7)


@settings(deadline=None, max_examples=200)
@given(n=st.integers(1, 40), p=st.floats(1e-9, 1), level=st.sampled_from([0.8, 0.95, 0.99]))
def test_clopper_pearson_covers_every_true_share(n, p, level):
    k = np.arange(n + 1)
    low, high = clopper_pearson(k, n, level)
    assert binom.pmf(k, n, p)[(low <= p) & (p <= high)].sum() >= level - 1e-9


@pytest.mark.parametrize("counts", [(-1, 3), (4, 3), (np.nan, 3)])
def test_impossible_successes_are_refused(counts):
    with pytest.raises(ValueError, match="successes must lie between"):
        clopper_pearson(*counts)


@pytest.mark.parametrize(
    ("k", "low", "high"), [(0, 0.0, 3.688879), (1, 0.025318, 5.571643), (10, 4.795389, 18.390356)]
)
def test_poisson_known_values(k, low, high):
    assert np.allclose(poisson_interval(k), (low, high), atol=1e-6)


@settings(deadline=None)
@given(mean=st.floats(0.01, 60))
def test_poisson_covers_every_true_mean(mean):
    k = np.arange(400)
    low, high = poisson_interval(k)
    assert poisson.pmf(k, mean)[(low <= mean) & (mean <= high)].sum() >= 0.95 - 1e-9


def test_negative_count_is_refused():
    with pytest.raises(ValueError, match="must not be negative"):
        poisson_interval([3, -1])


def test_share_is_plain_json():
    assert json.loads(json.dumps(share(np.int64(1), np.int64(4)))) == {
        "estimate": 0.25,
        "low": pytest.approx(0.006309, abs=1e-6),
        "high": pytest.approx(0.805880, abs=1e-6),
        "k": 1,
        "n": 4,
    }


def test_share_of_nothing_is_not_estimable():
    assert share(0, 0) == {"estimate": None, "low": None, "high": None, "k": 0, "n": 0}


@pytest.mark.parametrize(
    ("n", "low", "high"),
    [(5, np.nan, np.nan), (6, 1, 6), (10, 2, 9), (20, 6, 15)],  # ranks of the usual tables
)
def test_median_interval_takes_the_tabled_ranks(n, low, high):
    values = np.random.default_rng(0).permutation(np.arange(1.0, n + 1))
    assert np.array_equal(quantile_interval(values), (low, high), equal_nan=True)


def test_quantile_interval_may_be_open_on_one_side():
    low, high = quantile_interval(np.arange(20.0), q=0.9)
    assert low == 14 and np.isnan(high)
