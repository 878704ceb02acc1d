"""Shares of variance: the same as statsmodels', feature by feature."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from statsmodels.stats.anova import anova_lm

from evigil.quality.partition import encode, explained, joined, partition


@pytest.fixture(scope="module")
def study() -> tuple[pd.DataFrame, pd.DataFrame]:
    """120 samples, whose batches go partly with their sites, and twelve features."""
    rng = np.random.default_rng(1)
    n = 120
    table = pd.DataFrame(
        {
            "batch": rng.choice(["1", "2", "10"], n),
            "age": rng.normal(60, 10, n),
            "hours": rng.gamma(2, 2, n),
        }
    )
    table["site"] = np.where(rng.random(n) < 0.7, table["batch"], rng.choice(["1", "2"], n))
    values = rng.normal(5, 1, (n, 12))
    values += np.outer(table["batch"] == "2", rng.normal(0, 2, 12))
    values += np.outer(table["age"] - 60, rng.normal(0, 0.05, 12))
    return table, pd.DataFrame(values, columns=[f"f{i:02d}" for i in range(12)])


def peer(table: pd.DataFrame, values: pd.Series) -> tuple[pd.Series, pd.Series, float]:
    """Shares of each covariate alone, and of type II, and of all, by statsmodels."""
    rows = table.assign(y=values).dropna()
    terms = list(table)
    whole = smf.ols("y ~ " + " + ".join(terms), rows).fit()
    squares = anova_lm(whole, typ=2)["sum_sq"][terms]
    alone = pd.Series({t: smf.ols(f"y ~ {t}", rows).fit().rsquared for t in terms})
    return alone, squares / whole.centered_tss, whole.rsquared


@pytest.mark.parametrize("missing", [False, True])
def test_shares_are_those_of_statsmodels(study, missing):
    table, values = study
    if missing:
        holes = np.random.default_rng(2).random(values.shape) < 0.2
        values = values.mask(holes & (np.arange(12) % 2 == 0))
    shares, together = partition(values, {name: encode(table[name]) for name in table})
    shares = shares.pivot(index="feature", columns="covariate")
    for feature in values:
        alone, unique, whole = peer(table, values[feature])
        row = shares.loc[feature]
        np.testing.assert_allclose(row["explained"][alone.index], alone, atol=1e-12)
        np.testing.assert_allclose(row["unique"][unique.index], unique, atol=1e-12)
        assert together[feature] == pytest.approx(whole, abs=1e-12)
        assert (row["n"] == values[feature].notna().sum()).all()


def test_a_covariate_that_repeats_another_has_no_share_of_its_own(study):
    table, values = study
    twice = {"batch": encode(table["batch"]), "again": encode("b" + table["batch"])}
    shares, together = partition(values, twice)
    assert shares["unique"].max() == pytest.approx(0, abs=1e-12)
    own = shares[shares["covariate"] == "batch"].set_index("feature")["explained"]
    np.testing.assert_allclose(own, together, atol=1e-12)


def test_a_constant_feature_has_no_share(study):
    table, values = study
    values = values.assign(flat=1 / 3)
    shares, together = partition(values, {"age": encode(table["age"])})
    assert np.isnan(together["flat"]) and together.drop("flat").notna().all()
    assert shares.set_index("feature").loc["flat", ["explained", "unique"]].isna().all()


@pytest.mark.parametrize(
    ("values", "note"),
    [
        ([np.nan] * 10, "not recorded"),
        ([2.5] * 10, "the same in all: 2.5"),
        (["a"] * 9 + [np.nan], "the same in all: a"),
        ([1.0, 2.0] * 3 + [np.nan] * 4, "known for 6 of 10 samples"),
        (list("abcdefaaaa"), "6 levels in 10 samples: too many to compare"),
        ([], "not recorded"),
    ],
)
def test_what_cannot_be_looked_at_says_why(values, note):
    found = encode(pd.Series(values))
    assert (found.columns.shape, found.note) == ((len(values), 0), note)


def test_a_missing_value_is_a_level_of_its_own():
    category = encode(pd.Series(["a", "a", "b", "b", np.nan] * 2))
    assert category.columns.sum(axis=0).tolist() == [4, 4]
    assert (category.n, category.levels) == (8, 2)
    number = encode(pd.Series([1.0, 3.0, 1.0, 3.0, np.nan]))
    assert number.columns.tolist() == [[-1, 0], [1, 0], [-1, 0], [1, 0], [0, 1]]
    assert (number.n, number.levels) == (4, 0)


def test_too_few_samples_have_only_what_a_covariate_explains_alone():
    rng = np.random.default_rng(3)
    values = pd.DataFrame(rng.normal(size=(6, 4)))
    encoded = {c: encode(pd.Series(rng.normal(size=6))) for c in "abc"}
    shares, together = partition(values, encoded)
    assert shares["explained"].between(0, 1).all()
    assert shares["unique"].isna().all() and together.isna().all()
    assert partition(values, {})[0].columns.tolist() == list(shares.columns)


def test_explained_does_not_depend_on_a_constant_far_away(study):
    table, values = study
    columns = joined([encode(table["batch"]).columns], len(table))
    near, far = (explained(values.to_numpy() + shift, [columns]) for shift in (0, 1e6))
    np.testing.assert_allclose(near, far, atol=1e-8)
