"""The entry to the count model: what is refused, what stays in the table, what order changes."""

import json

import numpy as np
import pandas as pd
import pytest

from evigil.differential.counts import fit_counts
from evigil.errors import UserError


@pytest.fixture
def study() -> tuple[pd.DataFrame, pd.DataFrame]:
    """60 features in 8 + 8 samples; the first five are fourfold in cases, the last is all 0."""
    rng = np.random.default_rng(1)
    case = np.repeat([0.0, 1.0], 8)
    base = np.exp(rng.uniform(3, 8, 60))
    mu = base * np.where(np.arange(60) < 5, 4.0 ** case[:, None], 1)
    counts = rng.poisson(mu * rng.gamma(10, 0.1, mu.shape))
    counts[:, -1] = 0
    names = [f"s{i:02d}" for i in range(16)]
    table = pd.DataFrame(counts, names, [f"f{i:02d}" for i in range(60)])
    return table, pd.DataFrame({"Intercept": 1.0, "case": case}, names)


def test_finds_what_was_planted(study):
    fit = fit_counts(*study, ["case"])
    table = fit.table
    assert list(table.columns) == [
        "base_mean",
        "log2_fold_change",
        "standard_error",
        "statistic",
        "p_value",
        "q_value",
        "low",
        "high",
        "dispersion",
        "converged",
        "shrunken_log2_fold_change",
        "replaced",
    ]
    assert set(table.index[table["q_value"] < 1e-4]) == {f"f{i:02d}" for i in range(5)}
    planted = table.iloc[:5]
    assert (planted["low"] < 2).all()
    assert (planted["high"] > 2).all()
    width = (planted["high"] - planted["low"]) / planted["standard_error"]
    assert width.to_numpy() == pytest.approx(2 * 1.959964, rel=1e-6)
    shrunken = planted["shrunken_log2_fold_change"]
    assert (shrunken < planted["log2_fold_change"]).all()
    assert (shrunken > 0.8 * planted["log2_fold_change"]).all()
    assert json.loads(json.dumps(fit.facts))["test"] == "wald"


def test_a_feature_without_counts_stays_and_is_not_tested(study):
    row = fit_counts(*study, ["case"]).table.loc["f59"]
    assert row["base_mean"] == 0
    assert row[["log2_fold_change", "p_value", "q_value", "dispersion"]].isna().all()
    assert not row["converged"]


def test_any_order_gives_the_same_bytes(study):
    counts, design = study
    expected = fit_counts(counts, design, ["case"])
    mixed = counts.sample(frac=1, random_state=0).sample(frac=1, axis=1, random_state=1)
    again = fit_counts(mixed, design, ["case"])
    assert again.table.to_csv() == expected.table.to_csv()
    assert again.facts == expected.facts


def test_likelihood_ratio_agrees_with_wald_and_has_degrees_of_freedom(study):
    counts, design = study
    wald = fit_counts(counts, design, ["case"]).table
    ratio = fit_counts(counts, design, ["case"], lrt=True).table
    assert np.corrcoef(np.log(wald["p_value"].iloc[5:59]), np.log(ratio["p_value"].iloc[5:59]))[
        0, 1
    ] == pytest.approx(1, abs=0.02)
    assert np.allclose(wald["low"], ratio["low"], equal_nan=True)
    design = design.assign(other=np.tile([0.0, 1.0], 8))
    both = fit_counts(counts, design, ["case", "other"])
    assert both.facts["test"] == "likelihood_ratio"
    assert both.table["log2_fold_change"].isna().all()
    assert both.table["shrunken_log2_fold_change"].isna().all()
    assert (both.table["p_value"].iloc[:5] < 1e-4).all()


def test_per_unit_of_the_tested_column(study):
    counts, design = study
    one = fit_counts(counts, design, ["case"]).table
    ten = fit_counts(counts, design.assign(case=design["case"] * 10), ["case"]).table
    # but for the ridge, which is tiny
    assert np.allclose(
        ten["log2_fold_change"] * 10, one["log2_fold_change"], atol=1e-5, equal_nan=True
    )
    assert np.allclose(ten["p_value"], one["p_value"], rtol=1e-4, equal_nan=True)


def test_outliers_are_replaced_from_seven_samples_and_else_excluded(study):
    counts, design = study
    counts.loc["s03", "f20"] = 100 * counts["f20"].max()
    replaced = fit_counts(counts, design, ["case"])
    assert replaced.table.loc["f20", "replaced"]
    assert replaced.table.loc["f20", "p_value"] > 0.01
    assert replaced.facts["replaced_counts"] == 1
    few = [*counts.index[:6], *counts.index[8:14]]
    excluded = fit_counts(counts.loc[few], design.loc[few], ["case"])
    assert not excluded.table["replaced"].any()
    assert np.isnan(excluded.table.loc["f20", "p_value"])
    assert excluded.facts["outlier_features"] == 1


@pytest.mark.parametrize(
    ("value", "shown"), [(1.5, "1.5"), (-1, "-1"), (np.nan, "nan"), (np.inf, "inf")]
)
def test_what_is_no_count_is_named(study, value, shown):
    counts, design = study
    counts = counts.astype(float)
    counts.loc["s05", "f07"] = value
    with pytest.raises(UserError) as error:
        fit_counts(counts, design, ["case"])
    assert str(error.value) == (
        f"counts: sample 's05', feature 'f07': {shown} is not a count; allowed are integers from 0"
    )


def test_an_empty_sample_is_named(study):
    counts, design = study
    counts.loc["s05"] = 0
    with pytest.raises(UserError, match="^counts: sample 's05' has no counts$"):
        fit_counts(counts, design, ["case"])


def test_one_sample_per_group_is_refused(study):
    counts, design = study
    few = ["s00", "s15"]
    with pytest.raises(UserError, match="2 samples cannot tell 2 coefficients from noise"):
        fit_counts(counts.loc[few], design.loc[few], ["case"])


def test_counts_without_overdispersion_have_a_trend_too():
    rng = np.random.default_rng(2)
    counts = pd.DataFrame(rng.binomial(40, 0.9, (12, 30)), [f"s{i:02d}" for i in range(12)])
    counts.columns = [f"f{i:02d}" for i in range(30)]
    design = pd.DataFrame({"Intercept": 1.0, "case": np.repeat([0.0, 1.0], 6)}, counts.index)
    fit = fit_counts(counts, design, ["case"])
    assert fit.facts["trend"] == "mean"
    assert fit.facts["notes"][0].endswith("their mean is the trend instead")
    assert (fit.table["dispersion"] < 1e-3).all()
    assert fit.table["p_value"].between(0, 1).all()
