"""Monitoring as a whole: what must hold for every series."""

import json

import numpy as np
import pandas as pd
import pytest

from evigil.monitoring.calls import CALLS
from evigil.monitoring.draws import draws_from_series
from evigil.monitoring.options import Options
from evigil.monitoring.run import Monitoring, monitor

KEYS = ["patient", "marker", "sample", "day"]


def run(cohort, settings: dict | None = None, table: pd.DataFrame | None = None) -> Monitoring:
    return monitor(
        draws_from_series(cohort[0] if table is None else table), cohort[1], settings or {}
    )


def test_tables_have_the_documented_columns(cohort):
    found = run(cohort)
    assert list(found.visits) == [
        *("patient", "marker", "sample", "day", "value", "y", "below_detection", "gate"),
        *("in_baseline", "expected", "threshold", "z", "risk", "call", "reasons", "score_source"),
    ]
    assert list(found.rules) == [*KEYS, "rule", "statistic", "threshold", "alarm"]
    assert list(found.patients) == [
        *("patient", "marker", "n_visits", "last_day", "last_value", "last_call"),
        *("first_alarm_day", "event_day", "next_day"),
    ]
    assert len(found.visits) == 60 * 4 + 8 * 6 and len(found.rules) == 2 * len(found.visits)
    assert set(found.visits["call"]) <= set(CALLS)
    assert found.visits["risk"].isna().all() and found.patients["next_day"].isna().all()
    json.dumps([found.reference, found.evaluation], allow_nan=False)


def test_the_alarm_is_what_the_tables_show(cohort):
    found = run(cohort)
    assert (found.rules["alarm"] == (found.rules["statistic"] > found.rules["threshold"])).all()
    visits = found.visits
    assert ((visits["call"] == "alert") == (visits["value"] > visits["threshold"])).all()
    assert {"alert", "rising", "no_significant_change"} <= set(visits["call"])
    rising = visits[visits["call"] == "rising"]["z"]
    assert (rising > 1.6448).all() and (rising <= Options().z_limit).all()
    first = visits[visits["call"] == "alert"].groupby("patient")["day"].min()
    known = found.patients.set_index("patient")["first_alarm_day"].dropna()
    assert known.to_dict() == first.to_dict()


def test_z_threshold_and_expectation_belong_together(cohort):
    found = run(cohort)
    visits, p = found.visits, found.reference["psa"]
    row = visits[(visits["patient"] == "f5")].iloc[3]
    y = visits.loc[visits["patient"] == "f5", "y"].to_numpy()[:3]
    weight = 3 * p["tau2"] / (3 * p["tau2"] + p["sigma2"])
    expected = p["mu"] * (1 - weight) + y.mean() * weight
    sd = np.sqrt(p["sigma2"] + p["tau2"] * (1 - weight))
    assert row["expected"] == pytest.approx(np.exp(expected), rel=1e-12)
    assert row["z"] == pytest.approx((row["y"] - expected) / sd, rel=1e-9)
    assert row["threshold"] == pytest.approx(np.exp(expected + 2.3861698 * sd), rel=1e-7)


@pytest.mark.parametrize("patient", ["f0", "f6"])
def test_truncating_a_series_changes_nothing_before(cohort, patient):
    whole = run(cohort)
    draws = cohort[0]
    last = draws["day"].where(draws["patient"] == patient).max()
    for j in range(6):
        day = 90.5 * j - 10
        part = run(cohort, table=draws[(draws["patient"] != patient) | (draws["day"] <= day)])
        for old, new in ((whole.visits, part.visits), (whole.rules, part.rules)):
            kept = (old["patient"] != patient) | (old["day"] <= day)
            pd.testing.assert_frame_equal(old[kept].reset_index(drop=True), new, check_exact=True)
        assert part.reference == whole.reference
    assert day == last


def test_with_the_reference_fixed_no_series_looks_ahead(cohort, tmp_path):
    path = tmp_path / "reference.json"
    path.write_text(json.dumps(run(cohort).reference))
    settings = {"reference": str(path)}
    whole = run(cohort, settings)
    for j in range(1, 6):
        keep = lambda t, j=j: t.groupby("patient").head(j)  # noqa: E731
        part = run(cohort, settings, keep(cohort[0]))
        pd.testing.assert_frame_equal(
            keep(whole.visits).reset_index(drop=True), part.visits, check_exact=True
        )


