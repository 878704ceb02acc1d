"""The study: joined, on one time, the same whatever the order and whether in dates or days."""

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from pandas.testing import assert_frame_equal

from evigil.errors import UserError
from evigil.study import Study

VALID = Path(__file__).parents[1] / "valid_study"
CONFIG: dict[str, Any] = yaml.safe_load((VALID / "config.yaml").read_text())


def table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, sep="\t", dtype=str, keep_default_na=False)


def save(frame: pd.DataFrame, path: Path) -> None:
    frame.to_csv(path, sep="\t", index=False)


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return Path(shutil.copytree(VALID, tmp_path / "study"))


def edit(base: Path, file: str, **columns: Any) -> None:
    """Set columns of a sheet; a dict sets the rows of one patient each."""
    frame = table(base / file)
    for name, value in columns.items():
        if isinstance(value, dict):
            frame[name] = frame.get(name, "")
            for key, cell in value.items():
                frame.loc[(frame["patient"] == key) | (frame.get("sample") == key), name] = cell
        else:
            frame[name] = value
    save(frame, base / file)


def study(base: Path, **classifier: Any) -> Study:
    crc = CONFIG["classifiers"]["crc"] | classifier
    return Study.from_config(CONFIG | {"classifiers": {"crc": crc}}, base)


def frames(of: Study) -> dict[str, pd.DataFrame]:
    return {
        "training": of.training_samples("crc"),
        "classifier": of.classifier_samples("crc"),
        "quality": of.quality_samples(),
        "watch": of.monitoring_samples("watch"),
        "psa": of.monitoring_series("psa"),
        "patients": of.patient_days(),
    }


def test_samples_are_joined_to_patients(base):
    samples = study(base).samples.set_index("sample")
    assert list(samples.index) == sorted(samples.index)
    assert samples.loc["P2_b", ["patient", "sex", "stage", "role", "dose", "batch"]].tolist() == [
        "P2",
        "male",
        "II",
        "sample",
        1.0,
        "1",
    ]
    # day 0 of P2 is the first draw, 2024-01-02; the second is 2024-07-02, 182 days later
    assert samples.loc[["P2_a", "P2_b"], "day"].tolist() == [0, 182]
    assert samples.loc[["P2_a", "P2_b"], "age"].tolist() == [52, 52 + 182 / 365.25]


def test_the_origin_is_the_earliest_date_over_samples_and_series(base):
    series = table(base / "psa.tsv")
    series.loc[0, "date"] = "2023-12-02"  # P1, 30 days before its first sample
    save(series, base / "psa.tsv")
    of = study(base)
    assert of.samples.set_index("sample").loc[["P1_a", "P1_b"], "day"].tolist() == [30, 212]
    p1 = of.monitoring_series("psa").query("patient == 'P1'")
    assert p1["day"].tolist() == [0, 141, 232]
    assert of.samples.set_index("sample").loc["P1_a", "age"] == 51 + 30 / 365.25


def test_patient_times_are_days_of_the_same_origin(base):
    edit(base, "patients.tsv", recurrence={"P1": "2023-12-31"}, imaging_dates={"P1": "2024-01-11"})
    of = study(base)
    days = of.patient_days().set_index("patient")
    assert list(of.patient_days().columns) == [
        "patient",
        "surgery",
        "recurrence",
        "recurrence_last_negative",
        "death",
        "death_cause",
        "last_follow_up",
        "treatments",
    ]
    assert days.loc["P1", ["surgery", "recurrence", "last_follow_up"]].tolist() == [31, -1, 547]
    assert days.loc["P1", "treatments"] == "FOLFOX:60/152"
    assert days.loc["H1", ["surgery", "death"]].isna().all()
    assert of.patients.set_index("patient").loc["P1", "imaging_dates"] == "10"


def test_a_patient_without_a_dated_draw_has_no_days(base):
    frame = table(base / "patients.tsv")
    extra = frame.head(1).assign(patient="P9", imaging_dates="2024-01-01")
    save(pd.concat([frame, extra]).fillna(""), base / "patients.tsv")
    of = study(base)
    row = of.patient_days().set_index("patient").loc["P9"]
    assert row.isna().all()
    assert pd.isna(of.patients.set_index("patient").loc["P9", "imaging_dates"])


