"""Normalised values depend on the sample and the frozen reference, on nothing else."""

import numpy as np
import pandas as pd
import pytest
import skops.io
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.base import clone

from evigil.errors import UserError
from evigil.matrix.normalise import TMM, LogCPM, MedianOfRatios


def cohort(n_samples=40, n_features=120, mean=6.0, seed=0):
    generator = np.random.default_rng(seed)
    depth = generator.lognormal(0, 0.5, (n_samples, 1))
    level = generator.lognormal(0, 1.2, (1, n_features))
    counts = generator.poisson(mean * depth * level)
    return pd.DataFrame(
        counts,
        index=[f"s{i:02}" for i in range(n_samples)],
        columns=[f"f{i:03}" for i in range(n_features)],
    )


NORMALISERS = [
    pytest.param(LogCPM(), id="cpm"),
    pytest.param(MedianOfRatios("ratio"), id="ratio"),
    pytest.param(MedianOfRatios("poscounts"), id="poscounts"),
    pytest.param(TMM(), id="tmm"),
]


@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_a_sample_alone_equals_the_sample_in_any_company(normaliser):
    counts = cohort()
    training, new = counts.iloc[:30], counts.iloc[30:]
    fitted = clone(normaliser).fit(training)
    together = fitted.transform(new)
    outlier = pd.DataFrame(10**7, index=["outlier"], columns=counts.columns)
    permuted = new.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(fitted.transform(permuted).loc[new.index], together)
    beside = fitted.transform(pd.concat([outlier, new])).loc[new.index]
    assert np.allclose(beside, together, rtol=0, atol=1e-9)
    for sample in new.index:
        alone = fitted.transform(new.loc[[sample]])
        assert np.allclose(alone.loc[sample], together.loc[sample], rtol=0, atol=1e-9)


@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_the_training_cohort_is_no_exception(normaliser):
    counts = cohort()
    first = clone(normaliser).fit_transform(counts)
    pd.testing.assert_frame_equal(clone(normaliser).fit(counts).transform(counts), first)
    values = clone(normaliser).fit_transform(counts.to_numpy())
    assert isinstance(values, np.ndarray) and np.array_equal(values, first)


@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_order_of_training_samples_does_not_matter(normaliser):
    counts = cohort()
    shuffled = clone(normaliser).fit(counts.sample(frac=1, random_state=2))
    assert np.allclose(
        shuffled.transform(counts), clone(normaliser).fit(counts).transform(counts), atol=1e-9
    )


def test_log_cpm_by_hand():
    values = LogCPM().fit_transform(np.array([[1, 0, 3], [10, 10, 0]]))
    assert np.allclose(values, np.log2([[250_001, 1, 750_001], [500_001, 500_001, 1]]))


def test_ratio_by_hand():
    counts = np.array([[2, 8, 5], [8, 32, 0], [4, 16, 1]])  # the third feature is not common
    fitted = MedianOfRatios("ratio").fit(counts)
    assert np.exp(fitted.log_reference_) == pytest.approx([4, 16, 0])
    assert fitted.size_factors(counts) == pytest.approx([0.5, 2, 1])
    # totals per size factor: 30, 20, 21; the median sample has a million
    assert fitted.scale_ == pytest.approx(1e6 / 21)
    assert fitted.transform(counts)[0, 0] == pytest.approx(np.log2(4 * 1e6 / 21 + 1))


def test_poscounts_by_hand():
    counts = np.array([[4, 0, 0], [16, 9, 0]])
    fitted = MedianOfRatios("poscounts").fit(counts)
    # sqrt(4 * 16) = 8; a zero counts as 1: sqrt(9) = 3; never seen: no part of the reference
    assert np.exp(fitted.log_reference_) == pytest.approx([8, 3, 0])
    # medians .5 and exp(mean(ln 2, ln 3)) = sqrt(6), then divided by their geometric mean
    raw = np.array([0.5, np.sqrt(6)])
    factors = raw / np.sqrt(raw.prod())
    assert fitted.size_factors(counts) == pytest.approx(factors)
    assert fitted.scale_ == pytest.approx(1e6 / np.median([4, 25] / factors))


