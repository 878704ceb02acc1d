"""A search's rows, and one search as several programs write it."""

import io

import numpy as np
import pandas as pd
import pytest

from evigil.simulate.cohort import make_cohort
from evigil.simulate.design import Design
from evigil.simulate.engines import (
    diann_groups,
    diann_report,
    maxquant_groups,
    plain_matrix,
    run_sheet,
)

DESIGN = Design(
    cases=10, controls=10, followed=2, recurring=1, visits=2, reference=4, features=60,
    affected=5, sequenced=0, proteins=120,
)  # fmt: skip


@pytest.fixture(scope="module")
def cohort():
    return make_cohort(DESIGN, 4)


@pytest.fixture(scope="module")
def searched(cohort):
    return cohort.searched


@pytest.fixture(scope="module")
def report(searched):
    return pd.read_parquet(io.BytesIO(diann_report(searched)))


def test_the_published_filters_keep_the_rows_that_are_right(report, searched):
    """The limits of the workflow's methods, written out once more."""
    keep = (
        (report["Decoy"] == 0)
        & ~report["Protein.Group"].str.startswith("Cont_")
        & (report["Q.Value"] <= 0.01)
        & (report["Global.Q.Value"] <= 0.01)
        & (report["PG.Q.Value"] <= 0.05)
        & (report["Global.PG.Q.Value"] <= 0.01)
        & (report["Precursor.Quantity"] > 0)
    )
    assert keep.tolist() == (searched.rows["reason"] == "").tolist()
    assert set(searched.rows["reason"]) == {
        "", "decoy", "contaminant", "q_value", "global_q_value", "group_q_value",
        "global_group_q_value", "no_quantity",
    }  # fmt: skip
    assert not report[keep].duplicated(["Run", "Precursor.Id"]).any()


def test_kept_rows_are_the_precursors_of_the_proteome(cohort, searched):
    kept = searched.rows.query("reason == ''")
    wide = kept.pivot(index="sample", columns="precursor", values="quantity")
    ions = cohort.proteome.ions.reindex(index=wide.index, columns=wide.columns)
    np.testing.assert_allclose(np.log2(wide), ions.where(wide.notna()), atol=1e-4)
    # of what was seen hardly more is lost than was planted
    lost = cohort.proteome.ions.notna().to_numpy().sum() - len(kept)
    assert 0.01 < lost / len(kept) < 0.06


def test_protein_quantities_are_the_abundances_but_for_noise_and_batch(cohort, searched):
    difference = searched.quantities - cohort.proteome.abundance
    assert abs(difference.median().median()) < 0.05
    assert difference.std().median() < 0.25
    batch = cohort.proteome.samples.set_index("sample")["batch"]
    within = difference.groupby(batch).transform(lambda column: column - column.mean())
    assert within.stack().abs().median() < 0.12
    assert searched.quantities.notna().equals(searched.peptides > 0)


def test_runs_are_named_as_a_facility_does(cohort, searched, report):
    sheet = run_sheet(searched)
    assert sorted(sheet["sample"]) == cohort.counts.index.tolist()
    assert set(report["Run"]) == set(sheet["run"]) and sheet["run"].is_unique
    assert sheet["run"].str.fullmatch(r"2024\d{4}_EV_b[1-4]_\d{3}").all()
    assert searched.runs["path"].str.fullmatch(r"D:\\Data\\EV_study\\.*\.raw").all()


def test_one_search_is_the_same_numbers_in_every_form(searched, report):
    truth = searched.quantities.T
    groups = pd.read_csv(io.BytesIO(diann_groups(searched)), sep="\t", index_col="Protein.Group")
    path = searched.runs.set_index("path")["sample"]
    groups = groups.iloc[:, 4:].rename(columns=path)[truth.columns]
    plain = pd.read_csv(io.BytesIO(plain_matrix(searched)), sep="\t", index_col="protein_group")
    maxquant = pd.read_csv(
        io.BytesIO(maxquant_groups(searched)), sep="\t", index_col="Majority protein IDs"
    )
    marks = ["Only identified by site", "Reverse", "Potential contaminant"]
    assert (maxquant[marks] == "+").sum().tolist() == [1, 1, 1]
    maxquant = maxquant[maxquant[marks].isna().all(axis=1)].filter(regex="^LFQ intensity ")
    maxquant = maxquant.rename(columns=lambda name: name.removeprefix("LFQ intensity "))
    kept = report[(searched.rows["reason"] == "").to_numpy()]
    long = kept.groupby(["Protein.Group", "Run"])["PG.MaxLFQ"].agg(["min", "max"])
    assert (long["min"] == long["max"]).all()
    long = long["max"].astype(float).unstack().reindex(truth.index)
    long = long.rename(columns=searched.runs.set_index("run")["sample"])[truth.columns]
    for table in (groups, plain[truth.columns], maxquant.replace(0, np.nan), long):
        table = np.log2(table).rename_axis(index=None, columns=None)
        expected = truth.rename_axis(index=None, columns=None)
        pd.testing.assert_frame_equal(table, expected, rtol=0, atol=1e-6)


def test_the_same_bytes_every_time(searched):
    again = make_cohort(DESIGN, 4).searched
    for render in (diann_report, diann_groups, maxquant_groups, plain_matrix):
        assert render(again) == render(searched)
