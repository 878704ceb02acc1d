"""One simulated search through every engine's table: the same matrix, and the same rows dropped."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evigil.matrix.roll_up import DirectLFQ
from evigil.proteomics.detect import read_quantities
from evigil.simulate.cohort import make_cohort
from evigil.simulate.design import Design
from evigil.simulate.engines import diann_groups, diann_report, maxquant_groups, plain_matrix

DESIGN = Design(
    cases=10, controls=10, followed=2, recurring=1, visits=2, reference=4, features=60,
    affected=5, sequenced=0, proteins=120,
)  # fmt: skip
#: What a filter of a search engine calls what the simulator calls so.
REASONS = {
    "q_value": ["q_value", "global_q_value", "group_q_value", "global_group_q_value"],
    "decoy": ["decoy"],
    "contaminant": ["contaminant"],
    "no_quantity": ["no_quantity"],
    "kept": [""],
}


@pytest.fixture(scope="module")
def searched():
    return make_cohort(DESIGN, 4).searched


@pytest.fixture(scope="module")
def folder(tmp_path_factory, searched):
    folder = tmp_path_factory.mktemp("layouts")
    files = {
        "report.parquet": diann_report(searched),
        "report.pg_matrix.tsv": diann_groups(searched),
        "proteinGroups.txt": maxquant_groups(searched),
        "matrix.tsv": plain_matrix(searched),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return folder


@pytest.fixture(scope="module")
def report(folder):
    return read_quantities(folder / "report.parquet")


def by_sample(values: pd.DataFrame, searched) -> pd.DataFrame:
    """Runs under their samples' names, sorted; without proteins that no run has."""
    samples = dict(zip(searched.runs["run"], searched.runs["sample"], strict=True))
    values = values.rename(index=samples).sort_index().rename_axis(index=None, columns=None)
    return values.dropna(axis="columns", how="all")


@pytest.mark.parametrize(
    ("name", "format", "layout", "scale"),
    [
        ("report.pg_matrix.tsv", "diann", "pg_matrix", None),
        ("proteinGroups.txt", "maxquant", "proteinGroups", None),
        ("matrix.tsv", "matrix", "matrix", "linear"),
    ],
)
def test_the_engines_own_proteins_are_the_same_in_three_layouts(
    folder, searched, name, format, layout, scale
):
    samples = tuple(searched.quantities.index)
    found = read_quantities(folder / name, scale=scale, samples=samples)
    assert (found.format, found.layout, found.level) == (format, layout, "protein")
    expected = by_sample(searched.quantities, searched)
    pd.testing.assert_frame_equal(
        by_sample(found.values, searched), expected, rtol=0, atol=1e-12, check_freq=False
    )
    groups = found.features.loc[expected.columns]
    assert groups["protein_group"].tolist() == expected.columns.tolist()
    assert groups["gene"].tolist() == searched.genes[expected.columns].tolist()


def test_the_rows_that_fall_are_those_that_should(report, searched):
    assert (report.format, report.layout, report.level) == ("diann", "report", "ion")
    counts = searched.rows.groupby(["run", "reason"]).size().unstack(fill_value=0)
    ledger = report.ledger
    assert ledger.index.tolist() == counts.index.tolist()
    for name, reasons in REASONS.items():
        assert ledger[name].tolist() == counts[reasons].sum(axis=1).tolist(), name
    assert ledger["rows"].tolist() == counts.sum(axis=1).tolist()
    assert (ledger.drop(columns="rows").sum(axis=1) == ledger["rows"]).all()


def test_ions_are_what_was_measured(report, searched):
    kept = searched.rows.query("reason == ''")
    expected = kept.pivot(index="run", columns="precursor", values="quantity")
    assert report.values.index.tolist() == expected.index.tolist()
    assert report.values.columns.tolist() == expected.columns.tolist()
    np.testing.assert_allclose(report.values, np.log2(expected), rtol=0, atol=1e-6)
    group = kept.drop_duplicates("precursor").set_index("precursor")["protein_group"]
    assert report.features["protein_group"].to_dict() == group.to_dict()