# TMM weighs by precision, which depth changes: by thousandths only
@pytest.mark.parametrize("normaliser", NORMALISERS[:3])
def test_depth_of_a_sample_is_taken_out(normaliser):
    counts = cohort(mean=50)
    fitted = clone(normaliser).fit(counts)
    assert np.allclose(fitted.transform(7 * counts), fitted.transform(counts), atol=1e-9)
    assert np.allclose(fitted.size_factors(7 * counts), 7 * fitted.size_factors(counts))


@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_prior_weighs_the_same_at_any_depth_of_the_cohort(normaliser):
    # poscounts' zeros count as 1 read, whatever the depth: exact only where there is none.
    counts = cohort(mean=50) + 1
    deeper = clone(normaliser).fit_transform(10 * counts)
    assert np.allclose(deeper, clone(normaliser).fit_transform(counts), atol=1e-9)


def test_methods_agree_on_the_scale():
    counts = cohort(mean=200) + 1
    cpm = LogCPM().fit_transform(counts).to_numpy()
    for method in ("ratio", "poscounts"):
        values = MedianOfRatios(method).fit_transform(counts).to_numpy()
        assert np.median(values - cpm) == pytest.approx(0, abs=0.02)


def test_a_feature_that_takes_over_a_sample_moves_cpm_only():
    counts = cohort(mean=200) + 1
    flooded = counts.copy()
    flooded.iloc[:, 0] += 100 * flooded.to_numpy().sum(axis=1)
    others = counts.columns[1:]
    ratio = MedianOfRatios("ratio").fit(counts)
    shift = (ratio.transform(flooded) - ratio.transform(counts))[others].abs().max().max()
    assert shift < 0.05
    cpm = LogCPM().fit(counts)
    assert (cpm.transform(flooded) - cpm.transform(counts))[others].median().median() < -6


@pytest.mark.parametrize(("common", "method"), [(49, "poscounts"), (50, "ratio")])
def test_auto_needs_enough_common_features(common, method):
    counts = np.ones((3, 60))
    counts[0, common:] = 0
    assert MedianOfRatios("auto").fit(counts).method_ == method


@settings(deadline=None, max_examples=60)
@given(
    counts=st.lists(st.integers(0, 10_000), min_size=12, max_size=12).filter(lambda c: sum(c[:4])),
    method=st.sampled_from(["ratio", "poscounts"]),
)
def test_any_sample_with_a_reference_feature_is_normalised(counts, method):
    training = cohort(n_features=12, mean=20)
    training.iloc[:, :4] += 1
    fitted = MedianOfRatios(method).fit(training)
    new = np.array([counts])
    values = fitted.transform(pd.DataFrame(new, columns=training.columns)).to_numpy()
    assert np.isfinite(values).all()
    assert (values[new == 0] == 0).all()  # log2 of the prior
    assert (values[new > 0] > 0).all()


@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_a_sample_without_counts_is_named(normaliser):
    counts = cohort()
    fitted = clone(normaliser).fit(counts)
    empty = counts.copy()
    empty.loc["s07"] = 0
    with pytest.raises(UserError, match=r"^sample 's07' cannot be normalised: .*0.*$"):
        fitted.transform(empty)
    empty.loc["s09"] = 0
    with pytest.raises(UserError, match=r"^sample 's07' \(and 1 more\) cannot be normalised"):
        fitted.size_factors(empty)
    with pytest.raises(UserError, match=r"^row 0 cannot be normalised"):
        clone(normaliser).fit(counts.to_numpy()).transform(np.zeros((1, 120)))


def test_a_sample_whose_reference_features_are_all_zero_is_named():
    counts = cohort(n_features=12)
    counts.iloc[:, 2:] = 0
    counts.iloc[0, 5] = 100
    counts.iloc[:, :2] += 1
    fitted = MedianOfRatios("ratio").fit(counts)
    new = pd.DataFrame([[0, 0] + [50] * 10], index=["odd"], columns=counts.columns)
    message = (
        "sample 'odd' cannot be normalised: its counts are 0 in all 2 features of the reference"
    )
    with pytest.raises(UserError, match=f"^{message}$"):
        fitted.transform(new)


def test_a_training_sample_without_counts_is_named():
    counts = cohort()
    counts.loc["s03"] = 0
    with pytest.raises(UserError, match=r"^sample 's03' cannot be normalised"):
        MedianOfRatios("auto").fit(counts)


