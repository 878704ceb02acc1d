"""One repeat of the nested cross-validation."""

import numpy as np
import pandas as pd
import pytest

from evigil.classifier.repeat import CrossValidation, cross_validate, load, save
from evigil.classifier.scores import assemble
from evigil.errors import UserError
from evigil.stats.roc import within_fold_auc
from evigil.tables import read_table, write_table


def test_tables_have_the_documented_columns(cohort, cross_validations):
    folds, predictions, thresholds, visits = cross_validations[0]
    assert list(folds) == ["scheme", "repeat", "fold", "sample", "patient", "part"]
    assert list(predictions) == [
        *("scheme", "model", "repeat", "fold", "sample", "patient", "label"),
        *("score", "probability", "threshold"),
    ]
    assert len(predictions) == 40 and predictions["sample"].is_unique
    assert len(folds) == 5 * 40
    assert len(thresholds) == 5 * 2 * 2
    assert len(visits) == 80 and set(visits["patient"]) == set(predictions["patient"])


def test_a_repeat_read_back_is_the_same_to_the_last_digit(cross_validations, tmp_path):
    save(cross_validations[0], tmp_path / "1.json")
    for one, other in zip(cross_validations[0], load(tmp_path / "1.json"), strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True, check_dtype=False)


def test_a_patient_is_never_on_both_sides(repeat_of, cohort_of):
    folds, predictions, _, _ = repeat_of(cohort_of(8, 9, draws=3))
    sides = folds.groupby(["fold", "patient"])["part"].nunique()
    assert (sides == 1).all()
    tested = folds[folds["part"] == "test"]
    assert (tested.groupby("patient")["fold"].nunique() == 1).all()
    assert (tested.groupby("sample").size() == 1).all()
    keys = ["fold", "sample"]
    assert (
        tested[keys].sort_values(keys).to_numpy().tolist() == predictions[keys].to_numpy().tolist()
    )


def test_order_of_rows_and_columns_changes_nothing(cohort, cross_validations):
    shuffled = cohort._replace(
        counts=cohort.counts.sample(frac=1, random_state=1),
        training=cohort.training.sample(frac=1, random_state=2),
    )
    again = cross_validate(
        shuffled.counts, shuffled.training, shuffled.usable, 1, 1, [0.95, 0.9], 0.95
    )
    for one, other in zip(cross_validations[0], again, strict=True):
        pd.testing.assert_frame_equal(one, other, check_exact=True)


def test_nothing_of_the_test_part_reaches_the_fold_model(cohort, cross_validations):
    folds, predictions, thresholds, visits = cross_validations[0]
    test = folds.loc[(folds["fold"] == 2) & (folds["part"] == "test"), "sample"]
    seen, unseen = test.iloc[:1], test.iloc[1:]
    wild = cohort.counts.copy()
    rng = np.random.default_rng(0)
    wild.loc[unseen] = rng.integers(0, 10**6, (len(unseen), wild.shape[1]))
    again = cross_validate(wild, cohort.training, cohort.usable, 1, 1, [0.9, 0.95], 0.95)
    # thresholds are the fitted model's own; the untouched sample of the fold is scored by it
    own = thresholds["fold"] == 2
    pd.testing.assert_frame_equal(again.thresholds[own], thresholds[own], check_exact=True)
    scores = predictions.set_index("sample")["score"]
    rescored = again.predictions.set_index("sample")["score"]
    assert rescored[seen].tolist() == scores[seen].tolist()
    assert (rescored[unseen] != scores[unseen]).all()
    visited = visits["fold"] == 2
    pd.testing.assert_frame_equal(again.visits[visited], visits[visited], check_exact=True)


def test_finds_what_was_planted(cross_validations):
    predictions = cross_validations[0].predictions
    area = within_fold_auc(predictions["label"], predictions["score"], predictions["fold"])
    assert 0.75 < area < 1


def test_unusable_samples_take_no_part(cohort):
    cv = cross_validate(
        cohort.counts, cohort.training, cohort.usable.drop(["P000_0", "P001_1"]), 1, 1, [0.9], 0.9
    )
    assert "P000_0" not in set(cv.folds["sample"])
    # its patient trains no model, so that no fold model is theirs
    assert "P000" not in set(cv.visits["patient"])
    assert "P001_1" not in set(cv.visits["sample"]) and "P001_2" in set(cv.visits["sample"])


def test_too_few_patients_is_one_line(repeat_of, cohort_of):
    with pytest.raises(UserError, match="5 usable case patients .* need at least 7") as error:
        repeat_of(cohort_of(5, 20))
    assert "\n" not in str(error.value)


def test_a_fold_without_features_is_named(repeat_of, cohort_of):
    cohort = cohort_of(8, 8, n_features=3)
    sparse = cohort.counts * np.eye(3, dtype=int)[np.arange(16) % 3]
    with pytest.raises(UserError, match="repeat 1, fold 1: no feature is positive"):
        repeat_of(cohort._replace(counts=sparse))


@pytest.mark.parametrize("visits", [0, 1])
def test_tables_survive_their_files(cohort_of, repeat_of, model_of, tmp_path, visits):
    cohort = cohort_of(8, 9, visits=visits)
    cv = repeat_of(cohort)
    for name, table in cv._asdict().items():
        write_table(table, tmp_path / f"{name}.tsv")
    back = CrossValidation(*(read_table(tmp_path / f"{name}.tsv") for name in cv._fields))
    model = model_of(cohort)
    one, other = (
        assemble(model, cohort.counts, cohort.samples, cohort.quality, [each, each])
        for each in (cv, back)
    )
    pd.testing.assert_frame_equal(one, other, rtol=1e-12)
