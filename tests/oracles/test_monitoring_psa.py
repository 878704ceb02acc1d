"""PSA before the diagnosis of prostate cancer (CARET; Etzioni 1999), as lme4 has it."""

import numpy as np
import pandas as pd
import pytest

from evigil.monitoring.draws import draws_from_series
from evigil.monitoring.run import Monitoring, monitor

YEAR = 365.25


@pytest.fixture(scope="module")
def caret(shared) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Each man's draws from his first one on; diagnosis, where there is one, is the event."""
    table = pd.read_csv(shared("longitudinal/psa_caret/psa_caret.csv"))
    start = table.groupby("id")["t"].transform("min")
    control = table["status"] == 0
    series = pd.DataFrame(
        {
            "patient": "m" + table["id"].astype(str).str.zfill(3),
            "marker": "psa",
            "sample": np.nan,
            "day": (table["t"] - start) * YEAR,
            "value": table["marker1"],
            "status": np.where(control, "disease_free", "before_diagnosis"),
            "reference": control,
        }
    )
    patients = series[["patient"]].assign(recurrence=(-start * YEAR).mask(control))
    return draws_from_series(series), patients.drop_duplicates("patient")


def follow(caret, **settings) -> Monitoring:
    return monitor(*caret, {"reference_min_follow_up_days": 0, **settings})


def test_parameters_equal_lme4(caret):
    found = follow(caret).reference["psa"]
    assert found["mu"] == pytest.approx(0.346847, abs=5e-7)
    assert found["tau2"] == pytest.approx(0.464629, abs=5e-7)
    assert found["sigma2"] == pytest.approx(0.135567, abs=5e-7)
    assert found["loglik"] == pytest.approx(-299.6028, abs=5e-5)
    assert (found["n_patients"], found["n_draws"]) == (70, 454)


def test_first_z(caret):
    first = follow(caret).visits.groupby("patient")["z"].first()
    assert first["m001"] == pytest.approx(3.032219, abs=5e-5)
    assert first["m002"] == pytest.approx(1.762110, abs=5e-5)


def test_false_alarms_per_test(caret):
    found = follow(caret, per="test")
    peb = found.rules[found.rules["rule"] == "peb"]
    controls = peb["patient"].isin(caret[0].loc[caret[0]["reference"], "patient"])
    assert (int(peb.loc[controls, "alarm"].sum()), int(controls.sum())) == (28, 454)
    assert peb["threshold"].iloc[0] == pytest.approx(1.645, abs=5e-4)


def test_row_order_changes_nothing(caret):
    whole = follow(caret)
    part = follow((caret[0].sample(frac=1, random_state=0), caret[1]))
    assert part.visits.equals(whole.visits) and part.reference == whole.reference


def test_no_visit_depends_on_a_later_one(caret):
    whole, draws = follow(caret), caret[0]
    for patient in draws.loc[~draws["reference"], "patient"].unique()[:4]:
        days = draws.loc[draws["patient"] == patient, "day"].sort_values()
        for day in days:
            kept = draws[(draws["patient"] != patient) | (draws["day"] <= day)]
            part = follow((kept, caret[1])).visits
            old = whole.visits[(whole.visits["patient"] != patient) | (whole.visits["day"] <= day)]
            pd.testing.assert_frame_equal(part, old.reset_index(drop=True), check_exact=True)


@pytest.mark.slow
def test_sensitivity_over_thirty_splits(caret):
    # 95 % per patient over the schedule that these men had: the median control has 7 draws.
    control = caret[0][caret[0]["reference"]]
    visits = int(control.groupby("patient").size().median())
    settings = {"reference_min_follow_up_days": 0, "planned_visits": visits}
    runs = [monitor(*caret, settings, seed=s).evaluation["rules"] for s in range(30)]
    shares = {
        rule: np.array([run[rule]["sensitivity_per_patient"]["estimate"] for run in runs])
        for rule in ("single", "peb")
    }
    assert 0.45 <= shares["single"].mean() <= 0.51
    assert 0.24 <= shares["peb"].mean() <= 0.34
    assert {run["peb"]["sensitivity_per_patient"]["n"] for run in runs} == {71}
