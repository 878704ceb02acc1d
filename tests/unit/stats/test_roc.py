"""ROC figures beside their definitions, pair by pair."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evigil.stats.bootstrap import patient_multiplicities
from evigil.stats.roc import (
    auc,
    delong,
    delong_paired,
    roc_curve,
    within_fold_auc,
    within_fold_auc_weighted,
)

SCORES = st.lists(st.tuples(st.booleans(), st.integers(-20, 20)), min_size=2, max_size=40).filter(
    lambda rows: len({case for case, _ in rows}) == 2
)


def wins(labels, scores):
    """Case by control: 1 where the case is higher, 1/2 at a tie."""
    case = np.asarray(labels, bool)
    score = np.asarray(scores, float)
    return np.array(
        [[(i > j) + (i == j) / 2 for j in score[~case]] for i in score[case]],
    )


def simulated(n=60, seed=0):
    generator = np.random.default_rng(seed)
    labels = np.arange(n) < n // 3
    common = generator.normal(size=n)
    a = np.round(common + generator.normal(size=n) + labels, 1)
    return labels, a, common + generator.normal(size=n) + 0.5 * labels


@settings(deadline=None)
@given(rows=SCORES)
def test_auc_counts_pairs(rows):
    labels, scores = zip(*rows, strict=True)
    assert auc(labels, scores) == pytest.approx(wins(labels, scores).mean(), abs=1e-12)


@settings(deadline=None)
@given(rows=SCORES, shift=st.integers(-50, 50), factor=st.integers(1, 9))
def test_only_the_order_of_scores_matters(rows, shift, factor):
    labels, scores = (np.array(part) for part in zip(*rows, strict=True))
    area = auc(labels, scores)
    assert auc(labels, shift + factor * scores) == area
    assert auc(labels, np.exp(scores / 10)) == area
    assert auc(labels, -scores) == pytest.approx(1 - area, abs=1e-12)
    assert auc(~labels, scores) == pytest.approx(1 - area, abs=1e-12)
    assert delong(labels, shift + factor * scores) == pytest.approx(
        delong(labels, scores), nan_ok=True
    )


def test_auc_takes_infinite_scores():
    assert auc([0, 1, 0, 1], [-np.inf, np.inf, 0, 0]) == 0.875


def test_auc_of_one_class_is_not_defined():
    assert np.isnan(auc([1, 1], [0.1, 0.2]))
    assert np.isnan(within_fold_auc([1, 0], [0.1, 0.2], [1, 2]))


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ([0, 1, 2], [1, 2, 3], "labels must be 0 or 1"),
        ([0, 1, np.nan], [1, 2, 3], "labels must be 0 or 1"),
        ([0, 1, 1], [1, 2, np.nan], "a score is missing"),
        ([0, 1], [1, 2, 3], "as long as each other"),
    ],
)
def test_impossible_input_is_refused(labels, scores, message):
    with pytest.raises(ValueError, match=message):
        auc(labels, scores)


def test_within_fold_auc_ignores_shifts_between_folds():
    labels = [1, 0, 0, 1, 0, 1]
    scores = [2.0, 1.0, 3.0, 102.0, 101.0, 101.0]
    folds = ["a", "a", "a", "b", "b", "b"]
    # fold a: one of two pairs; fold b: one and a half of two
    assert within_fold_auc(labels, scores, folds) == pytest.approx(2.5 / 4)


def test_within_one_fold_it_is_the_auc():
    labels, a, _ = simulated()
    assert within_fold_auc(labels, a, np.zeros(60)) == pytest.approx(auc(labels, a), abs=1e-12)


def test_weighted_auc_equals_repeated_rows():
    labels, a, _ = simulated()
    folds = np.arange(60) % 5
    patients = np.arange(60) // 2
    drawn = patient_multiplicities(patients, 20, seed=5)
    repeated = [np.repeat(np.arange(60), times) for times in drawn]
    expected = [within_fold_auc(labels[r], a[r], folds[r]) for r in repeated]
    assert within_fold_auc_weighted(labels, a, folds, drawn) == pytest.approx(expected, abs=1e-12)


def test_a_weighting_without_pairs_is_not_defined():
    weights = [[0, 1, 1], [1, 1, 0]]
    result = within_fold_auc_weighted([1, 0, 0], [3, 1, 2], [0, 0, 0], weights)
    assert np.isnan(result[0]) and result[1] == 1


def test_roc_curve_calls_positive_what_is_above():
    labels, a, _ = simulated()
    false_positive, true_positive, thresholds = roc_curve(labels, a)
    assert np.allclose(true_positive, [(a[labels] > t).mean() for t in thresholds])
    assert np.allclose(false_positive, [(a[~labels] > t).mean() for t in thresholds])
    assert (true_positive[0], true_positive[-1]) == (0, 1)
    assert len(thresholds) == len(np.unique(a)) + 1
    assert np.trapezoid(true_positive, false_positive) == pytest.approx(auc(labels, a), abs=1e-12)


def test_roc_curve_needs_both_classes():
    with pytest.raises(ValueError, match="needs cases and controls"):
        roc_curve([0, 0], [1, 2])


def test_delong_equals_its_definition():
    labels, a, b = simulated()
    pairs_a, pairs_b = wins(labels, a), wins(labels, b)

    def variance(pairs):
        return sum(pairs.mean(axis=i).var(ddof=1) / pairs.shape[1 - i] for i in (0, 1))

    area, low, high = delong(labels, a)
    reach = 1.959964 * np.sqrt(variance(pairs_a))
    assert (area, low, high) == pytest.approx(
        (pairs_a.mean(), pairs_a.mean() - reach, pairs_a.mean() + reach), abs=1e-6
    )
    difference, p = delong_paired(labels, a, b)
    z = (pairs_a.mean() - pairs_b.mean()) / np.sqrt(variance(pairs_a - pairs_b))
    assert difference == pytest.approx(pairs_a.mean() - pairs_b.mean(), abs=1e-12)
    from scipy.stats import norm

    assert p == pytest.approx(2 * norm.sf(abs(z)), rel=1e-9)
    assert delong_paired(labels, b, a) == pytest.approx((-difference, p), rel=1e-12)


def test_delong_interval_stays_between_0_and_1():
    _, low, high = delong([0, 0, 0, 1, 1, 1], [1, 2, 4, 3, 5, 6])
    assert 0 < low < 1 and high == 1


def test_delong_without_variance():
    labels = [0, 0, 1, 1]
    assert delong(labels, [1, 2, 3, 4]) == (1, 1, 1)
    assert delong_paired(labels, [1, 2, 3, 4], [10, 20, 30, 40]) == (0, 1)
    difference, p = delong_paired(labels, [1, 2, 3, 4], [5, 5, 5, 5])
    assert difference == 0.5 and np.isnan(p)


def test_delong_of_a_single_case_has_no_interval():
    area, low, high = delong([0, 0, 1], [1, 2, 3])
    assert area == 1 and np.isnan([low, high]).all()
    assert np.isnan(delong_paired([0, 0, 1], [1, 2, 3], [3, 2, 1])[1])


@pytest.mark.slow
def test_delong_interval_covers_the_true_area():
    # Two normals one SD apart: the area is Phi(1 / sqrt(2)) = .760250.
    generator = np.random.default_rng(20260101)
    labels = np.arange(200) < 100
    covered = 0
    for _ in range(2000):
        _, low, high = delong(labels, generator.normal(size=200) + labels)
        covered += low <= 0.760250 <= high
    assert 0.935 <= covered / 2000 <= 0.965  # .95 -+ 3 binomial SE