def in_days(base: Path) -> None:
    """Rewrite every date of the study as days since the patient's first draw."""
    samples, series = table(base / "samples.tsv"), table(base / "psa.tsv")
    first = pd.concat(
        [
            samples[["patient", "collected"]].rename(columns={"collected": "date"}),
            series[["patient", "date"]],
        ]
    )
    origin = first.groupby("patient")["date"].min()

    def day(patient: str, text: str) -> str:
        since = date.fromisoformat(text) - date.fromisoformat(origin[patient]) if text else None
        return "" if since is None else str(since.days)

    for frame, old, file in ((samples, "collected", "samples.tsv"), (series, "date", "psa.tsv")):
        frame["day"] = [day(p, d) for p, d in zip(frame["patient"], frame[old], strict=True)]
        save(frame.drop(columns=old), base / file)
    patients = table(base / "patients.tsv")
    for name in ("surgery", "last_follow_up"):
        cells = zip(patients["patient"], patients[name], strict=True)
        patients[name] = [day(p, d) for p, d in cells]
    patients["treatments"] = [
        f"FOLFOX:{day(p, '2024-03-01')}/{day(p, '2024-06-01')}" if text else ""
        for p, text in zip(patients["patient"], patients["treatments"], strict=True)
    ]
    save(patients, base / "patients.tsv")


def test_dates_and_equal_day_counts_give_the_same(base):
    dated = study(base)
    in_days(base)
    counted = study(base)
    for name, frame in frames(dated).items():
        assert_frame_equal(frame, frames(counted)[name])
    assert_frame_equal(dated.samples.drop(columns="collected"), counted.samples, check_like=True)
    assert_frame_equal(dated.patients, counted.patients)


def test_a_shift_of_all_dates_changes_nothing(base):
    before = frames(study(base))
    for file in ("samples.tsv", "patients.tsv", "psa.tsv"):
        frame = table(base / file)
        for column in {"collected", "date", "surgery", "last_follow_up"} & set(frame):
            frame[column] = [
                (date.fromisoformat(d) + timedelta(1000)).isoformat() if d else ""
                for d in frame[column]
            ]
        save(frame.drop(columns="treatments", errors="ignore"), base / file)
    after = frames(study(base))
    after["patients"]["treatments"] = before["patients"]["treatments"]
    for name, frame in before.items():
        assert_frame_equal(frame, after[name])


def test_row_order_changes_nothing(base):
    before = study(base)
    for file in ("samples.tsv", "patients.tsv", "psa.tsv"):
        save(table(base / file).sample(frac=1, random_state=1), base / file)
    after = study(base)
    for name, frame in frames(before).items():
        assert_frame_equal(frame, frames(after)[name])
    assert_frame_equal(before.samples, after.samples)
    assert_frame_equal(before.patients, after.patients)


def test_decimal_and_negative_days(base):
    in_days(base)
    frame = table(base / "samples.tsv")
    frame.loc[0, "day"] = "-3.5"
    save(frame, base / "samples.tsv")
    samples = study(base).samples.set_index("sample")
    assert samples.loc["P1_a", ["day", "age"]].tolist() == [-3.5, 51 - 3.5 / 365.25]


def test_birth_year(base):
    patients = table(base / "patients.tsv").drop(columns="age")
    save(patients.assign(birth_year="1960"), base / "patients.tsv")
    of = study(base)
    days = (date(2024, 1, 1) - date(1960, 7, 1)).days
    assert of.samples.set_index("sample").loc["P1_a", "age"] == days / 365.25
    assert "birth_year" not in of.samples and "birth_year" not in of.patients


def test_age_in_the_sample_sheet_is_the_age_at_the_draw(base):
    save(table(base / "patients.tsv").drop(columns="age"), base / "patients.tsv")
    edit(base, "samples.tsv", age="60")
    assert study(base).samples["age"].unique().tolist() == [60]


def test_training_rows(base):
    of = study(base)
    training = of.training_samples("crc").set_index("sample")
    assert list(training.columns) == ["patient", "label"]
    assert training.loc[["P1_a", "H1_a"], "label"].tolist() == [1, 0]
    assert training["label"].count() == 16
    # follow-up visits of patients that train are there to be scored by folds without the patient
    assert training.loc[["P1_b", "H1_b"], "label"].isna().all()
    assert len(training) == 32


