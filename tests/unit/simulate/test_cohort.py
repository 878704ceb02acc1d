"""Simulated cohort: as many as were asked for, sheets that the sheet reader takes, and truth."""

import io

import numpy as np
import pandas as pd
import pytest

from evigil.simulate.cohort import make_cohort
from evigil.simulate.design import DEMO, Design

SEED = 20260101


@pytest.fixture(scope="module")
def demo():
    return make_cohort(Design(), SEED)


def days(column, patients, samples):
    """A date column of the patients in days from each one's first draw."""
    first = pd.to_datetime(samples["collected"]).groupby(samples["patient"]).min()
    table = patients.set_index("patient")
    return (pd.to_datetime(table[column].replace("", None)) - first).dt.days


def test_demo_has_the_documented_numbers(demo):
    samples = demo.samples
    at_diagnosis = samples[samples["visit"] == "diagnosis"]
    assert at_diagnosis["condition"].value_counts().to_dict() == {"CRC": 30, "healthy": 30}
    reference = samples[samples["cohort"] == "reference"]
    assert reference["patient"].nunique() == 40
    assert set(reference.groupby("patient").size()) == {4}
    assert set(reference["status"]) == {"disease_free"}
    followed = samples[(samples["cohort"] == "case_control") & (samples["visit"] != "diagnosis")]
    assert followed["patient"].nunique() == 12
    assert set(followed.groupby("patient").size()) == {6}
    assert (demo.patients["recurrence"] != "").sum() == 6
    assert demo.counts.shape == (30 + 30 + 12 * 6 + 40 * 4, 800)


def test_the_demo_has_one_of_each_fault_and_is_the_same_otherwise(demo):
    faulty = make_cohort(DEMO, SEED)
    faults = faulty.truth["faults"]
    assert faults["fault"].value_counts().to_dict() == {
        **{"haemolysed": 1, "contaminated": 1, "duplicate": 1, "swapped": 2, "blank": 2},
        **{"low_input": 3, "blank_only": 5, "coisolated": 2},
    }
    assert faulty.samples["role"].value_counts().to_dict() == {"sample": 292, "blank": 2}
    elsewhere = ["low_input", "blank_only", "contaminated", "coisolated"]
    touched = faults[~faults["fault"].isin(elsewhere)]["sample"]
    assert len(touched) == 6
    rest = demo.counts.index.difference(touched)
    pd.testing.assert_frame_equal(faulty.counts.loc[rest], demo.counts.loc[rest])
    # the classifier's people keep their own tubes
    changed = faulty.samples.set_index("sample").loc[touched, "cohort"]
    assert set(changed) == {"reference", ""}


def test_rows_are_sorted_and_the_same_samples_everywhere(demo):
    names = demo.samples["sample"].tolist()
    assert names == sorted(names) == demo.counts.index.tolist()
    assert names == demo.truth["samples"]["sample"].tolist()
    assert demo.samples["sample"].str.fullmatch("[A-Za-z0-9_-]+").all()
    assert demo.counts.columns.is_unique and demo.counts.columns.is_monotonic_increasing
    assert set(demo.samples["patient"]) == set(demo.patients["patient"])
    assert set(demo.samples) & set(demo.patients) == {"patient"}


def test_dates_agree_with_the_truth_in_days(demo):
    truth = demo.truth["patients"].set_index("patient")
    for column, name in (("surgery", "surgery_day"), ("recurrence", "detection_day")):
        found = days(column, demo.patients, demo.samples)
        pd.testing.assert_series_equal(
            found.astype(float), truth[name].astype(float), check_names=False
        )


def test_every_reference_draw_has_a_year_of_follow_up(demo):
    samples = demo.samples[demo.samples["cohort"] == "reference"]
    last = demo.patients.set_index("patient")["last_follow_up"].reindex(samples["patient"])
    after = pd.to_datetime(last.to_numpy()) - pd.to_datetime(samples["collected"].to_numpy())
    assert after.days.min() >= 365
    assert days("surgery", demo.patients, demo.samples)[samples["patient"]].max() < 0
    ends = demo.patients["treatments"].str.partition("/")[2].set_axis(demo.patients["patient"])
    ends = pd.to_datetime(ends[ends != ""].reindex(samples["patient"]).to_numpy())
    drawn = pd.to_datetime(samples["collected"].to_numpy())
    assert not (ends >= drawn).any() and ends.notna().any()


def test_status_follows_surgery_and_recurrence(demo):
    table = demo.samples.merge(demo.truth["patients"], on="patient")
    day = table.merge(demo.truth["samples"], on="sample")["day"]
    expected = np.select(
        [
            table["condition"] == "healthy",
            day >= table["detection_day"],
            day > table["surgery_day"],
        ],
        ["", "recurrence", "disease_free"],
        "pre_treatment",
    )
    assert table["status"].tolist() == expected.tolist()
    assert set(table["status"]) == {"", "recurrence", "disease_free", "pre_treatment"}


