"""No patient is judged by a reference that the patient is part of."""

import numpy as np
import pandas as pd
import pytest

from evigil.monitoring.admission import admission
from evigil.monitoring.baseline import baselines
from evigil.monitoring.crossfit import FOLDS, assign_folds, judge_cross_fitted
from evigil.monitoring.draws import draws_from_series, prepare
from evigil.monitoring.options import Options
from evigil.monitoring.reference import fit_reference

OPTIONS = Options()


@pytest.fixture
def prepared(cohort) -> tuple[pd.DataFrame, pd.Series]:
    table = prepare(draws_from_series(cohort[0]), cohort[1], OPTIONS)
    return table.join(baselines(table)), admission(table, OPTIONS)


def cross_fit(table: pd.DataFrame, admitted: pd.Series) -> pd.DataFrame:
    references = {"psa": fit_reference(table, admitted)}
    return judge_cross_fitted(table, admitted, references, OPTIONS, seed=7)


def test_folds_hold_whole_patients_of_both_kinds_evenly(prepared):
    table, admitted = prepared
    fold = assign_folds(table, admitted, 7)
    assert (fold.groupby(table["patient"]).nunique() == 1).all()
    reference = fold[admitted == ""].groupby(table["patient"]).first().value_counts()
    assert reference.tolist() == [60 // FOLDS] * FOLDS
    shuffled = table.sample(frac=1, random_state=0)
    assert assign_folds(shuffled, admitted[shuffled.index], 7).sort_index().equals(fold)


def test_limits_come_from_the_other_folds(prepared):
    table, admitted = prepared
    fold, judged = assign_folds(table, admitted, 7), cross_fit(table, admitted)
    assert judged["single_threshold"].nunique() == FOLDS
    for k in range(FOLDS):
        own = fit_reference(table[fold != k], admitted[fold != k])
        assert own.n_patients == 54
        first = judged[(fold == k) & (table["before"] == 0)]
        assert first["expected"].unique().tolist() == [own.parameters.mu]


def test_a_patients_own_values_do_not_move_the_limits_for_that_patient(prepared):
    table, admitted = prepared
    wild = table.assign(y=table["y"] + 20.0 * (table["patient"] == "r05"))
    own = table["patient"] == "r05"
    before, after = cross_fit(table, admitted), cross_fit(wild, admitted)
    same = ["single_threshold"]
    assert before.loc[own, same].equals(after.loc[own, same])
    others = assign_folds(table, admitted, 7) != assign_folds(table, admitted, 7)[own].iloc[0]
    assert (before.loc[others, same] < after.loc[others, same]).all(axis=None)
    assert np.isfinite(after["z"]).all()
