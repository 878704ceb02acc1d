"""The simulated sheets and configuration are a study that every stage accepts."""

import pytest

from evigil.check import check
from evigil.config_file import load_yaml
from evigil.simulate.cohort import make_cohort, write_cohort
from evigil.simulate.design import DEMO, Design
from evigil.study import Study


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    base = tmp_path_factory.mktemp("demo")
    cohort = make_cohort(DEMO, 20260101)
    write_cohort(cohort, base)
    return cohort, Study.from_config(load_yaml(base / "config/config.yaml"), base), base


def test_training_is_the_diagnosis_draws_of_cases_and_controls(demo):
    _, study, _ = demo
    training = study.training_samples("crc")
    assert training["label"].value_counts().to_dict() == {1.0: 30, 0.0: 30}
    assert training["label"].isna().sum() == 12 * 6


def test_days_of_the_study_are_those_of_the_truth(demo):
    cohort, study, _ = demo
    truth = cohort.truth["samples"].set_index("sample")["day"]
    days = study.samples.query("role == 'sample'").set_index("sample")["day"]
    assert days.to_dict() == truth.astype(float).to_dict()
    detected = cohort.truth["patients"].dropna().set_index("patient")["detection_day"]
    found = study.patients.set_index("patient")["recurrence"].dropna()
    assert found.to_dict() == detected.to_dict() and len(found) == 6


def test_every_reference_draw_is_admitted(demo):
    _, study, _ = demo
    draws = study.monitoring_samples("watch").merge(study.patient_days(), on="patient")
    reference = draws[draws["reference"]]
    assert reference["patient"].nunique() == 40 and len(reference) == 160
    assert reference["status"].eq("disease_free").all()
    assert reference["recurrence"].isna().all()
    assert (reference["day"] > reference["surgery"]).all()
    assert (reference["last_follow_up"] - reference["day"]).min() >= 365


def test_check_accepts_the_demo_and_says_what_will_run(demo):
    _, _, base = demo
    lines = check(base / "config/config.yaml", base)
    assert "samples: 294 of 100 patients (2 blank, 292 sample)" in lines
    assert (
        "classifier crc by smallrna: trains on 30 cases and 30 controls of 60 patients; "
        "scores 292 samples" in lines
    )
    assert (
        "classifier crc_proteins by proteomics: trains on 30 cases and 30 controls of 60 patients; "
        "scores 292 samples"
    ) in lines
    assert "proteomics: data/report.parquet: diann (report), 292 samples" in lines
    assert "reference: 160 of 160 matching draws, 40 patients, 40 with two or more" in "\n".join(
        lines
    )
    assert not [line for line in lines if line.startswith("note:")]


def test_check_accepts_a_small_cohort(tmp_path):
    design = Design(
        cases=8, controls=8, followed=2, recurring=1, visits=2, reference=3, reference_draws=2,
        features=60, affected=5, low_fail=0, low_warn=0,
    )  # fmt: skip
    write_cohort(make_cohort(design, 1), tmp_path)
    lines = check(tmp_path / "config/config.yaml", tmp_path)
    assert "samples: 26 of 19 patients (26 sample)" in lines
