"""One value for each feature, from the training samples alone, and low where it should be."""

import numpy as np
import pandas as pd
import pytest

from evigil.matrix.impute import CensoredImputer


def censored(share, n=200_000, mean=20.0, sd=1.5, seed=0):
    values = np.random.default_rng(seed).normal(mean, sd, n)
    cut = np.quantile(values, share)
    return np.where(values < cut, np.nan, values), values[values < cut].mean()


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_the_mean_of_what_was_cut_off_is_found(share):
    seen, lost = censored(share)
    assert CensoredImputer().fit(seen[:, None]).values_[0] == pytest.approx(lost, abs=0.03)


def test_by_hand():
    # 4 of 8 seen: half a sample more is taken to be missing, of 9
    values = np.array([[1.0], [2], [3], [4], [np.nan], [np.nan], [np.nan], [np.nan]])
    cut, density, missing = 0.0, 0.3989422804014327, 0.5
    above = density / (1 - missing)
    whole = np.sqrt(1.25) / np.sqrt(1 + cut * above - above**2)
    assert CensoredImputer().fit(values).values_ == pytest.approx(
        [2.5 - whole * (above + density / missing)]
    )


def test_is_below_what_was_seen_and_lower_the_rarer_a_loss():
    rng = np.random.default_rng(1)
    table = rng.normal(20, 1, (60, 40))
    for j in range(40):
        table[table[:, j] < np.quantile(table[:, j], j / 80), j] = np.nan
    filled = CensoredImputer().fit(table)
    assert (filled.values_ < np.nanmin(table, axis=0) + 0.5).all()
    assert (filled.values_ < np.nanmean(table, axis=0) - 1).all()
    assert filled.values_[:10].mean() < filled.values_[-10:].mean()


def test_values_seen_stay_and_other_samples_do_not_matter():
    rng = np.random.default_rng(2)
    table = pd.DataFrame(
        rng.normal(20, 1, (30, 12)), [f"s{i}" for i in range(30)], list("abcdefghijkl")
    )
    table = table.mask(rng.random(table.shape) < 0.3)
    fitted = CensoredImputer().fit(table.iloc[:20])
    together = fitted.transform(table)
    assert together.notna().all(axis=None)
    assert together.where(table.notna()).equals(table)
    alone = pd.concat([fitted.transform(table.loc[[s]]) for s in table.index])
    pd.testing.assert_frame_equal(alone, together, rtol=0, atol=0)
    held = CensoredImputer().fit(table, sample_weight=np.r_[np.ones(20), np.zeros(10)])
    assert np.allclose(held.values_, fitted.values_, rtol=0, atol=1e-12)


def test_a_patient_drawn_twice_weighs_once():
    rng = np.random.default_rng(3)
    table = rng.normal(20, 1, (12, 8))
    table[rng.random(table.shape) < 0.3] = np.nan
    again = np.r_[np.arange(12), [0, 0, 5]]
    weights = 1.0 / np.bincount(again)[again]
    once = CensoredImputer().fit(table).values_
    assert CensoredImputer().fit(table[again], sample_weight=weights).values_ == pytest.approx(once)


def test_one_value_and_none():
    table = np.array([[5.0, np.nan], [np.nan, np.nan], [np.nan, np.nan]])
    assert CensoredImputer().fit(table).values_[0] == 5.0
    assert np.isnan(CensoredImputer().fit_transform(table)[:, 1]).all()


def test_a_shift_of_all_values_shifts_what_is_put_in():
    table = np.random.default_rng(4).normal(20, 1, (20, 5))
    table[:4] = np.nan
    moved = CensoredImputer().fit(table + 3).values_
    assert moved == pytest.approx(CensoredImputer().fit(table).values_ + 3)