def test_row_order_changes_nothing(cohort):
    whole, draws = run(cohort), cohort[0].sample(frac=1, random_state=1)
    part = monitor(draws_from_series(draws), cohort[1].sample(frac=1, random_state=2), {})
    assert part.visits.equals(whole.visits) and part.rules.equals(whole.rules)
    assert part.patients.equals(whole.patients)
    assert part.reference == whole.reference and part.evaluation == whole.evaluation


def test_shifting_a_patients_days_shifts_only_the_days(cohort):
    draws, facts = cohort[0].copy(), cohort[1].copy()
    draws.loc[draws["patient"] == "f0", "day"] -= 1000.25
    facts.loc[facts["patient"] == "f0", "recurrence"] -= 1000.25
    whole, part = run(cohort), monitor(draws_from_series(draws), facts, {})
    days = ["day"]
    assert part.visits.drop(columns=days).equals(whole.visits.drop(columns=days))
    assert part.reference == whole.reference
    assert part.evaluation["rules"] == whole.evaluation["rules"]


def test_each_marker_has_its_own_reference(cohort):
    draws = cohort[0]
    both = pd.concat([draws, draws.assign(marker="cea", value=draws["value"] ** 2 * 3)])
    found, alone = run(cohort, table=both), run(cohort)
    own = found.visits[found.visits["marker"] == "psa"].reset_index(drop=True)
    pd.testing.assert_frame_equal(own, alone.visits, check_exact=True)
    assert found.reference["psa"] == alone.reference["psa"]
    assert found.reference["cea"]["tau2"] == pytest.approx(4 * alone.reference["psa"]["tau2"])
    assert found.evaluation["markers"]["psa"]["rules"] == alone.evaluation["rules"]
    # An alarm of any marker counts; these two agree.
    assert (
        found.evaluation["rules"]["peb"]["specificity_per_patient"]
        == (alone.evaluation["rules"]["peb"]["specificity_per_patient"])
    )
    assert found.evaluation["notes"][0].startswith("2 markers, each with its own limit")
    assert "markers" not in alone.evaluation and alone.evaluation["notes"] == []
    assert len(found.patients) == 2 * len(alone.patients)


def test_no_reference_draw_is_said_in_plain_words(cohort):
    found = run(cohort, table=cohort[0].assign(reference=False))
    assert set(found.visits["call"]) == {"indeterminate"}
    assert set(found.visits["reasons"]) == {"no reference draw"}
    assert found.rules["alarm"].isna().all() and found.visits["threshold"].isna().all()
    entry = found.reference["psa"]
    assert entry["mu"] is None and entry["false_positive_rate"]["reason"] == "no reference draw"
    measure = found.evaluation["rules"]["peb"]["sensitivity_per_patient"]
    assert measure["estimate"] is None and measure["reason"] == "no reference draw"


def test_a_small_reference_refuses_peb_and_keeps_the_single_threshold(cohort):
    draws = cohort[0]
    small = draws[~draws["reference"] | (draws["patient"] < "r12")]
    found = run(cohort, table=small)
    assert set(found.visits["call"]) == {"indeterminate"}
    assert found.visits["reasons"].str.contains("12 patients").all()
    rules = found.rules.set_index("rule")["alarm"]
    assert rules["peb"].isna().all() and rules["single"].notna().all()
    assert found.reference["psa"]["false_positive_rate"]["rule"] == "single"
    assert found.evaluation["rules"]["single"]["sensitivity_per_patient"]["n"] == 4
    single = run(cohort, {"primary_rule": "single"}, small)
    assert "indeterminate" not in set(single.visits["call"])
    assert single.visits["threshold"].nunique() == 1


def test_a_fixed_cut_off_needs_no_reference(series, people):
    rows = [{"patient": "a", "day": d, "value": v} for d, v in enumerate((0, 0.5, 1))]
    settings = {"threshold": 0.5, "scale": "linear", "primary_rule": "single"}
    found = monitor(draws_from_series(series(rows)), people([]), settings)
    calls = ["no_significant_change", "no_significant_change", "alert"]
    assert found.visits["call"].tolist() == calls
    assert found.visits["threshold"].tolist() == [0.5] * 3
    assert found.reference["psa"]["refused"]["single"] is None


