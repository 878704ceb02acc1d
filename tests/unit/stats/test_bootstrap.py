"""Patients are resampled, never their rows."""

import numpy as np
import pytest

from evigil.stats.bootstrap import patient_multiplicities, percentile_interval

PATIENTS = np.array(["p3", "p1", "p1", "p2", "p3", "p3"])


def test_rows_of_a_patient_stay_together():
    drawn = patient_multiplicities(PATIENTS, 500, seed=1)
    assert (drawn[:, 1] == drawn[:, 2]).all()
    assert (drawn[:, 0] == drawn[:, 4]).all() and (drawn[:, 0] == drawn[:, 5]).all()
    assert (drawn[:, [0, 1, 3]].sum(axis=1) == 3).all()  # as many patients as there are
    assert len(np.unique(drawn, axis=0)) == 10  # all the ways to draw 3 of 3


def test_same_seed_same_resamples_whatever_the_row_order():
    order = np.array([5, 0, 3, 2, 4, 1])
    drawn = patient_multiplicities(PATIENTS, 50, seed=7)
    assert np.array_equal(patient_multiplicities(PATIENTS[order], 50, seed=7), drawn[:, order])
    assert not np.array_equal(patient_multiplicities(PATIENTS, 50, seed=8), drawn)


def test_a_stratum_keeps_its_size():
    patients = np.arange(20)
    case = patients < 2  # plain resampling would lose both cases once in eight times
    drawn = patient_multiplicities(patients, 300, seed=3, strata=case)
    assert (drawn[:, case].sum(axis=1) == 2).all()
    assert (drawn[:, ~case].sum(axis=1) == 18).all()


def test_a_patient_in_two_strata_is_refused():
    with pytest.raises(ValueError, match="two strata"):
        patient_multiplicities(PATIENTS, 2, seed=1, strata=[0, 1, 0, 0, 0, 0])


def test_percentile_interval():
    assert percentile_interval(np.arange(101.0), level=0.9) == pytest.approx((5.0, 95.0))
    assert percentile_interval([np.nan, 1.0, 3.0], level=1.0) == (1.0, 3.0)
    assert np.isnan(percentile_interval([np.nan])).all()
