"""How closely a covariate goes with the label, against published and counted values."""

import numpy as np
import pandas as pd
import pytest

from evigil.quality.association import (
    category,
    cramers_v,
    detectable_auc,
    detectable_v,
    number,
    permuted_labels,
    pool,
)


def of_table(cases: list[int], controls: list[int]):
    """Levels and labels with these counts."""
    levels = np.repeat([f"level{i}" for i in range(len(cases))] * 2, [*cases, *controls])
    labels = np.arange(sum(cases) + sum(controls)) < sum(cases)
    return pd.Series(levels), labels


def described(cases: list[int], controls: list[int]):
    values, labels = of_table(cases, controls)
    return category(pool(values), labels, permuted_labels(labels, 999, 1))


def test_the_bias_correction_is_bergsma_s():
    # chi-square 20 of 80 in a table of 2 by 2: phi² .25, less 1/79, over 1 - 1/79
    table = np.array([[30.0, 10.0], [10.0, 30.0]])
    assert cramers_v(table) == pytest.approx(np.sqrt((0.25 - 1 / 79) / (1 - 1 / 79)))
    assert cramers_v(np.array([[10.0, 10.0], [10.0, 10.0]])) == 0
    assert np.isnan(cramers_v(np.array([[10.0, 10.0]])))


def test_all_male_against_both_sexes():
    found = described([36, 0], [25, 25])  # 36 men with prostate cancer, 50 healthy people
    assert found.v == pytest.approx(0.535, abs=0.0005)
    assert found.overlap == 0.5
    assert found.p == 0.001


def test_runs_that_share_a_quarter_of_the_patients():
    # CancerSEEK-like: 1,005 cases, 812 controls, most of them in runs of their own
    found = described([220, 31, 400, 354, 0, 0], [44, 160, 0, 0, 300, 308])
    assert found.v == pytest.approx(0.93, abs=0.005)
    assert found.overlap == pytest.approx(0.25, abs=0.005)
    assert found.p == 0.001


def test_rare_levels_are_one_and_count_as_not_shared():
    values, labels = of_table([20, 4, 2, 1], [20, 0, 2, 3])
    pooled = pool(values)
    assert (pooled.n, pooled.n_rare) == (2, 3)
    assert list(np.bincount(pooled.codes)) == [40, 12]
    found = category(pooled, labels, permuted_labels(labels, 999, 1))
    assert found.overlap == pytest.approx(min(20 / 27, 20 / 25))
    assert found.levels == 2


def test_a_level_is_shared_from_two_of_each_class():
    assert described([10, 10, 1], [10, 10, 9]).overlap == pytest.approx(20 / 29)
    assert described([10, 10, 2], [10, 10, 9]).overlap == 1


def test_the_p_value_is_that_of_an_exact_test():
    from scipy.stats import hypergeom

    values, labels = of_table([14, 6], [7, 13])
    found = category(pool(values), labels, permuted_labels(labels, 20_000, 1))
    # two-sided by chi-square: as far from 10.5 as 14 is, either way
    exact = hypergeom(40, 21, 20)
    assert found.p == pytest.approx(exact.sf(13) + exact.cdf(7), abs=0.005)


def test_the_auc_is_folded_with_its_interval():
    rng = np.random.default_rng(2)
    labels = np.arange(80) < 40
    values = rng.normal(size=80) - labels
    permuted = permuted_labels(labels, 999, 1)
    down, up = number(values, labels, permuted), number(-values, labels, permuted)
    assert down.auc == pytest.approx(up.auc) and down.auc > 0.6
    assert (down.low, down.high) == pytest.approx((up.low, up.high))
    assert down.low < down.auc < down.high
    assert down.p == up.p == 0.001


def test_complete_separation_has_no_interval():
    labels = np.arange(20) < 10
    found = number(labels.astype(float), labels, permuted_labels(labels, 999, 1))
    assert found.auc == 1 and np.isnan(found.low) and np.isnan(found.high)


def test_what_does_not_vary_is_not_tested():
    labels = np.arange(20) < 10
    permuted = permuted_labels(labels, 999, 1)
    assert np.isnan(number(np.ones(20), labels, permuted).p)
    assert np.isnan(category(pool(pd.Series(["a"] * 20)), labels, permuted).p)


def test_permutations_keep_the_classes_and_follow_the_seed():
    labels = np.arange(30) < 12
    permuted = permuted_labels(labels, 500, 7)
    assert permuted.shape == (500, 30) and (permuted.sum(axis=1) == 12).all()
    assert (permuted == permuted_labels(labels, 500, 7)).all()
    assert (permuted != permuted_labels(labels, 500, 8)).any()


@pytest.mark.slow
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_what_is_called_detectable_is_found_in_80_per_cent(alpha):
    from scipy.stats import chi2_contingency, mannwhitneyu

    rng, n = np.random.default_rng(3), 75
    v = detectable_v(2 * n, 2, alpha)
    area = detectable_auc(n, n, alpha)
    shift = np.sqrt(2) * float(pd.Series(area).map(_quantile).iloc[0])
    by_chi2, by_rank = [], []
    for _ in range(2000):
        cases, controls = rng.binomial(n, (1 + v) / 2), rng.binomial(n, (1 - v) / 2)
        table = [[cases, n - cases], [controls, n - controls]]
        by_chi2.append(chi2_contingency(table, correction=False).pvalue < alpha)
        x, y = rng.normal(shift, size=n), rng.normal(size=n)
        by_rank.append(mannwhitneyu(x, y).pvalue < alpha)
    assert np.mean(by_chi2) == pytest.approx(0.8, abs=0.05)
    assert np.mean(by_rank) == pytest.approx(0.8, abs=0.05)


def _quantile(share: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(share))
