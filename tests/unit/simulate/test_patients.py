"""Kinetics of the tumour burden."""

import numpy as np
import pandas as pd
import pytest

from evigil.simulate.cohort import make_cohort
from evigil.simulate.design import Design
from evigil.simulate.patients import ONSET_BURDEN, tumour_burden


def course(day, recurs=True):
    rows = pd.DataFrame({"day": np.asarray(day, float)})
    return rows.assign(
        surgery=20.0,
        onset=200.0 if recurs else np.nan,
        recurrence=500.0 if recurs else np.nan,
        burden=0.8,
        detected_burden=4.0 if recurs else np.nan,
    )


def test_burden_is_removed_by_surgery_and_grows_exponentially_from_its_onset():
    burden = tumour_burden(course([0, 20, 21, 199, 200, 350, 500, 5000]))
    middle = np.sqrt(ONSET_BURDEN * 4)
    assert burden == pytest.approx([0.8, 0.8, 0, 0, ONSET_BURDEN, middle, 4, 8])


def test_logarithm_of_the_burden_is_linear_until_detection():
    slope = np.diff(np.log(tumour_burden(course(np.arange(200, 501, 10)))))
    assert slope == pytest.approx(np.full(30, np.log(4 / ONSET_BURDEN) / 30))


def test_without_recurrence_nothing_grows_back():
    assert tumour_burden(course([0, 21, 400, 4000], recurs=False)).tolist() == [0.8, 0, 0, 0]


def test_burden_of_a_cohort_is_monotone_after_surgery_and_only_in_recurrences():
    design = Design(cases=60, followed=60, recurring=30, features=20, affected=0)
    truth = make_cohort(design, 4).truth
    visits = truth["samples"].merge(truth["patients"], on=["patient", "group"])
    after = visits[(visits["group"] != "control") & (visits["day"] > visits["surgery_day"])]
    after = after.sort_values(["patient", "day"])
    steps = after.groupby("patient")["tumour_burden"].diff().dropna()
    assert (steps >= 0).all() and (steps > 0).any()
    assert after.loc[after["recurs"] == 0, "tumour_burden"].eq(0).all()
    assert after.loc[after["day"] < after["onset_day"], "tumour_burden"].eq(0).all()
    assert (after.loc[after["day"] >= after["onset_day"], "tumour_burden"] > 0).all()
    assert visits.loc[visits["group"] == "control", "tumour_burden"].eq(0).all()
