import numpy as np
import pandas as pd
import pytest
from scipy import stats

from evigil.differential.detection import detection_table

CASE = np.arange(40) % 2.0
DESIGN = pd.DataFrame({"intercept": 1.0, "case": CASE})
ADJUSTED = DESIGN.assign(age=np.random.default_rng(1).normal(60, 9, 40))


@pytest.fixture
def detected():
    found = np.random.default_rng(2).random((40, 12)) < 0.4
    found[:, 0], found[:, 1], found[:, 2] = True, False, CASE == 1
    return pd.DataFrame(found, columns=[f"f{i:02d}" for i in range(12)])


def test_two_groups_are_fishers_test(detected):
    table = detection_table(detected, DESIGN, ["case"])
    assert (table["test"] == "fisher").all()
    for name in detected.columns[2:]:
        expected = stats.fisher_exact(pd.crosstab(detected[name], CASE)).pvalue
        assert table.loc[name, "p_value"] == pytest.approx(expected, rel=1e-9)


def test_what_is_in_all_or_none_is_not_tested(detected):
    for design in (DESIGN, ADJUSTED):
        table = detection_table(detected, design, ["case"])
        assert table["p_value"].isna().tolist() == [True, True] + [False] * 10
        assert table["n_detected"].tolist()[:3] == [40, 0, 20]


def test_one_group_only_is_finite_and_significant(detected):
    table = detection_table(detected, ADJUSTED, ["case"])
    assert (table["test"] == "firth").all()
    assert np.isfinite(table.loc["f02", "log_odds_ratio"]) and table.loc["f02", "p_value"] < 1e-8
    assert table.loc["f02", "q_value"] < 1e-7


def test_draws_of_a_patient_are_not_counted_as_patients():
    rng = np.random.default_rng(3)
    patient = np.repeat(np.arange(40), 5)
    design = pd.DataFrame({"intercept": 1.0, "case": CASE[patient]})
    found = pd.DataFrame((rng.random((40, 400)) < 0.5)[patient])
    naive = detection_table(found, design, ["case"])["p_value"]
    table = detection_table(found, design, ["case"], pd.Series(patient))
    assert (table["test"] == "clustered_score").all()
    assert (naive < 0.05).mean() > 0.3
    assert (table["p_value"] < 0.05).mean() == pytest.approx(0.05, abs=0.03)


def test_levels_are_tested_together(detected):
    stage = np.arange(40) % 3
    design = pd.DataFrame({"one": 1.0, "two": stage == 1, "three": stage == 2}, dtype=float)
    table = detection_table(detected, design, ["two", "three"])
    assert table["log_odds_ratio"].isna().all()
    expected = stats.chi2.sf(table["statistic"], 2)
    np.testing.assert_allclose(table["p_value"], expected, rtol=1e-9)
