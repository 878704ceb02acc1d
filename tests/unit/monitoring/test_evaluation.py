"""What counts in the evaluation, and how shares and lead times are formed."""

import numpy as np
import pytest

from evigil.monitoring.draws import draws_from_series
from evigil.monitoring.evaluation import _clustered_share, _lead, _paired_difference
from evigil.monitoring.run import monitor

FIXED = {"threshold": 5, "primary_rule": "single", "scale": "linear"}


def evaluate(series, people, rows: list[dict], facts: list[dict]) -> dict:
    found = monitor(draws_from_series(series(rows)), people(facts), FIXED)
    return found.evaluation


def test_draws_up_to_the_event_count_and_its_day_has_lead_0(series, people):
    rows = [
        {"patient": "a", "day": 0, "value": 1},
        {"patient": "a", "day": 100, "value": 9},  # on the event's day: lead 0
        {"patient": "b", "day": 50, "value": 9},  # 40 days before
        {"patient": "b", "day": 60, "value": 9},
        {"patient": "c", "day": 10, "value": 1},
        {"patient": "c", "day": 101, "value": 9},  # after the event: ignored
        {"patient": "d", "day": 200, "value": 9},  # no draw before the event at all
    ]
    facts = [
        {"patient": p, "recurrence": r} for p, r in zip("abcd", (100, 90, 100, 100), strict=True)
    ]
    single = evaluate(series, people, rows, facts)["rules"]["single"]
    assert (single["sensitivity_per_patient"]["k"], single["sensitivity_per_patient"]["n"]) == (
        2,
        3,
    )
    lead = single["lead_days"]
    assert (lead["estimate"], lead["q1"], lead["q3"], lead["k"], lead["n"]) == (20, 10, 30, 2, 3)


def test_specificity_stops_at_the_censoring_day(series, people):
    rows = [
        {"patient": "a", "day": 0, "value": 1},
        {"patient": "a", "day": 100, "value": 1},
        {"patient": "a", "day": 300, "value": 9},  # after the last follow-up
        {"patient": "b", "day": 0, "value": 9},
        {"patient": "b", "day": 10, "value": 1},
    ]
    found = evaluate(series, people, rows, [{"patient": "a", "last_follow_up": 200}])
    single = found["rules"]["single"]
    per_test, per_patient = single["specificity_per_test"], single["specificity_per_patient"]
    assert (per_test["k"], per_test["n"]) == (3, 4)
    assert (per_patient["k"], per_patient["n"]) == (1, 2)
    assert found["notes"] == ["1 draws after recurrence or the end of follow-up are left out"]
    assert single["sensitivity_per_patient"]["estimate"] is None
    assert "no patient with recurrence" in single["sensitivity_per_patient"]["reason"]


def test_unscheduled_and_unmonitored_draws_and_disease_deaths_stay_apart(series, people):
    rows = [
        {"patient": "a", "day": 0, "value": 1, "visit_reason": "scheduled"},
        {"patient": "a", "day": 1, "value": 9, "visit_reason": "symptom"},
        {"patient": "a", "day": 2, "value": 9, "status": "on_treatment"},
        {"patient": "b", "day": 0, "value": 9},
    ]
    found = evaluate(series, people, rows, [{"patient": "b", "death": 50, "death_cause": "cancer"}])
    assert found["rules"]["single"]["specificity_per_patient"]["k"] == 1
    assert found["rules"]["single"]["specificity_per_patient"]["n"] == 1
    assert found["notes"] == [
        "1 draws for symptoms or imaging are left out",
        "1 patients who died of the disease without a recorded recurrence are in neither group",
    ]


def test_measures_of_later_versions_are_null_with_a_reason(series, people):
    rules = evaluate(series, people, [{"patient": "a", "day": 0, "value": 1}], [])["rules"]
    for measure in ("false_alarms_per_patient_year", "sensitivity_lead_30d", "sensitivity_0_3m"):
        assert rules["single"][measure]["estimate"] is None
        assert rules["single"][measure]["reason"] == "not available in version 0.1"
    assert rules["peb"]["specificity_per_test"]["reason"] == "no reference draw"


def test_alike_draws_of_a_patient_widen_the_interval():
    alike = _clustered_share(np.array([0.0, 10, 10, 10]), np.full(4, 10.0), "")
    mixed = _clustered_share(np.array([7.0, 8, 7, 8]), np.full(4, 10.0), "")
    assert alike["estimate"] == mixed["estimate"] == 0.75
    assert alike["high"] - alike["low"] > 2 * (mixed["high"] - mixed["low"])
    # Nothing varies: as many draws as patients, so no more than Clopper–Pearson of 4 of 4.
    assert _clustered_share(np.full(4, 10.0), np.full(4, 10.0), "")["low"] == pytest.approx(
        0.025 ** (1 / 4)
    )


def test_lead_without_an_alarm():
    found = _lead(np.array([]), 5, "unused")
    assert (found["estimate"], found["k"], found["n"]) == (None, 0, 5)


def test_paired_difference():
    found = _paired_difference(8, 2, 40, 1)
    assert found["estimate"] == 6 / 40
    # Agresti and Min: cells + 1/2, n* = 42.
    d, se = 6 / 42, np.sqrt((11 / 42 - (6 / 42) ** 2) / 42)
    assert found["low"] == pytest.approx(d - 1.959964 * se, abs=1e-6)
    assert found["high"] == pytest.approx(d + 1.959964 * se, abs=1e-6)
    mirrored = _paired_difference(8, 2, 40, -1)
    assert mirrored["estimate"] == -found["estimate"] and mirrored["low"] == -found["high"]