def test_rolled_up_ions_are_the_engines_proteins_but_for_noise(report, searched):
    """directLFQ knows neither offsets nor loading; the engine's quantities are free of both."""
    rolled = DirectLFQ().fit(report.values, report.features["protein_group"])
    proteins = by_sample(rolled.transform(report.values), searched)
    engine = searched.quantities[proteins.columns].rename_axis(index=None, columns=None)
    difference = proteins - engine
    difference = difference.sub(difference.median(axis=1), axis=0)
    difference = difference.sub(difference.median(), axis="columns")
    assert difference.stack().abs().median() < 0.05
    assert difference.stack().abs().quantile(0.99) < 0.5


def write_ions(searched, folder: Path, name: str) -> Path:
    """Write the ions as other engines do; each as its own export looks."""
    kept = searched.rows.query("reason == ''")
    path = folder / name
    if name == "evidence.txt":
        table = pd.DataFrame(
            {
                "Sequence": kept["sequence"],
                "Modifications": "Unmodified",
                "Modified sequence": "_" + kept["sequence"] + "_",
                "Proteins": kept["protein_group"],
                "Leading razor protein": kept["protein_group"],
                "Raw file": kept["run"],
                "Experiment": kept["run"],
                "Charge": kept["charge"],
                "Retention time": 20.5,
                "MS/MS count": 1,
                "Intensity": kept["quantity"].astype(int),
                "Reverse": "",
                "Potential contaminant": "",
                "Protein group IDs": 0,
                "Peptide ID": 0,
                "Mod. peptide ID": 0,
            }
        )
        table.to_csv(path, sep="\t", index=False, lineterminator="\r\n")
    elif name == "combined_ion.tsv":
        keys = ["sequence", "charge", "protein_group", "gene"]
        wide = kept.pivot(index=keys, columns="run", values="quantity")
        wide = wide.fillna(0).add_suffix(" Intensity").reset_index()
        head = pd.DataFrame(
            {
                "Peptide Sequence": wide["sequence"],
                "Modified Sequence": wide["sequence"],
                "Charge": wide["charge"],
                "Protein": "sp|" + wide["protein_group"] + "|X_HUMAN",
                "Protein ID": wide["protein_group"],
                "Gene": wide["gene"],
            }
        )
        pd.concat([head, wide.drop(columns=keys)], axis=1).to_csv(path, sep="\t", index=False)
    else:
        table = pd.DataFrame(
            {
                "R.FileName": kept["run"],
                "PG.ProteinGroups": kept["protein_group"],
                "PG.ProteinAccessions": kept["protein_group"],
                "PG.Genes": kept["gene"],
                "PG.Qvalue": 0.0005,
                "PEP.StrippedSequence": kept["sequence"],
                "EG.PrecursorId": "_" + kept["sequence"] + "_." + kept["charge"].astype(str),
                "EG.Qvalue": 0.0001,
                "FG.Charge": kept["charge"],
                "FG.Quantity": kept["quantity"] + 0.25,
            }
        )
        table.to_csv(path, sep="\t", index=False, decimal=",", encoding="utf-8-sig")
    return path


@pytest.mark.parametrize("name", ["evidence.txt", "combined_ion.tsv", "Report.tsv"])
def test_ions_are_the_same_from_every_engine(folder, searched, report, name):
    found = read_quantities(write_ions(searched, folder, name))
    assert found.level == "ion"
    pd.testing.assert_frame_equal(
        by_sequence(found.values), by_sequence(report.values), rtol=0, atol=1e-4
    )


def by_sequence(values: pd.DataFrame) -> pd.DataFrame:
    """Ions under their sequences, of which each has one charge; engines name ions differently."""
    values = values.rename(columns=lambda name: re.sub("[^A-Z]", "", name))
    return values.sort_index(axis=1).rename_axis(index=None, columns=None)
