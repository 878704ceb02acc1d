"""210 proteomes of four sites, as sheet and matrix: a held-out site one by one, or at once."""

import csv
import io
import os

import openpyxl
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.cohort import join
from evigil.proteomics.part import Part
from evigil.proteomics.quantities import Quantities
from evigil.proteomics.settings import Settings
from evigil.proteomics.table import read_table
from evigil.study import Study

SITES = {"Berlin": 83, "Sweden": 60, "Magdeburg": 38, "Kiel": 16}
CONFIG = {
    "project": "csf",
    "samples": "samples.tsv",
    "proteomics": {"tables": "proteomics.tsv"},
}


def split(path, folder):
    """Write the table's proteins as a matrix, and what it tells of the people as a sheet."""
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
    header, *rows = book.worksheets[0].iter_rows(values_only=True)
    proteins = [i for i, name in enumerate(header) if not name.startswith("_")]
    facts = {
        "site": header.index("_collection site"),
        "condition": header.index("_primary biochemical AD classification"),
    }

    def write(name, *lines):
        with (folder / name).open("w", newline="") as text:
            csv.writer(text, delimiter="\t", lineterminator="\n").writerows(lines)

    def cell(value):
        return "" if value is None else value

    named = list(enumerate(rows, start=1))  # row number = sample
    people = ([i, f"P{i}", *(row[c] or "unknown" for c in facts.values())] for i, row in named)
    write("samples.tsv", ["sample", "patient", *facts], *people)
    write(
        "csf.tsv",
        ["sample", *(header[i] for i in proteins)],
        *([i, *(cell(row[c]) for c in proteins)] for i, row in named),
    )
    write("proteomics.tsv", ["path", "format", "scale"], ["csf.tsv", "matrix", "linear"])
    return len(proteins), sum(row[i] is not None for row in rows for i in proteins)


@pytest.fixture(scope="module")
def csf(shared, tmp_path_factory):
    folder = tmp_path_factory.mktemp("csf")
    proteins, filled = split(shared("proteomics/alzheimer_csf/Alzheimer.xlsx"), folder)
    study = Study.from_config(CONFIG, folder)
    before = os.getcwd()
    os.chdir(folder)
    try:
        found, sample_of = read_table("csf.tsv", "matrix", "linear", None, study.samples["sample"])
        with pytest.raises(
            UserError, match=r"^csf.tsv: declared log2, but .*: declare scale linear$"
        ):
            read_table("csf.tsv", "matrix", "log2", None, study.samples["sample"])
    finally:
        os.chdir(before)
    assert found.values.shape == (210, proteins)
    assert int(found.values.notna().to_numpy().sum()) == filled
    assert sample_of == {sample: sample for sample in study.samples["sample"]}
    return found, study.samples.set_index("sample")["site"]


def part(found: Quantities, samples: list[str]) -> Part:
    """Take some samples of a table, as if it held no others."""
    own = found._replace(
        values=found.values.loc[samples],
        runs=found.runs.loc[samples],
        ledger=found.ledger.loc[samples],
    )
    return Part("csf.tsv", "", own, pd.Series(samples, samples))


@pytest.mark.parametrize("site", SITES)
def test_a_site_that_was_not_fitted_on(csf, site):
    found, sites = csf
    held = sorted(sites.index[sites == site])
    train = sorted(sites.index[sites != site])
    assert len(held) == SITES[site]
    together = join([part(found, sorted([*train, *held]))], Settings(frozenset(train))).values
    for sample in held[:: max(len(held) // 4, 1)]:
        alone = join([part(found, sorted([*train, sample]))], Settings(frozenset(train))).values
        pd.testing.assert_series_equal(
            alone.loc[sample].reindex(together.columns), together.loc[sample], rtol=0, atol=1e-9
        )
    # nothing is filled in
    missing = found.values.loc[together.index, together.columns].isna()
    assert (together.isna() == missing).all(axis=None)
