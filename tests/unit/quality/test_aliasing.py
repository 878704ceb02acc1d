"""Pairs whose effects cannot be told apart: found within the classes only."""

import numpy as np
import pandas as pd
import pytest

from evigil.quality.aliasing import aliased, within


@pytest.fixture
def labels():
    return pd.Series(np.repeat([1, 0], 40))


def letters(codes) -> pd.Series:
    return pd.Series([f"level{c}" for c in codes])


def test_a_category_and_its_copy(labels):
    site = letters(np.arange(80) % 4)
    found = within(site, site.map(lambda s: f"ward of {s}"), labels)
    assert found.share == pytest.approx(1) and found.p < 1e-6


def test_eta_squared_of_a_number_by_levels(labels):
    site = np.arange(80) % 4
    age = pd.Series(site * 100.0 + np.arange(80) // 4)
    found = within(letters(site), age, labels)
    # of the ranks: four blocks of ten in each class
    ranks = age.rank() - age.rank().groupby(labels).transform("mean")
    blocks = ranks.groupby([labels, pd.Series(site)]).transform("mean")
    assert found.share == pytest.approx((blocks**2).sum() / (ranks**2).sum())
    assert found.share > 0.9
    assert within(age, letters(site), labels) == found


def test_two_numbers_by_their_ranks(labels):
    x = pd.Series(np.random.default_rng(1).normal(size=80))
    found = within(x, np.exp(x), labels)
    assert found.share == pytest.approx(1) and found.p < 1e-6


def test_what_goes_together_through_the_label_alone_is_no_alias(labels):
    rng = np.random.default_rng(4)
    age = labels * 10 + pd.Series(rng.normal(size=80))
    batch = letters(np.where(rng.random(80) < 0.05, 1 - labels, labels))
    assert within(age, batch, labels).share < 0.3


def test_unrelated_covariates_are_rarely_called_aliased(labels):
    rng = np.random.default_rng(5)
    pairs = 0
    for _ in range(60):
        table = pd.DataFrame(
            {
                "site": letters(rng.integers(0, 4, 80)),
                "batch": letters(rng.integers(0, 6, 80)),
                "age": rng.normal(size=80),
            }
        )
        pairs += len(aliased(table, labels))
    assert pairs <= 2


def test_missing_values_and_constants_are_borne(labels):
    table = pd.DataFrame({"age": np.arange(80.0), "site": letters(np.zeros(80, int)), "kit": None})
    table.loc[:70, "age"] = np.nan
    assert aliased(table.astype({"kit": object}), labels) == []
    assert within(table["age"], pd.Series(np.ones(80)), labels).p == 1