def test_hold_out(base):
    frame = table(base / "samples.tsv")
    frame["cohort"] = np.where(frame["patient"].isin(["P8", "H8"]), "validation", "discovery")
    save(frame, base / "samples.tsv")
    of = study(
        base,
        train={"visit": "diagnosis", "cohort": "discovery"},
        hold_out={"visit": "diagnosis", "cohort": "validation"},
    )
    scored = of.classifier_samples("crc").set_index("sample")
    assert scored["part"].value_counts().to_dict() == {"": 16, "train": 14, "hold_out": 2}
    assert scored.loc[["P8_a", "H8_a"], "label"].tolist() == [1, 0]
    assert scored.loc[scored["part"] == "", "label"].isna().all()
    training = of.training_samples("crc")
    assert not training["patient"].isin(["P8", "H8"]).any()
    before = training.copy()
    frame.loc[frame["sample"] == "P8_a", "condition"] = "healthy"
    save(frame, base / "samples.tsv")
    changed = study(
        base,
        train={"visit": "diagnosis", "cohort": "discovery"},
        hold_out={"visit": "diagnosis", "cohort": "validation"},
    )
    assert_frame_equal(changed.training_samples("crc"), before)


def test_without_train_everybody_who_is_not_held_out_trains(base):
    of = study(base, train={}, hold_out={"sample": ["P8_a", "H8_a"]})
    scored = of.classifier_samples("crc").set_index("sample")
    assert scored["part"].value_counts().to_dict() == {"train": 28, "hold_out": 2, "": 2}
    assert scored.loc[["P8_b", "H8_b"], "part"].tolist() == ["", ""]
    with pytest.raises(UserError, match="is in both train and hold_out"):
        study(base, train={"condition": ["CRC", "healthy"]}, hold_out={"sample": "P8_a"})


def test_replicates_are_no_quality_reference(base):
    frame = table(base / "samples.tsv")
    copy = frame.loc[[0]].assign(sample="P1_r", replicate_of="P1_a")
    save(pd.concat([frame, copy]).fillna(""), base / "samples.tsv")
    psa = {"psa": CONFIG["monitoring"]["psa"]}
    of = Study.from_config(CONFIG | {"classifiers": {}, "monitoring": psa}, base)
    quality = of.quality_samples().set_index("sample")["reference"]
    assert quality.sum() == 32 and not quality["P1_r"]


def test_replicates_blanks_and_other_conditions_do_not_train(base):
    frame = table(base / "samples.tsv")
    copy = frame.loc[[0]].assign(sample="P1_r", replicate_of="P1_a")
    blank = pd.DataFrame({"sample": ["blank1"], "role": ["blank"]})
    benign = frame.loc[[0]].assign(sample="H1_c", patient="H1", condition="benign")
    save(pd.concat([frame, copy, blank, benign]).fillna(""), base / "samples.tsv")
    of = study(base)
    training = of.training_samples("crc").set_index("sample")["label"]
    assert training.loc[["P1_r", "H1_c"]].isna().all()
    assert "blank1" not in training.index
    assert of.samples["role"].value_counts().to_dict() == {"sample": 34, "blank": 1}
    quality = of.quality_samples().set_index("sample")
    assert quality["reference"].sum() == 16
    assert not quality.loc[["P1_r", "blank1", "H1_c"], "reference"].any()
    assert "P1_r" not in set(of.monitoring_samples("watch")["sample"])


def test_quality_reference(base):
    config = CONFIG | {"quality": {"reference": {"status": "disease_free"}}}
    quality = Study.from_config(config, base).quality_samples()
    assert quality.loc[quality["reference"], "patient"].str[0].eq("H").all()
    assert quality["reference"].sum() == 16
    without = {k: v for k, v in CONFIG.items() if k != "classifiers"} | {
        "monitoring": {"psa": CONFIG["monitoring"]["psa"]}
    }
    assert Study.from_config(without, base).quality_samples()["reference"].all()


def test_a_selector_takes_the_spellings_of_the_sheet(base):
    of = study(base)
    for written, column in (("f", "sex"), ("FEMALE", "sex"), ("Sample", "role")):
        held = "female" if column == "sex" else "sample"
        assert of.select({column: [written]}).equals(of.samples[column] == held)


