"""Patients are dealt, never samples."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evigil.classifier.folds import deal, first_draws, patient_weights, require_patients
from evigil.errors import UserError


def labels(n_cases: int, n_controls: int) -> pd.Series:
    names = [f"P{i:03d}" for i in range(n_cases + n_controls)]
    return pd.Series([1] * n_cases + [0] * n_controls, index=names)


@settings(max_examples=30, deadline=None)
@given(st.integers(7, 40), st.integers(7, 40), st.integers(0, 1000))
def test_each_class_and_the_whole_are_level(n_cases, n_controls, seed):
    patients = labels(n_cases, n_controls)
    fold = deal(patients, 5, [seed])
    for part in (fold[patients == 1], fold[patients == 0], fold):
        sizes = part.value_counts().reindex(range(5), fill_value=0)
        assert sizes.max() - sizes.min() <= 1


def test_order_of_rows_changes_nothing_and_the_seed_does():
    patients = labels(20, 20)
    shuffled = patients.sample(frac=1, random_state=0)
    assert deal(patients, 5, [1, 2]).equals(deal(shuffled, 5, [1, 2]))
    assert not deal(patients, 5, [1, 2]).equals(deal(patients, 5, [1, 3]))


def test_draws_of_a_patient_share_one_weight():
    assert patient_weights(np.array(["b", "a", "b", "b"])) == pytest.approx(
        [1 / 3, 1, 1 / 3, 1 / 3]
    )
    assert first_draws(np.array(["b", "a", "b", "a"])).tolist() == [True, True, False, False]


def test_seven_patients_of_each_class_are_enough_and_six_are_not():
    def training(n_cases):
        patients = labels(n_cases, 9)
        return pd.DataFrame({"patient": patients.index, "label": patients.to_numpy()})

    require_patients(training(7))
    line = (
        "classifier: 6 usable case patients to train on; 5 outer and 5 inner folds need at least 7"
    )
    with pytest.raises(UserError, match=line):
        require_patients(training(6))
