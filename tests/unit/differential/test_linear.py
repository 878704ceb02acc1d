import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evigil.differential.linear import fit_log_scale
from evigil.errors import UserError


@pytest.fixture
def layer():
    rng = np.random.default_rng(1)
    n, m = 24, 50
    noise = rng.normal(size=(n, m)) * np.sqrt(5 / rng.chisquare(5, m))
    values = pd.DataFrame(20 + noise, columns=[f"f{i:02d}" for i in range(m)])
    values = values.mask(rng.random((n, m)) < 0.2)
    design = pd.DataFrame({"intercept": 1.0, "case": np.arange(n) % 2.0, "age": rng.normal(size=n)})
    return values, design


def test_the_place_of_the_tested_column_does_not_matter(layer):
    values, design = layer
    first = fit_log_scale(values, design, ["case"]).table
    second = fit_log_scale(values, design[["age", "intercept", "case"]], ["case"]).table
    pd.testing.assert_frame_equal(first, second, rtol=1e-10)


def test_the_interval_and_the_p_value_agree(layer):
    table = fit_log_scale(*layer, ["case"]).table
    outside = (table["low"] > 0) | (table["high"] < 0)
    assert (outside == (table["p_value"] < 0.05)).all()
    p = 2 * stats.t.sf(table["statistic"].abs(), table["degrees_of_freedom"])
    np.testing.assert_allclose(table["p_value"], p, rtol=1e-9)


def test_one_coefficient_as_f_is_the_square_of_t(layer):
    values, design = layer
    design = design.assign(twin=design["age"] ** 2)
    t = fit_log_scale(values, design[["intercept", "case", "age"]], ["case"]).table
    f = fit_log_scale(values, design, ["case", "twin"]).table
    assert f["log2_fold_change"].isna().all()
    assert (f["numerator_degrees_of_freedom"] == 2).all()
    assert (t["numerator_degrees_of_freedom"] == 1).all()


def test_a_feature_that_cannot_tell_case_from_site_has_no_result(layer):
    values, design = layer
    design["site"] = [0.0, 1.0] * 11 + [1.0, 0.0]
    values.loc[22:] = 20 + np.random.default_rng(3).normal(size=(2, 50))
    values.loc[22:, "f00"] = np.nan
    table = fit_log_scale(values, design, ["case"]).table
    assert np.isnan(table.loc["f00", ["log2_fold_change", "p_value", "q_value"]]).all()
    assert table.loc["f01":, "p_value"].notna().all()
    both = fit_log_scale(values, design, ["site", "case"]).table
    assert both.loc["f00", "numerator_degrees_of_freedom"] == 1
    assert both.loc["f01", "numerator_degrees_of_freedom"] == 2


def test_a_feature_without_a_value_stays_in_the_table(layer):
    values, design = layer
    values["f07"] = np.nan
    for trend in (False, True):
        table = fit_log_scale(values, design, ["case"], trend=trend).table
        assert table.loc["f07", "n"] == 0 and np.isnan(table.loc["f07", "statistic"])
        assert table["q_value"].notna().sum() == 49


def test_facts(layer):
    values, design = layer
    assert fit_log_scale(values, design, ["case"]).facts["model"] == "limma"
    facts = fit_log_scale(values, design, ["case"], trend=True).facts
    assert facts["model"] == "limma_trend" and facts["prior_variance"] is None
    block = pd.Series(np.arange(24) // 2)
    facts = fit_log_scale(values, design, ["case"], block=block).facts
    assert -1 < facts["block_correlation"] < 1


def test_nothing_left_to_estimate_a_variance_is_refused(layer):
    values, design = layer
    with pytest.raises(UserError, match="more samples than the design has coefficients"):
        fit_log_scale(values.iloc[:3], design.iloc[:3], ["case"])
    with pytest.raises(UserError, match="two samples of the same block"):
        fit_log_scale(values, design, ["case"], block=pd.Series(range(24)))
    with pytest.raises(UserError, match="at least 1"):
        fit_log_scale(values, design, ["case"], peptides=pd.Series(0.0, values.columns))


@pytest.mark.slow
def test_under_the_null_one_in_twenty_is_below_five_per_cent():
    rng = np.random.default_rng(2)
    n, m = 40, 4000
    values = rng.normal(size=(n, m)) * np.sqrt(5 / rng.chisquare(5, m))
    values[rng.random((n, m)) < 0.2] = np.nan
    design = pd.DataFrame({"intercept": 1.0, "case": np.arange(n) % 2.0})
    table = fit_log_scale(pd.DataFrame(values), design, ["case"]).table
    assert (table["p_value"] < 0.05).mean() == pytest.approx(0.05, abs=0.01)