def test_a_fixed_cut_off_is_in_marker_units(cohort):
    found = run(cohort, {"threshold": 4})
    single = found.rules[found.rules["rule"] == "single"]
    assert (single["threshold"] == 4).all()
    assert (single["alarm"] == (single["statistic"] > 4)).all()


def test_all_visits_failed(cohort, series):
    draws = draws_from_series(cohort[0])
    bad = draws["patient"] == "f1"
    draws.loc[bad, ["gate", "reasons"]] = ["fail", "library size"]
    found = monitor(draws, cohort[1], {})
    rows = found.visits[found.visits["patient"] == "f1"]
    assert set(rows["call"]) == {"not_reportable"} and set(rows["reasons"]) == {"library size"}
    assert rows[["y", "expected", "threshold", "z"]].isna().all(axis=None)
    assert (rows["in_baseline"] == 0).all()
    assert found.evaluation["rules"]["peb"]["sensitivity_per_patient"]["n"] == 3


def test_a_failed_visit_leaves_no_trace_in_the_others(cohort):
    draws = draws_from_series(cohort[0])
    bad = (draws["patient"] == "f1") & (draws["day"] == 80.5)
    failed = monitor(draws.assign(gate=draws["gate"].mask(bad, "fail")), cohort[1], {}).visits
    without = monitor(draws[~bad], cohort[1], {}).visits
    other = ~((failed["patient"] == "f1") & (failed["day"] == 80.5))
    pd.testing.assert_frame_equal(failed[other].reset_index(drop=True), without, check_exact=True)


def test_unmonitored_visits_and_restarts_say_why(cohort):
    draws = draws_from_series(cohort[0])
    f1 = draws["patient"] == "f1"
    draws.loc[f1, "status"] = ["pre_treatment", "on_treatment", *["disease_free"] * 4]
    draws["kit"] = np.where(f1 & (draws["day"] > 300), "B", "A")
    found = monitor(draws, cohort[1], {}).visits
    rows = found[found["patient"] == "f1"]
    assert rows["call"].tolist()[:2] == ["not_monitored"] * 2
    assert rows["reasons"].tolist() == [
        "drawn before treatment",
        "drawn on treatment",
        "",
        "",
        "baseline restarted: kit changed from A to B",
        "",
    ]
    start = np.exp(monitor(draws, cohort[1], {}).reference["psa"]["mu"])
    assert rows["expected"].iloc[[2, 4]].tolist() == pytest.approx([start, start])
    assert rows["in_baseline"].tolist() == [0, 0, 1, 1, 1, 1]


def test_two_draws_on_one_day_do_not_judge_each_other(cohort, series):
    rows = [{"patient": "x", "sample": s, "day": 3.5, "value": 2} for s in ("s1", "s2")]
    rows += [{"patient": "x", "day": -4.25, "value": 1}]
    found = run(cohort, table=pd.concat([cohort[0], series(rows)])).visits
    mine = found[found["patient"] == "x"]
    assert mine["day"].tolist() == [-4.25, 3.5, 3.5]
    assert mine["z"].iloc[1] == mine["z"].iloc[2]


def test_one_visit(cohort, series):
    rows = [{"patient": "x", "day": 0, "value": 2}]
    found = run(cohort, table=pd.concat([cohort[0], series(rows)]))
    p, mine = found.reference["psa"], found.visits[found.visits["patient"] == "x"].iloc[0]
    assert mine["z"] == pytest.approx((np.log(2) - p["mu"]) / np.sqrt(p["tau2"] + p["sigma2"]))
    assert found.patients[found.patients["patient"] == "x"]["n_visits"].tolist() == [1]


def test_no_draw_at_all(cohort):
    found = run(cohort, {"markers": ["cea"]})
    assert len(found.visits) == len(found.rules) == len(found.patients) == 0
    assert found.reference == {}
    json.dumps(found.evaluation, allow_nan=False)


def test_another_seed_deals_other_folds(cohort):
    draws = draws_from_series(cohort[0])
    runs = [monitor(draws, cohort[1], {}, seed=s) for s in (1, 1, 2)]
    assert runs[0].evaluation == runs[1].evaluation
    assert runs[0].visits.equals(runs[2].visits)
    assert runs[0].evaluation["cross_fitted"] != runs[2].evaluation["cross_fitted"]
