import numpy as np
import pandas as pd
import pytest

from evigil.differential.voom import fit_blocked_counts
from evigil.errors import UserError


@pytest.fixture
def draws():
    rng = np.random.default_rng(1)
    block = pd.Series(np.repeat(np.arange(10), 3))
    mean = np.exp(rng.normal(4, 1, 80)) * np.exp(rng.normal(0, 0.5, (10, 80)))[block]
    counts = pd.DataFrame(rng.poisson(mean), columns=[f"f{i:02d}" for i in range(80)])
    return counts, pd.DataFrame({"intercept": 1.0, "day": np.tile([0.0, 1, 2], 10)}), block


def test_draws_of_a_patient_are_alike(draws):
    fit = fit_blocked_counts(*draws[:2], ["day"], draws[2])
    assert fit.facts["model"] == "voom" and fit.facts["block_correlation"] > 0.5
    assert fit.table["p_value"].between(0, 1).all()


def test_the_unit_of_size_factors_does_not_matter(draws):
    counts, design, block = draws
    size = counts.sum(axis=1).to_numpy()
    one = fit_blocked_counts(counts, design, ["day"], block, size)
    other = fit_blocked_counts(counts, design, ["day"], block, size / 1e6)
    pd.testing.assert_frame_equal(one.table, other.table, rtol=1e-9)


def test_one_feature_has_no_trend(draws):
    counts, design, block = draws
    with pytest.raises(UserError, match="at least two features"):
        fit_blocked_counts(counts[["f00"]], design, ["day"], block)


def test_draws_that_hardly_repeat_have_no_correlation(draws):
    counts, design, _ = draws
    block = pd.Series([0, 0, *range(1, 29)])
    with pytest.raises(UserError, match="no feature has two samples of the same block"):
        fit_blocked_counts(counts, design, ["day"], block)
