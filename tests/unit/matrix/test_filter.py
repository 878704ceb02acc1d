"""Detection is counted in training samples, each with its weight."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from evigil.errors import UserError
from evigil.matrix.filter import DetectionFilter

COUNTS = pd.DataFrame(
    [[5, 0, 1, 0], [1, 0, 0, 0], [2, 7, 0, 0], [9, 3, 0, 1]],
    index=["s1", "s2", "s3", "s4"],
    columns=["always", "half", "quarter", "last"],
)


def test_a_feature_at_the_limit_is_kept():
    fitted = DetectionFilter(0.5).fit(COUNTS)
    assert fitted.support_.tolist() == [True, True, False, False]
    assert fitted.detected_.tolist() == [1.0, 0.5, 0.25, 0.25]


def test_new_samples_lose_the_same_features():
    fitted = DetectionFilter(0.5).fit(COUNTS)
    new = pd.DataFrame([[0, 0, 8, 8]], index=["new"], columns=COUNTS.columns)
    assert fitted.transform(new).to_dict("index") == {"new": {"always": 0, "half": 0}}
    assert DetectionFilter(0.5).fit_transform(COUNTS.to_numpy()).tolist() == [
        [5, 0],
        [1, 0],
        [2, 7],
        [9, 3],
    ]


def test_a_patient_counts_once():
    # Three draws of one patient, one of another: each patient is half of the whole.
    fitted = DetectionFilter(0.5).fit(COUNTS, sample_weight=[1 / 3, 1 / 3, 1 / 3, 1])
    assert fitted.support_.tolist() == [True, True, False, True]


def test_weights_that_add_up_to_the_limit_but_for_rounding_meet_it():
    weights = [0.1, 0.2, 0.3]  # .3 of .6000000000000001
    fitted = DetectionFilter(0.5).fit(np.array([[0, 1], [0, 1], [1, 1]]), sample_weight=weights)
    assert fitted.detected_[0] < 0.5
    assert fitted.support_.tolist() == [True, True]


def test_nothing_left_is_one_line():
    message = "no feature is positive in at least 50% of the 4 training samples"
    with pytest.raises(UserError, match=f"^{message}$"):
        DetectionFilter(0.5).fit(COUNTS[["quarter", "last"]])


def test_other_features_than_in_training_are_refused():
    fitted = DetectionFilter(0.5).fit(COUNTS)
    with pytest.raises(ValueError, match="feature names"):
        fitted.transform(COUNTS.rename(columns={"half": "other"}))
    with pytest.raises(ValueError, match="3 features"):
        DetectionFilter(0.5).fit(COUNTS.to_numpy()).transform(np.ones((1, 3)))


def test_scikit_learn_can_copy_it():
    copy = clone(DetectionFilter(0.2).fit(COUNTS))
    assert copy.get_params() == {"share": 0.2}
    assert not hasattr(copy, "support_")