def test_select_numbers_and_words(base):
    of = study(base)
    assert of.select({"dose": ["0.50"]}).sum() == 4
    assert of.select({"batch": ["1"], "visit": ["diagnosis"]}).sum() == 8
    assert of.select({"stage": ["II"]}).sum() == 16
    assert of.select({}).all()


def test_monitoring_samples(base):
    frame = table(base / "samples.tsv")
    frame.loc[0, "collected"] = ""
    save(frame, base / "samples.tsv")
    visits = study(base).monitoring_samples("watch")
    assert list(visits.columns) == [
        "sample",
        "patient",
        "day",
        "status",
        "visit_reason",
        "kit",
        "isolation_method",
        "isolation_instrument",
        "run",
        "reference",
    ]
    assert len(visits) == 31  # P1_a has no day
    assert visits["reference"].tolist() == visits["status"].eq("disease_free").tolist()
    assert visits["kit"].isna().all()


def test_monitoring_series(base):
    frame = table(base / "psa.tsv").assign(role="sample", unit="ng/mL")
    extra = frame.head(1).assign(role="reference", patient="H1", date="2024-08-01")
    other = frame.head(1).assign(marker="CEA")
    save(pd.concat([frame, extra, other]), base / "psa.tsv")
    monitoring = CONFIG["monitoring"] | {"psa": CONFIG["monitoring"]["psa"] | {"markers": ["PSA"]}}
    of = Study.from_config(CONFIG | {"monitoring": monitoring}, base)
    rows = of.monitoring_series("psa")
    assert list(rows.columns) == [
        "patient",
        "marker",
        "sample",
        "day",
        "value",
        "status",
        "visit_reason",
        "run",
        "kit",
        "isolation_method",
        "instrument",
        "group",
        "reference",
    ]
    assert len(rows) == 18 and rows["marker"].eq("PSA").all()
    assert rows["reference"].tolist() == rows["group"].eq("control").tolist()
    assert rows["day"].dtype == rows["value"].dtype == float
    assert rows["sample"].isna().all()


def test_series_selectors_look_in_the_patients_too(base):
    psa = CONFIG["monitoring"]["psa"] | {"reference": {"stage": "II"}}
    of = Study.from_config(CONFIG | {"monitoring": {"psa": psa}}, base)
    rows = of.monitoring_series("psa")
    assert rows["reference"].tolist() == rows["patient"].str.startswith("P").tolist()


def test_a_series_alone_is_a_study(base):
    config = {"project": "psa", "monitoring": {"psa": CONFIG["monitoring"]["psa"]}}
    of = Study.from_config(config, base)
    assert of.stages() == ["quality", "monitoring", "reports"]
    assert of.layers() == []
    assert of.monitored_patients() == ["H1", "H2", "H3", "P1", "P2", "P3"]
    assert of.patient_days()["patient"].tolist() == of.monitored_patients()
    assert of.patient_days()["surgery"].isna().all()
    assert of.quality_samples().empty


def test_stages_and_pages_of_a_whole_study(base):
    of = study(base)
    assert of.stages() == [
        "smallrna",
        "quality",
        "differential",
        "classifier",
        "monitoring",
        "reports",
    ]
    assert of.layers() == ["smallrna"]
    assert len(of.monitored_patients()) == 16


def contrasts(**contrast) -> dict:
    return {"differential": {"contrasts": {"x": contrast}}}


def test_samples_of_a_contrast(base):
    groups = {"column": "condition", "case": "CRC", "control": "healthy"}
    one = contrasts(**groups, select={"visit": "diagnosis"}, covariates=["age"])
    table = Study.from_config(CONFIG | one, base).contrast_samples("x")
    assert list(table) == ["sample", "patient", "condition", "age", "sex"]
    assert len(table) == 16 and table["sample"].is_monotonic_increasing
    every = Study.from_config(CONFIG | contrasts(column="dose", per=1, block="patient"), base)
    table = every.contrast_samples("x")
    assert list(table) == ["sample", "patient", "dose", "sex"] and len(table) == 32


