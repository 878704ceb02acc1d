"""The model of one training part."""

import numpy as np
import pytest

from evigil.classifier.grid import GRID, fit_candidates
from evigil.classifier.model import Preparation, fit_model
from evigil.errors import UserError


@pytest.fixture(scope="module")
def fitted(cohort):
    rows = cohort.training.dropna().reset_index(drop=True)
    return fit_model(cohort.counts, rows, [1])


def test_every_draw_of_a_patient_weighs_its_share(cohort_of):
    # the same draw four times is the patient once
    cohort = cohort_of(10, 10)
    rows = cohort.training
    fourfold = rows.loc[rows.index.repeat(4)].reset_index(drop=True)
    one, four = fit_model(cohort.counts, rows, [1]), fit_model(cohort.counts, fourfold, [1])
    assert four.candidate == one.candidate
    assert four.pipeline.classify_.coef_ == pytest.approx(one.pipeline.classify_.coef_, abs=1e-5)
    assert four.pipeline.calibrate_.slope_ == pytest.approx(
        one.pipeline.calibrate_.slope_, rel=1e-5
    )
    assert four.control_scores == pytest.approx(one.control_scores, abs=1e-5)


def test_the_candidate_has_the_smallest_inner_log_loss(fitted):
    assert fitted.candidate == GRID[int(np.argmin(fitted.inner_log_loss))]


def test_stored_as_the_scikit_learn_model_that_it_is(cohort, fitted):
    rows = cohort.training.dropna()
    values = cohort.counts.loc[rows["sample"]].to_numpy(float)
    prepared = Preparation()
    standardised = prepared.fit_transform(values, np.ones(len(values)), rows["sample"].to_numpy())
    assert standardised.mean(axis=0) == pytest.approx(0, abs=1e-9)
    assert standardised.std(axis=0) == pytest.approx(1)
    direct = fit_candidates(
        standardised, rows["label"].to_numpy(), np.ones(len(rows)), (fitted.candidate,)
    ).decision(standardised)[:, 0]
    classify = fitted.pipeline.classify_
    assert classify.decision_function(standardised) == pytest.approx(direct, abs=1e-12)
    assert (classify.C, classify.l1_ratio) == fitted.candidate


def test_a_filter_that_leaves_nothing_is_said(cohort_of):
    cohort = cohort_of(8, 8)
    counts = cohort.counts * 0
    counts.iloc[::4, 0] = 5
    with pytest.raises(UserError, match="no feature is positive in at least 50%"):
        fit_model(counts, cohort.training, [1])


def test_a_sample_that_cannot_be_normalised_is_named(cohort_of):
    cohort = cohort_of(8, 8)
    counts = cohort.counts.assign(rare=0)
    # all its reads are of a feature that the filter drops
    counts.loc["P003_0"] = 0
    counts.loc["P003_0", "rare"] = 1000
    with pytest.raises(UserError, match="sample P003_0 has no count in the features"):
        fit_model(counts, cohort.training, [1])


def test_a_patient_drawn_twice_weighs_once_in_every_step():
    generator = np.random.default_rng(3)
    counts = generator.poisson(80, (12, 60)).astype(float) + 1
    names = np.array([f"s{i}" for i in range(12)])
    once, twice = Preparation(), Preparation()
    once.fit_transform(counts, np.ones(12), names)
    again = np.r_[np.arange(12), [0, 0, 5]]
    weights = 1.0 / np.bincount(again)[again]
    twice.fit_transform(counts[again], weights, names[again])
    assert np.allclose(
        twice.transform(counts, names), once.transform(counts, names), rtol=0, atol=1e-9
    )
