"""Shifts of log2 values depend on the sample and on what was frozen, on nothing else."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from evigil.errors import UserError
from evigil.matrix.log_scale import METHODS, MedianShift, from_frozen, normaliser
from evigil.matrix.medians import medians


def proteins(n_samples=24, n_features=150, missing=0.3, seed=0):
    """Log2 intensities with loads that differ by sample; rarer the weaker they are."""
    rng = np.random.default_rng(seed)
    level = rng.normal(22, 2, n_features)
    values = level + rng.normal(0, 1, (n_samples, 1)) + rng.normal(0, 0.4, (n_samples, n_features))
    rank = level.argsort().argsort() / n_features
    values[rng.random(values.shape) < 2 * missing * (1 - rank)] = np.nan
    samples = [f"s{i:02}" for i in range(n_samples)]
    return pd.DataFrame(values, samples, [f"P{i:03}" for i in range(n_features)])


def three_plates(samples) -> tuple[list[str], pd.Series]:
    """Every eighth sample is the reference of its plate."""
    batches = pd.Series([f"plate{i % 3}" for i in range(len(samples))], index=samples)
    return list(samples[:3]), batches


def of(method, values):
    reference, batches = three_plates(values.index)
    return normaliser(method, reference, ["P010", "P100", "P140"], batches)


@pytest.mark.parametrize("method", METHODS)
def test_a_sample_alone_equals_the_sample_in_any_company(method):
    values = proteins()
    fitted = of(method, values).fit(values.iloc[:15])
    new = values.iloc[15:]
    together = fitted.transform(new)
    assert together.notna().to_numpy().sum() > 500
    for sample in new.index:
        alone = fitted.transform(new.loc[[sample]])
        pd.testing.assert_frame_equal(alone, together.loc[[sample]], rtol=0, atol=1e-9)
    shuffled = fitted.transform(new.sample(frac=1, random_state=1)).loc[new.index]
    pd.testing.assert_frame_equal(shuffled, together, rtol=0, atol=1e-9)


@pytest.mark.parametrize("method", ["median", "spike"])
def test_a_shift_that_a_sample_had_before_leaves_nothing(method):
    values = proteins()
    loads = pd.Series(np.linspace(-3, 3, len(values)), index=values.index)
    plain = of(method, values).fit(values.iloc[:15])
    loaded = of(method, values).fit(values.add(loads, axis=0).iloc[:15])
    moved = loaded.transform(values.add(loads, axis=0)) - plain.transform(values)
    # all by the same amount: the level that the training samples have
    assert np.ptp(moved.to_numpy()[moved.notna().to_numpy()]) < 1e-9
    again = of(method, values).fit(plain.transform(values).iloc[:15])
    same = again.transform(plain.transform(values))
    pd.testing.assert_frame_equal(same, plain.transform(values), rtol=0, atol=1e-9)


@pytest.mark.parametrize("method", METHODS)
def test_missing_stays_missing(method):
    values = proteins()
    normalised = of(method, values).fit(values).transform(values)
    lost = normalised.isna() & values.notna()
    assert not (normalised.notna() & values.isna()).any(axis=None)
    if method == "reference":  # what the plate's reference lacks cannot be compared
        _, batches = three_plates(values.index)
        lacking = values.iloc[:3].isna().set_axis(batches.iloc[:3])
        assert (lost <= lacking.loc[batches].set_axis(values.index)).all(axis=None)
    elif method == "spike":  # only a sample that has no spike at all
        assert lost.any(axis=1).sum() == values[["P010", "P100", "P140"]].isna().all(axis=1).sum()
    else:
        assert not lost.any(axis=None)


def test_median_by_hand():
    values = pd.DataFrame(
        {
            "a": [10.0, 13, 11],
            "b": [20.0, 23, 21],
            "c": [30.0, 33, np.nan],
            "rare": [1.0] + [np.nan] * 2,
        },
        index=["s1", "s2", "s3"],
    )
    fitted = MedianShift().fit(values)
    # loads 0, 3 and 1, whose mean stays; the last feature is seen in one sample of three
    assert fitted.profile_[:3] == pytest.approx([10 + 4 / 3, 20 + 4 / 3, 30 + 4 / 3])
    assert np.isnan(fitted.profile_[3])
    assert fitted.shifts(values) == pytest.approx([-4 / 3, 5 / 3, -1 / 3])
    assert fitted.transform(values)["rare"]["s1"] == pytest.approx(1 + 4 / 3)
    assert MedianShift().fit_transform(values.to_numpy())[1, 0] == pytest.approx(10 + 4 / 3)


def test_the_shifts_are_the_loads_of_the_samples():
    rng = np.random.default_rng(1)
    values = proteins(n_samples=40, n_features=600)
    loads = rng.normal(0, 2, 40)
    shifts = MedianShift().fit(values).shifts(values)
    moved = MedianShift().fit(values.add(loads, axis=0)).shifts(values.add(loads, axis=0))
    assert moved - shifts == pytest.approx(loads - loads.mean(), abs=1e-9)


def test_median_is_biased_where_much_goes_one_way_and_spike_is_not():
    values = proteins(missing=0)
    changed = values.copy()
    changed.loc["s23", values.columns[:90]] += 2  # most features of one sample, but not the spikes
    median = of("median", values).fit(values.iloc[:20])
    spike = normaliser("spike", spike=["P120", "P130", "P140"]).fit(values.iloc[:20])
    off = {
        name: (n.transform(changed) - n.transform(values)).loc["s23"].iloc[100]
        for name, n in (("median", median), ("spike", spike))
    }
    assert off["median"] < -1
    assert off["spike"] == pytest.approx(0, abs=1e-9)


def test_reference_takes_the_plate_out():
    rng = np.random.default_rng(2)
    values = proteins(missing=0)
    reference, batches = three_plates(values.index)
    effect = pd.DataFrame(
        rng.normal(0, 3, (3, 150)), ["plate0", "plate1", "plate2"], values.columns
    )
    plated = values + effect.loc[batches].set_axis(values.index)
    material = plated.copy()
    material.loc[reference] = 20.0 + effect.loc[batches[reference]].to_numpy()
    fitted = normaliser("reference", reference, batches=batches).fit(material)
    flat = fitted.transform(material)
    kept = values.drop(index=reference)
    difference = flat.loc[kept.index] - kept
    assert np.ptp(difference.to_numpy(), axis=0) == pytest.approx(0, abs=1e-9)


def test_a_new_plate_brings_its_reference():
    values = proteins(missing=0)
    reference, batches = three_plates(values.index)
    old = batches.isin(["plate0", "plate1"])
    fitted = normaliser("reference", reference, batches=batches).fit(values[old])
    whole = fitted.transform(values)
    one = fitted.transform(values.loc[["s02", "s05"]])  # plate2: reference and one sample
    pd.testing.assert_frame_equal(one, whole.loc[["s02", "s05"]], rtol=0, atol=1e-9)
    with pytest.raises(UserError, match="'s05': batch 'plate2' has no reference sample"):
        fitted.transform(values.loc[["s05"]])
    # a reference frozen at fitting is not made anew from what comes along
    without = fitted.transform(values.drop(index="s00"))
    pd.testing.assert_frame_equal(without, whole.drop(index="s00"), rtol=0, atol=1e-9)


def test_a_patient_drawn_twice_weighs_once():
    values = proteins()
    again = values.iloc[[*range(12), 0, 0, 5]]
    weights = 1 / again.index.map(again.index.value_counts()).to_numpy()
    once = MedianShift().fit(values.iloc[:12])
    weighted = MedianShift().fit(again, sample_weight=weights)
    assert np.allclose(weighted.profile_, once.profile_, rtol=0, atol=1e-9, equal_nan=True)
    held = MedianShift().fit(values, sample_weight=np.r_[np.ones(12), np.zeros(12)])
    assert np.allclose(held.profile_, once.profile_, rtol=0, atol=1e-9, equal_nan=True)


def test_a_sample_with_nothing_in_common_is_missing_and_others_go_on():
    values = proteins(missing=0)
    values.loc["s20"] = np.nan
    fitted = MedianShift().fit(values)
    normalised = fitted.transform(values)
    assert normalised.isna().all(axis=1).sum() == 1
    assert np.isnan(fitted.shifts(values)).sum() == 1


@pytest.mark.parametrize("method", ["median", "none", "spike"])
def test_frozen_and_back(method):
    values = proteins()
    fitted = of(method, values).fit(values.iloc[:15])
    frozen = json.loads(json.dumps(fitted.frozen()))
    assert frozen["method"] == method
    other = values.iloc[15:].drop(columns=["P000", "P149"]).assign(new=20.0)
    back = from_frozen(frozen, other.columns).transform(other)
    direct = fitted.transform(values.iloc[15:])[other.columns[:-1]]
    if method == "median":  # a shift hangs on which features there are
        assert np.abs(back[direct.columns] - direct).max(axis=None) < 0.1
        same = from_frozen(frozen, values.columns).transform(values.iloc[15:])
        pd.testing.assert_frame_equal(same, fitted.transform(values.iloc[15:]), rtol=0, atol=0)
    else:
        pd.testing.assert_frame_equal(back[direct.columns], direct, rtol=0, atol=0)


def test_what_a_method_needs_is_said():
    values = proteins()
    with pytest.raises(UserError, match="needs spike_proteins"):
        normaliser("spike")
    with pytest.raises(UserError, match="needs reference samples"):
        normaliser("reference")
    with pytest.raises(UserError, match="'P1400' in the table .did you mean 'P140'"):
        normaliser("spike", spike=["P1400"]).fit(values)
    with pytest.raises(UserError, match="no training sample has a value of the spiked features"):
        normaliser("spike", spike=["P010"]).fit(values.assign(P010=np.nan))
    with pytest.raises(UserError, match="no batch has a reference sample"):
        of("reference", values).fit(values.iloc[3:])
    with pytest.raises(ValueError, match="median, none, reference, spike"):
        normaliser("quantile")


@pytest.mark.parametrize("method", METHODS)
def test_is_cloned_as_scikit_learn_does(method):
    values = proteins()
    one, other = of(method, values), clone(of(method, values))
    pd.testing.assert_frame_equal(
        one.fit(values).transform(values), other.fit_transform(values), rtol=0, atol=0
    )


def test_csf_of_a_site_one_sample_at_a_time(shared):
    table = pd.read_excel(shared("proteomics/alzheimer_csf/Alzheimer.xlsx"))
    values = np.log2(table[[c for c in table if not c.startswith("_")]].astype(float))
    sites = table["_collection site"]
    assert sites.nunique() == 4
    for site in sites.dropna().unique():
        fitted = normaliser("median").fit(values[sites != site])
        held = values[sites == site]
        together = fitted.transform(held)
        alone = pd.concat([fitted.transform(held.loc[[i]]) for i in held.index])
        pd.testing.assert_frame_equal(alone, together, rtol=0, atol=1e-9)
        assert (together.isna() == held.isna()).all(axis=None)


def test_medians_are_numpys():
    values = np.random.default_rng(0).normal(size=(7, 30, 9))
    values[np.random.default_rng(1).random(values.shape) < 0.4] = np.nan
    values[..., 0] = 1.0
    assert np.array_equal(medians(values), np.nanmedian(values, axis=-1))
    assert np.isnan(medians(np.full((2, 3), np.nan))).all()
