"""What the audit is asked of a study."""

import pandas as pd
import pytest

from evigil.audited import audited_columns, outcomes, technical_faults
from evigil.config_file import load_yaml
from evigil.plan import Plan
from evigil.study import Study


@pytest.fixture
def base():
    from pathlib import Path

    return Path(__file__).parents[1] / "valid_study"


@pytest.fixture
def study(base):
    return Study.from_config(load_yaml(base / "config.yaml"), base)


def test_every_classifier_and_two_group_contrast_is_an_outcome(study):
    table = outcomes(study)
    assert set(table["outcome"]) == {"classifiers.crc", "differential.two_groups"}
    trained = table[table["outcome"] == "classifiers.crc"]
    assert trained["label"].value_counts().to_dict() == {1: 8, 0: 8}
    assert set(trained["column"]) == {"condition"} and set(trained["layers"]) == {"smallrna"}


def test_a_model_that_was_trained_elsewhere_is_not_audited(base):
    raw = load_yaml(base / "config.yaml")
    raw["classifiers"]["crc"] = {"model": "model"}
    raw["monitoring"].pop("watch")
    study = Study.from_config(raw, base, stored=True)
    assert set(outcomes(study)["outcome"]) == {"differential.two_groups"}


def test_technical_replicates_are_no_patients_more(base):
    raw = load_yaml(base / "config.yaml")
    study = Study.from_config(raw, base)
    first = study.specimens["sample"].iloc[0]
    study.samples["replicate_of"] = pd.Series([None, first], dtype=object)
    second = study.specimens["sample"].iloc[1]
    assert second not in set(outcomes(study)["sample"])


def test_technical_columns_stay_categories(base):
    raw = load_yaml(base / "config.yaml") | {"quality": {"technical": ["dose"]}}
    study = Study.from_config(raw, base)
    assert study.samples["dose"].dropna().map(type).eq(str).all()
    sheet = audited_columns(study.specimens, ["dose"])
    assert {"sample", "batch", "collected", "dose"} <= set(sheet)
    assert "condition" not in sheet and "visit" not in sheet


def test_columns_that_cannot_be_a_batch():
    table = pd.DataFrame({"patient": ["a"], "batch": ["b"]})
    assert technical_faults(table, ["batch"]) == []
    assert technical_faults(table, ["patient", "bach"]) == [
        "config: quality.technical: no column 'bach' (did you mean 'batch'?)",
        "config: quality.technical: 'patient' cannot be a batch",
    ]


def test_a_study_of_a_series_alone_has_no_outcome(base):
    raw = load_yaml(base / "config.yaml")
    alone = {"project": "a", "monitoring": {"psa": raw["monitoring"]["psa"]}}
    plan = Plan(Study.from_config(alone, base))
    assert plan.quality.outcomes(None).empty
    assert list(plan.quality.audited(None)) == ["sample"]
    assert plan.quality.matrices() == [] and plan.jobs()["quality_audit"] == 1