def test_recurrences_can_be_seen_before_they_are_found(demo):
    truth = demo.truth["patients"].query("recurs == 1")
    assert (truth["onset_day"] > truth["surgery_day"] + 60).all()
    assert (truth["detection_day"] - truth["onset_day"]).between(330, 450).all()
    visits = demo.truth["samples"].merge(truth, on="patient")
    early = visits.query("day > surgery_day and day <= onset_day").groupby("patient").size()
    growing = visits.query("day > onset_day and day < detection_day").groupby("patient").size()
    assert len(growing) == 6 and growing.min() >= 2
    assert len(early) >= 4


def test_batches_are_balanced_over_groups_and_visits(demo):
    table = demo.truth["samples"]
    for (_, _), part in table.groupby(["group", "visit"]):
        sizes = part["batch"].value_counts().reindex(["b1", "b2", "b3", "b4"], fill_value=0)
        assert sizes.max() - sizes.min() <= 1


def test_stages_of_those_operated_on_are_resectable(demo):
    table = demo.patients.merge(demo.truth["patients"], on="patient")
    operated = table["surgery"] != ""
    assert set(table.loc[operated, "stage"]) == {"II", "III"}
    cases = table.loc[(table["group"] == "case") & ~operated, "stage"]
    assert set(cases) == {"I", "II", "III", "IV"}
    assert set(table.loc[table["group"] == "control", "stage"]) == {""}
    burden = table[table["group"] == "case"].groupby("stage")["burden_at_diagnosis"].mean()
    assert burden.is_monotonic_increasing


def test_planted_small_libraries_are_below_the_limits_and_no_other_is_near(demo):
    truth = demo.truth["samples"].set_index("sample")
    totals = demo.counts.sum(axis=1)
    assert truth["expected_gate"].value_counts().to_dict() == {"pass": 289, "warn": 2, "fail": 1}
    assert totals[truth["expected_gate"] == "fail"].max() < 4_500
    assert totals[truth["expected_gate"] == "warn"].between(5_500, 7_500).all()
    assert totals[truth["expected_gate"] == "pass"].min() > 250_000
    assert 1.2e6 < totals.median() < 1.8e6
    failed = truth[truth["expected_gate"] == "fail"]
    assert failed["group"].eq("case").all() and failed["visit"].ne("diagnosis").all()
    assert failed["tumour_burden"].eq(0).all()


def test_no_feature_takes_over_the_libraries(demo):
    share = demo.counts.div(demo.counts.sum(axis=1), axis=0)
    assert share.mean().max() < 0.2
    # GSE71008: 150 to 650 of 2,391 miRNAs are in every or in half of the samples.
    whole = demo.truth["samples"].set_index("sample")["expected_gate"] == "pass"
    assert (demo.counts[whole] > 0).all().sum() >= 200
    assert (demo.counts == 0).all(axis=1).sum() == 0


def test_as_many_cases_as_controls_are_sequenced_all_of_them_whole_and_at_diagnosis(demo):
    truth = demo.truth["samples"].set_index("sample").loc[list(demo.libraries)]
    assert truth["group"].value_counts().to_dict() == {"case": 12, "control": 12}
    assert set(truth["visit"]) == {"diagnosis"} and set(truth["expected_gate"]) == {"pass"}


def test_other_seeds_give_other_cohorts_and_the_same_seed_the_same():
    small = Design(
        cases=6, controls=6, followed=2, recurring=1, reference=3, features=60, affected=5
    )
    one, again, other = make_cohort(small, 1), make_cohort(small, 1), make_cohort(small, 2)
    pd.testing.assert_frame_equal(one.counts, again.counts)
    assert not one.counts.equals(other.counts)
    assert not one.samples.equals(other.samples)


def test_sheets_survive_a_round_trip(demo):
    text = demo.samples.to_csv(sep="\t", index=False)
    read = pd.read_csv(io.StringIO(text), sep="\t", keep_default_na=False, dtype=str)
    pd.testing.assert_frame_equal(read, demo.samples.astype(str))


@pytest.mark.parametrize(
    "change",
    [
        {"followed": 31},
        {"recurring": 13},
        {"affected": 161},
        {"controls": -1},
        {"batches": 0},
        {"low_fail": 200},
    ],
)
def test_impossible_designs_are_refused(change):
    with pytest.raises(ValueError, match="."):
        Design(**change)


def test_tiny_and_null_designs_work():
    tiny = Design(
        cases=2, controls=2, followed=1, recurring=0, visits=2, reference=0, features=20,
        affected=0, batches=1, low_fail=0, low_warn=0,
    )  # fmt: skip
    cohort = make_cohort(tiny, 3)
    assert cohort.counts.shape == (2 + 2 + 2, 20)
    assert cohort.truth["samples"]["signal"].eq(0).all()
    assert make_cohort(Design(effect=0), 3).truth["features"]["log2_fold_change"].eq(0).all()