def test_a_locked_model_trains_nothing(base):
    model = base / "model"
    model.mkdir()
    for name in ("model.skops", "manifest.json"):
        (model / name).write_text("{}")
    config = CONFIG | {"classifiers": {"crc": {"model": "model"}}}
    of = Study.from_config(config, base)
    assert of.training_samples("crc").empty
    scored = of.classifier_samples("crc")
    assert len(scored) == 32 and scored["part"].eq("").all() and scored["label"].isna().all()


def test_a_reference_file_admits_no_rows(base):
    (base / "reference.json").write_text("{}")
    psa = CONFIG["monitoring"]["psa"] | {"reference": "reference.json"}
    of = Study.from_config(CONFIG | {"monitoring": {"psa": psa}}, base)
    assert not of.monitoring_series("psa")["reference"].any()


def test_prefix_of_a_series_has_the_same_rows(base):
    whole = study(base).monitoring_series("psa")
    save(table(base / "psa.tsv").query("date < '2024-05-01'"), base / "psa.tsv")
    part = study(base).monitoring_series("psa")
    kept = whole.merge(part[["patient", "day"]], on=["patient", "day"])
    assert_frame_equal(kept, part)
    assert len(part) == 12


def test_real_gse71008(shared):
    counts = shared("counts/gse71008/samples.tsv")
    config = {
        "project": "gse71008",
        "samples": counts.name,
        "smallrna": {"counts": "mature_mirna_counts.tsv"},
        "classifiers": {"crc": {"column": "condition", "case": "CRC", "control": "healthy"}},
    }
    of = Study.from_config(config, counts.parent)
    assert of.training_samples("crc")["label"].value_counts().to_dict() == {1.0: 100, 0.0: 50}
    assert (
        of.classifier_samples("crc")["stage"].value_counts()[["1", "2", "3", "4"]].tolist()
        == [25] * 4
    )


def test_faults_of_several_sheets_come_together(base):
    edit(base, "samples.tsv", dose={"P1": "0,5"})
    edit(base, "patients.tsv", age={"P1": "200"})
    with pytest.raises(UserError) as error:
        study(base)
    assert str(error.value).splitlines() == [
        "samples.tsv: row 2: column dose: '0,5' has a decimal comma; write 0.5 (and 1 more row)",
        "patients.tsv: row 2: column age: '200' must be a number from 0 to 120",
    ]


def test_a_hold_out_never_fits_quality_limits(base):
    """Neither by the default, the training samples of any classifier, nor by a selector."""
    edit(base, "samples.tsv", cohort={"P1": "validation", "H1": "validation"})
    frame = table(base / "samples.tsv")
    frame.loc[frame["cohort"] == "", "cohort"] = "discovery"
    save(frame, base / "samples.tsv")
    crc = CONFIG["classifiers"]["crc"]
    held = crc | {"hold_out": {"visit": "diagnosis", "cohort": "validation"}}
    held["train"] = {"visit": "diagnosis", "cohort": "discovery"}
    config = CONFIG | {"classifiers": {"crc": held, "open": crc}}
    for quality in ({}, {"reference": {"visit": "diagnosis"}}):
        rows = Study.from_config(config | {"quality": quality}, base).quality_samples()
        fitted = set(rows.loc[rows["reference"], "patient"])
        assert fitted and not fitted & {"P1", "H1"}


def test_only_the_classifiers_own_controls_are_not_followed(base):
    """A case who is called healthy after surgery stays a patient; a control is none."""
    config = CONFIG | {"monitoring": {"watch": {"classifier": "crc", "reference": {"batch": "9"}}}}
    edit(base, "samples.tsv", batch={"H3": "9"}, condition={"P1_b": "healthy"})
    followed = set(Study.from_config(config, base).monitoring_samples("watch")["patient"])
    assert "P1" in followed
    assert {p for p in followed if p.startswith("H")} == {"H3"}  # it belongs to the reference


def test_the_sheets_ask_for_as_many_patients_as_the_folds_need():
    """The check knows the number without importing the classifier; it must be the same one."""
    from evigil.classifier import folds
    from evigil.study_faults import MIN_PATIENTS

    classes = np.repeat([1, 0], MIN_PATIENTS)
    training = pd.DataFrame({"patient": [f"P{i}" for i in range(len(classes))], "label": classes})
    folds.require_patients(training)
    with pytest.raises(UserError, match=f"need at least {MIN_PATIENTS}"):
        folds.require_patients(training.iloc[1:])