def test_no_reference_at_all_is_one_line():
    disjoint = np.eye(4)
    with pytest.raises(UserError, match=r"^counts .* positive in all training samples$"):
        MedianOfRatios("ratio").fit(disjoint)
    with pytest.raises(UserError, match=r"^counts .* positive in any training sample$"):
        MedianOfRatios("auto").fit(np.zeros((2, 3)))


def test_impossible_input_is_refused():
    with pytest.raises(ValueError, match="must be auto, ratio or poscounts"):
        MedianOfRatios("tmm").fit(np.ones((2, 2)))
    with pytest.raises(ValueError, match="Negative values"):
        LogCPM().fit(np.array([[1, -1]]))
    with pytest.raises(ValueError, match="feature names"):
        LogCPM().fit(cohort()).transform(cohort().iloc[:, ::-1])


@pytest.mark.parametrize("normaliser", NORMALISERS)
def test_stored_and_read_back_it_gives_the_same(normaliser):
    counts = cohort().to_numpy()
    fitted = clone(normaliser).fit(counts)
    stored = skops.io.dumps(fitted)
    name = f"evigil.matrix.normalise.{type(fitted).__name__}"
    assert skops.io.get_untrusted_types(data=stored) == [name]
    loaded = skops.io.loads(stored, trusted=[name])
    assert loaded.get_params() == normaliser.get_params()
    assert np.array_equal(loaded.transform(counts), fitted.transform(counts))


@pytest.mark.parametrize("method", ["ratio", "poscounts"])
def test_a_weight_counts_as_repetition(method):
    counts = cohort(mean=50)
    if method == "ratio":
        counts = counts + 1
    times = np.arange(len(counts)) % 4
    weighted = MedianOfRatios(method).fit(counts, sample_weight=times / 3)
    repeated = MedianOfRatios(method).fit(counts.loc[counts.index.repeat(times)])
    assert np.allclose(weighted.log_reference_, repeated.log_reference_, rtol=0, atol=1e-12)
    assert weighted.log_center_ == pytest.approx(repeated.log_center_, abs=1e-12)
    assert weighted.scale_ == pytest.approx(repeated.scale_, rel=1e-12)


@pytest.mark.parametrize("method", ["ratio", "poscounts"])
def test_equal_weights_change_nothing(method):
    counts = cohort(mean=50) + 1
    plain = MedianOfRatios(method).fit(counts)
    for weight in (1.0, 1 / 3):
        equal = MedianOfRatios(method).fit(counts, sample_weight=np.full(len(counts), weight))
        assert np.allclose(equal.log_reference_, plain.log_reference_, rtol=0, atol=1e-12)
        assert equal.scale_ == pytest.approx(plain.scale_, rel=1e-12)


def test_tmm_leaves_out_what_one_sample_makes_much_of():
    counts = pd.DataFrame(np.tile(np.arange(100, 200), (3, 1)), index=list("abc"))
    counts.loc["b"] *= 2
    counts.loc["c", 0] = 10**6
    factors = TMM().fit(counts).size_factors(counts)
    assert np.allclose(factors / factors[0], [1, 2, 1])
    totals = counts.sum(axis=1)
    assert np.isclose(np.prod(factors / totals), 1)


def test_tmm_refuses_a_sample_without_counts():
    counts = cohort()
    fitted = TMM().fit(counts)
    counts.loc["s03"] = 0
    with pytest.raises(UserError, match="sample 's03' cannot be normalised: all its counts are 0"):
        fitted.transform(counts)
    with pytest.raises(UserError, match="'s03'"):
        TMM().fit(counts)


def test_tmm_in_a_sparse_cohort_refers_to_the_richest_sample():
    counts = np.zeros((10, 45))
    for i, depth in enumerate([1, 5, 9, 2, 3, 1, 1, 4, 6, 2]):
        counts[i, 4 * i : 4 * i + 4] = depth  # its own features
        counts[i, 40:] = depth * np.arange(1, 6)
    fitted = TMM().fit(counts)
    assert np.array_equal(fitted.reference_, counts[2])
    assert np.allclose(fitted.size_factors(counts), counts.sum(axis=1))


def test_tmm_of_a_sample_that_shares_no_feature_is_its_total():
    fitted = TMM().fit(cohort())
    counts = np.zeros((1, 120))
    counts[0, np.flatnonzero(fitted.reference_ == 0)[0]] = 50
    assert np.isclose(
        fitted.size_factors(pd.DataFrame(counts, columns=cohort().columns))[0],
        50 / np.exp(fitted.log_center_),
    )
