"""Identity: swapped tubes are named, what is there twice is found, clean cohorts are left be."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evigil.quality.assay_limits import Layer
from evigil.quality.identity import IDENTITY, identity
from evigil.quality.likeness import FEWEST_FEATURES
from evigil.simulate.cohort import make_cohort
from evigil.simulate.design import Design

DESIGN = Design(
    cases=8, controls=8, followed=4, recurring=2, visits=3, reference=16, reference_draws=3,
    features=500, affected=20, low_fail=0, low_warn=0, sequenced=0, between_share=0.5,
)  # fmt: skip


def checked(cohort, **more):
    sheet = cohort.samples.merge(cohort.patients[["patient", "sex"]], on="patient", how="left")
    sheet = sheet.replace("", None)
    sheet["role"] = sheet["role"].fillna("sample") if "role" in sheet else "sample"
    layers = {"smallrna": Layer(cohort.counts, "counts")}
    return identity(layers, sheet, {"smallrna": more.pop("usable", cohort.counts.index)}, **more)


def odd(table, check="visits"):
    return table[(table["check"] == check) & (table["verdict"] != "pass")]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_swapped_pair_is_named_and_nobody_else(seed):
    cohort = make_cohort(replace(DESIGN, swapped=1), seed)
    table = checked(cohort)
    assert table.columns.tolist() == [*IDENTITY]
    planted = cohort.truth["faults"].query("fault == 'swapped'")
    found = odd(table)
    assert found["sample"].tolist() == planted["sample"].tolist()
    assert found["partner"].tolist() == planted["partner"].tolist()
    assert set(found["verdict"]) == {"warn"} and (found["rank"] > 1).all()
    assert (found["value"] < found["cut"]).all() and (found["best_other"] > found["cut"] / 2).all()
    one, other = found.to_dict("records")
    assert one["partner_patient"] == other["patient"]
    told = f"seems to have changed places with {other['sample']} of {other['patient']}"
    assert one["reason"] == told
    repeated = cohort.samples["patient"].duplicated(keep=False)
    assert (table["check"] == "visits").sum() == repeated.sum()


@pytest.mark.parametrize("seed", range(10, 16))
def test_a_clean_cohort_is_left_be(seed):
    table = checked(make_cohort(DESIGN, seed))
    assert odd(table).empty and odd(table, "columns").empty
    visits = table[table["check"] == "visits"]
    assert (visits["rank"] == 1).mean() > 0.99
    sex = table[table["check"] == "sex"]
    assert sex[["sample", "verdict", "reason"]].to_numpy().tolist() == [
        ["", "not_evaluable", "no RNA or protein of its features is known to be linked to sex"]
    ]


def test_with_two_visits_of_each_the_others_may_have_been_swapped():
    cohort = make_cohort(replace(DESIGN, followed=0, recurring=0, reference_draws=2), 4)
    a, b = ["reference-01-v1", "reference-02-v1"]
    counts = cohort.counts.copy()
    counts.loc[[a, b]] = counts.loc[[b, a]].to_numpy()
    found = odd(checked(replace(cohort, counts=counts)))
    mine = "with two visits of each, reference-01-v2 and reference-02-v2 may as well have"
    assert found["reason"].tolist() == [
        f"seems to have changed places with {b} of reference-02; {mine}",
        f"seems to have changed places with {a} of reference-01; {mine}",
    ]


def test_a_tube_of_somebody_with_one_visit():
    cohort = make_cohort(DESIGN, 5)
    a, b = "reference-01-v2", "control-03-v0"
    counts = cohort.counts.copy()
    counts.loc[[a, b]] = counts.loc[[b, a]].to_numpy()
    found = odd(checked(replace(cohort, counts=counts)))
    assert found[["sample", "partner"]].to_numpy().tolist() == [[a, b]]


def test_a_tube_that_was_filled_from_another_person():
    cohort = make_cohort(DESIGN, 6)
    counts = cohort.counts.copy()
    counts.loc["reference-01-v2"] = counts.loc["reference-05-v1"] + 1
    found = odd(checked(replace(cohort, counts=counts)))
    assert found[["sample", "reason"]].to_numpy().tolist() == [
        ["reference-01-v2", "is like the visits of reference-05, not like its patient's"]
    ]


def test_noise_is_like_nobody():
    cohort = make_cohort(DESIGN, 7)
    counts = cohort.counts.copy()
    rng = np.random.default_rng(1)
    shares = counts.mean() / counts.mean().sum()
    counts.loc["reference-01-v2"] = rng.poisson(3_000 * shares)
    found = odd(checked(replace(cohort, counts=counts)))
    like = "is like nobody's visits, its patient's neither: too noisy, or of somebody else"
    assert found[["sample", "verdict", "reason"]].to_numpy().tolist() == [
        ["reference-01-v2", "not_evaluable", like]
    ]
    usable = counts.index.drop("reference-01-v2")
    assert odd(checked(replace(cohort, counts=counts), usable=usable)).empty


def test_duplicates_are_found_and_replicates_are_one_specimen():
    cohort = make_cohort(replace(DESIGN, duplicated=1, blanks=2), 8)
    fault = cohort.truth["faults"].query("fault == 'duplicate'").iloc[0]
    found = odd(checked(cohort), "columns")
    assert found["sample"].tolist() == sorted([fault["sample"], fault["partner"]])
    assert found["partner"].tolist() == found["sample"].tolist()[::-1]
    assert (
        found["reason"].iloc[0]
        == f"has the same value as {found['partner'].iloc[0]} in every feature"
    )  # noqa: E501
    sheet = cohort.samples.assign(role="sample", replicate_of=None)
    sheet.loc[sheet["sample"] == fault["sample"], "replicate_of"] = fault["partner"]
    layers = {"smallrna": Layer(cohort.counts, "counts")}
    table = identity(layers, sheet.replace("", None), {"smallrna": cohort.counts.index})
    assert fault["sample"] not in set(table.query("check == 'visits'")["sample"])


def test_the_same_reads_in_two_files():
    ledger = pd.DataFrame(
        {
            "sample": ["a", "b", "c", "d", "e"],
            "reads": [1000, 1000, 1000, 0, 0],
            "miRNA": [900, 900, 900, 0, 0],
            "unmapped": [100, 100, 100, 0, 0],
        }
    )
    measured = pd.DataFrame(
        {"sample": [*"abcde"], "bases_read": [5, 5, 5, 0, 0], "q30_bases": [4, 4, 3, 0, 0]}
    )
    sheet = pd.DataFrame({"sample": [*"abcde"], "patient": [*"pqrst"], "role": "sample"})
    table = identity({}, sheet, {}, ledger, measured)
    assert table[["sample", "partner", "partner_patient"]].to_numpy().tolist() == [
        ["a", "b", "q"],
        ["b", "a", "p"],
    ]
    assert table["reason"].iloc[0] == "its FASTQ holds the same reads as that of b"
    alone = identity({}, sheet, {}, ledger[2:], measured)
    assert alone[["verdict", "reason"]].to_numpy().tolist() == [
        ["pass", "no two FASTQ files hold the same reads"]
    ]


def sexed(n=8):
    rng = np.random.default_rng(2)
    names = [f"s{i:02d}" for i in range(2 * n)]
    values = pd.DataFrame(rng.normal(10, 1, (2 * n, 12)), names, [f"g{i}" for i in range(12)])
    values["Rps4y1"] = np.where(np.arange(2 * n) < n, 12.0, np.nan)
    values["XIST"] = np.where(np.arange(2 * n) < n, 3.0, 9.0) + rng.normal(0, 0.3, 2 * n)
    sheet = pd.DataFrame({"sample": names, "patient": names, "role": "sample"})
    return values, sheet.assign(sex=["M"] * n + ["female"] * n)


def of_sex(values, sheet):
    table = identity({"rna": Layer(values, "log2")}, sheet, {"rna": values.index})
    return table[table["check"] == "sex"]


def test_sex_against_the_sheet():
    values, sheet = sexed()
    found = of_sex(values, sheet)
    assert found[["verdict", "reason"]].to_numpy().tolist() == [
        ["pass", "all 16 samples fit the sex of the sheet"]
    ]
    sheet.loc[3, "sex"] = "female"
    found = of_sex(values, sheet)
    assert found[["sample", "verdict", "reason"]].to_numpy().tolist() == [
        ["s03", "warn", "the sheet says female, what is linked to sex says otherwise"]
    ]


def test_sex_that_cannot_be_told():
    values, sheet = sexed(4)
    assert of_sex(values, sheet)["reason"].tolist() == ["fewer than 5 men or 5 women"]
    told = of_sex(values, sheet.drop(columns="sex"))["reason"]
    assert told.tolist() == ["the sheets have no column sex"]
    values, sheet = sexed()
    mixed = sheet.assign(sex=["M", "F"] * 8)
    reason = "what is linked to sex does not tell men from women here"
    assert of_sex(values, mixed)["reason"].tolist() == [reason]


@pytest.mark.parametrize(
    ("roles", "reason"),
    [
        (["sample"], "0 patients have two visits or more that can be used, fewer than 5"),
        (["blank"] * 3, "0 patients have two visits or more that can be used, fewer than 5"),
        ([], "0 patients have two visits or more that can be used, fewer than 5"),
    ],
)
def test_cohorts_that_are_too_small(roles, reason):
    names = [f"s{i}" for i in range(len(roles))]
    rng = np.random.default_rng(0)
    counts = pd.DataFrame(rng.poisson(9, (len(names), 80)), names, [f"f{i}" for i in range(80)])
    patient = [name if role == "sample" else None for name, role in zip(names, roles, strict=True)]
    sheet = pd.DataFrame({"sample": names, "patient": patient, "role": roles})
    table = identity({"smallrna": Layer(counts, "counts")}, sheet, {"smallrna": names})
    told = table.set_index("check")
    assert told.loc["visits", ["verdict", "reason"]].tolist() == ["not_evaluable", reason]
    assert told.loc["columns", "reason"] == "no two samples have the same values"
    assert identity({}, sheet, {}).columns.tolist() == [*IDENTITY]


def test_people_who_are_all_alike_cannot_be_told_apart():
    cohort = make_cohort(replace(DESIGN, between_share=0.0), 9)
    found = odd(checked(cohort))
    assert len(found) == 1
    assert found["verdict"].iloc[0] == "not_evaluable"
    assert re.fullmatch(
        r"visits of one person are too little more alike than samples of two: median correlations "
        r"-?0\.0\d and -?0\.0\d lie -?0\.\d of their spreads apart, 3 are needed",
        found["reason"].iloc[0],
    )


def test_features_that_are_too_few_to_know_a_person_by():
    cohort = make_cohort(DESIGN, 3)
    few = cohort.counts.iloc[:, : FEWEST_FEATURES - 1]
    assert odd(checked(replace(cohort, counts=few)))["reason"].tolist() == [
        f"fewer than {FEWEST_FEATURES} features are in most samples"
    ]


def test_order_does_not_matter():
    cohort = make_cohort(replace(DESIGN, swapped=1), 1)
    turned = replace(
        cohort, counts=cohort.counts.iloc[::-1, ::-1], samples=cohort.samples.iloc[::-1]
    )
    pd.testing.assert_frame_equal(checked(cohort), checked(turned), rtol=1e-12)
