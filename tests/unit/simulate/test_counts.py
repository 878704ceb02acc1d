"""Counts: negative binomial as the truth says, with the planted effects and no others."""

import numpy as np
import pandas as pd
import pytest

from evigil.simulate.cohort import make_cohort
from evigil.simulate.counts import draw_counts, simulate_features, tumour_effect
from evigil.simulate.design import Design
from evigil.smallrna.blood import blood_metrics

LARGE = Design(
    cases=400, controls=400, followed=0, recurring=0, reference=0, low_fail=0, low_warn=0
)


@pytest.fixture(scope="module")
def large():
    return make_cohort(LARGE, 7)


def test_mean_and_dispersion_are_those_of_the_truth():
    n = 4000
    features = simulate_features(Design(), np.random.default_rng(5)).assign(person_sd=0.0)
    draws = pd.DataFrame({"sample": [f"s{i:04d}" for i in range(n)], "burden": 0.0, "batch": "b1"})
    batches = pd.DataFrame({"b1": np.zeros(800)}, index=pd.Index(features["feature"]))
    size = np.full(n, 1e6)
    rng = np.random.default_rng(6)
    counts = draw_counts(draws.assign(patient=draws["sample"]), size, features, batches, rng)
    mean = counts.mean().to_numpy()
    expected = features["cpm"].to_numpy()
    dispersion = features["dispersion"].to_numpy()
    error = np.sqrt((expected + dispersion * expected**2) / n)
    # 800 standard normal deviations: the largest stays below 4.5 but once in 200 seeds.
    assert np.abs((mean - expected) / error).max() < 4.5
    common = expected > 50
    found = (counts.var().to_numpy() - mean)[common] / mean[common] ** 2
    ratio = found / dispersion[common]
    assert abs(np.median(ratio) - 1) < 0.02
    assert np.abs(np.log(ratio)).max() < 0.35


def test_planted_features_differ_by_their_fold_change_and_others_do_not(large):
    truth = large.truth["samples"].set_index("sample")
    features = large.truth["features"].set_index("feature")
    common = features.index[features["cpm"] > 20]
    cpm = large.counts.div(large.counts.sum(axis=1), axis=0) * 1e6
    log2 = np.log2(cpm[common] + 1)
    case = truth["group"] == "case"
    difference = log2[case].mean() - log2[~case].mean()
    error = np.sqrt(log2[case].var() / case.sum() + log2[~case].var() / (~case).sum())
    change = features.loc[common, "log2_fold_change"].to_numpy()
    burden = truth.loc[case, "tumour_burden"].to_numpy()
    expected = tumour_effect(burden, change).mean(axis=0) / np.log(2)
    # What a tumour sheds dilutes the rest by the same small factor in every feature.
    dilution = np.median((difference - expected)[change == 0])
    assert abs(dilution) < 0.1
    z = (difference - expected - dilution) / error
    assert z.abs().max() < 4.5
    assert 0.85 < z.std() < 1.15
    # Power at 400 + 400: the smallest planted effect (.15) is about 3.5 standard errors.
    planted = ((difference - dilution) / error)[change != 0] * np.sign(change[change != 0])
    assert planted.min() > 0
    assert (planted > 3).sum() >= 36
    assert features["affected"].sum() == 40 == (change != 0).sum()


def test_visits_of_one_person_are_alike():
    design = Design(cases=1, controls=0, followed=0, recurring=0, reference=60, low_fail=0,
                    low_warn=0, affected=0)  # fmt: skip
    cohort = make_cohort(design, 9)
    features = cohort.truth["features"].set_index("feature")
    reference = cohort.truth["samples"].set_index("sample").query("group == 'reference'")
    log = np.log(cohort.counts.loc[reference.index] + 1)
    log = log.sub(log.mean(axis=1), axis=0)
    within = log.groupby(reference["patient"]).var().mean()
    between = log.groupby(reference["patient"]).mean().var() - within / 4
    common = features["cpm"] > 500
    personal = features["person_sd"] > 0
    assert between[common & personal].mean() == pytest.approx(0.35**2, rel=0.1)
    assert abs(between[common & ~personal].mean()) < 0.01


def test_batches_shift_features_as_the_truth_says(large):
    truth = large.truth["samples"].set_index("sample")
    factor = large.truth["batches"].pivot(index="feature", columns="batch", values="log2_factor")
    features = large.truth["features"].set_index("feature")
    common = features.index[(features["cpm"] > 50) & (features["affected"] == 0)]
    log2 = np.log2(large.counts[common].div(large.counts.sum(axis=1), axis=0) * 1e6 + 1)
    means = log2.groupby(truth["batch"]).mean().T
    found = (means["b1"] - means["b2"]).to_numpy()
    planted = (factor["b1"] - factor["b2"])[common].to_numpy()
    assert np.corrcoef(found, planted)[0, 1] > 0.9
    assert np.polyfit(planted, found, 1)[0] == pytest.approx(1, abs=0.1)


def test_tumour_effect_is_the_fold_change_at_burden_one_and_nothing_without_tumour():
    change = np.array([0.5, -0.3, 0.0])
    effect = tumour_effect(np.array([0.0, 1.0, 3.0]), change) / np.log(2)
    np.testing.assert_allclose(effect[0], 0)
    np.testing.assert_allclose(effect[1], change)
    np.testing.assert_allclose(effect[2, 0], np.log2(1 + 3 * (2**0.5 - 1)))
    assert (np.diff(np.abs(effect), axis=0)[:, :2] > 0).all()


def test_blood_cells_are_as_in_plasma(large):
    """The index of haemolysis has the median of GSE71008, .28, and nobody is above its limit."""
    index = blood_metrics(large.counts)["haemolysis_index"]
    assert index.median() == pytest.approx(0.28, abs=0.3)
    assert (index < 1.9).all()
