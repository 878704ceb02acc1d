from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.quantities import LEDGER
from evigil.proteomics.readers import maxquant
from evigil.proteomics.stream import Stream


def sniffed(path):
    return maxquant.sniff(SimpleNamespace(path=str(path), columns=Stream(path).columns.names))


def written(path, table):
    pd.DataFrame(table).to_csv(path, sep="\t", index=False)
    return path


def counts(**reasons):
    return dict.fromkeys(LEDGER, 0) | reasons


def test_the_real_protein_groups(shared):
    path = shared("proteomics/maxquant/proteus_maxquant_proteinGroups.txt.gz")
    found = maxquant.read(path, sniffed(path))
    table = pd.read_csv(path, sep="\t", low_memory=False)
    marks = ["Reverse", "Potential contaminant", "Only identified by site"]
    decoy, contaminant, site = ((table[name] == "+") for name in marks)
    used = table[~decoy & ~contaminant & ~site]
    assert (decoy.sum(), contaminant.sum(), site.sum()) == (68, 13, 112)
    assert found.values.shape == (14, len(used)) == (14, 3727)
    ledger = found.ledger.loc["A-1"]
    assert ledger["rows"] == 3883 and ledger["decoy"] == 68
    assert ledger["contaminant"] == (contaminant & ~decoy).sum()
    assert ledger["site_only"] == (site & ~contaminant & ~decoy).sum()
    names = used["Majority protein IDs"].str.replace(r"sp\|(\w+)\|\w+", r"\1", regex=True)
    lfq = used.set_index(names).filter(like="LFQ intensity ")
    lfq = np.log2(lfq.where(lfq > 0)).rename(columns=lambda c: c.removeprefix("LFQ intensity "))
    pd.testing.assert_frame_equal(
        found.values.T, lfq.sort_index().sort_index(axis=1), check_names=False
    )
    assert ledger["no_quantity"] == lfq["A-1"].isna().sum()
    assert maxquant.run_names(path, "proteinGroups") == sorted(lfq.columns)


def test_the_real_evidence(shared):
    path = shared("proteomics/maxquant/MaxQuant_evidence_sample.txt")
    found = maxquant.read(path, sniffed(path))
    table = pd.read_csv(path, sep="\t")
    used = table[table["Potential contaminant"].isna() & (table["Intensity"] > 0)]
    name = used["Modified sequence"] + "." + used["Charge"].astype(str)
    largest = used.groupby([used["Experiment"], name])["Intensity"].max().unstack()
    pd.testing.assert_frame_equal(found.values, np.log2(largest), check_names=False)
    assert found.ledger.sum().to_dict() == counts(
        rows=635, contaminant=12, no_quantity=22, duplicate=len(used) - 579, kept=579
    )
    assert found.features.loc["_TALHAMNALLAVYR_.2":, "protein_group"].str.match(r"[\w;-]+$").all()
    assert maxquant.run_names(path, "evidence") == sorted(table["Experiment"].unique())


def test_the_real_peptides(shared):
    path = shared("proteomics/maxquant/mq_peptides.txt")
    found = maxquant.read(path, sniffed(path))
    table = pd.read_csv(path, sep="\t", low_memory=False)
    values = table.filter(regex="^Intensity .").set_axis(table["Sequence"])
    marked = (table["Reverse"] == "+") | (table["Potential contaminant"] == "+")
    values = values[~marked.to_numpy()]
    values = np.log2(values.where(values > 0)).dropna(how="all")
    assert found.layout == "peptides" and found.values.shape == (12, len(values)) == (12, 959)
    expected = values.rename(columns=lambda c: c.removeprefix("Intensity ")).sort_index()
    pd.testing.assert_frame_equal(found.values.T, expected.sort_index(axis=1), check_names=False)


GROUPS = {
    "Protein IDs": ["P1;P1-2", "P2", "REV__P3", "CON__P4;P4", "P5", "P6"],
    "Majority protein IDs": ["P1", "P2", "REV__P3", "CON__P4;P4", "P5", "P6"],
    "Gene names": ["A;B", "", "", "", "E", "F"],
    "Razor + unique peptides": [4, 2, 1, 3, 1, 1],
    "Intensity A": [2, 0, 2, 2, 2, 0],
    "Intensity B": [4, 8, 2, 2, 2, 0],
    "LFQ intensity A": [16, 0, 2, 2, 2, 0],
    "LFQ intensity B": [32, 64, 2, 2, 2, 0],
    "iBAQ peptides": [2, 2, 2, 2, 2, 2],
    "iBAQ A": [1, 1, 1, 1, 1, 1],
    "Only identified by site": ["", "", "", "", "+", ""],
    "Reverse": ["", "", "+", "", "", ""],
    "Potential contaminant": ["", "", "", "+", "", ""],
}


def without(*names):
    return {name: cells for name, cells in GROUPS.items() if not name.startswith(names)}


@pytest.mark.parametrize(
    ("dropped", "expected"),
    [
        ((), [[4.0, np.nan], [5.0, 6.0]]),
        (("LFQ",), [[1.0, np.nan], [2.0, 3.0]]),
        (("LFQ", "Intensity"), [[0.0, 0.0]]),
    ],
)
def test_lfq_is_preferred_then_intensity_then_ibaq(tmp_path, dropped, expected):
    path = written(tmp_path / "proteinGroups.txt", without(*dropped))
    found = maxquant.read(path, sniffed(path))
    assert list(found.values.index) == ["A", "B"][: len(expected)]
    np.testing.assert_array_equal(found.values[["P1", "P2"]], expected)


def test_zero_is_missing_and_stays_so(tmp_path):
    found = maxquant.read(written(tmp_path / "g.txt", GROUPS), "proteinGroups")
    assert found.ledger.loc["A"].to_dict() == counts(
        rows=6, decoy=1, contaminant=1, site_only=1, no_quantity=2, kept=1
    )
    assert found.values["P6"].isna().all()  # a protein without any value
    assert found.features.loc["P1"].to_dict() == {
        "protein_group": "P1",
        "gene": "A;B",
        "peptides": 4,
    }


@pytest.mark.parametrize(
    "renamed",
    [
        {"Reverse": "Decoy", "Potential contaminant": "Contaminant"},
        {name: name.replace(" ", ".") for name in GROUPS},
        {"Majority protein IDs": "Majority Protein IDs", "Reverse": "reverse"},
    ],
)
def test_both_spellings_of_marks_are_known(tmp_path, renamed):
    table = {renamed.get(name, name): cells for name, cells in GROUPS.items()}
    path = written(tmp_path / "g.txt", table)
    assert sniffed(path) == "proteinGroups"
    one = maxquant.read(path, "proteinGroups")
    other = maxquant.read(written(tmp_path / "g.txt", GROUPS), "proteinGroups")
    pd.testing.assert_frame_equal(one.values, other.values)
    pd.testing.assert_frame_equal(one.ledger, other.ledger)


def test_marks_of_accessions_suffice(tmp_path):
    path = written(tmp_path / "g.txt", without("Reverse", "Potential"))
    found = maxquant.read(path, "proteinGroups")
    assert found.ledger.loc["A", ["decoy", "contaminant"]].tolist() == [1, 1]


EVIDENCE = {
    "Sequence": ["AK", "AK", "AK", "CK", "DK"],
    "Modified sequence": ["_AK_", "_AK_", "_AK_", "_C(ox)K_", "_DK_"],
    "Leading razor protein": ["sp|P1|A_HUMAN", "sp|P1|A_HUMAN", "sp|P1|A_HUMAN", "P2", "CON__P3"],
    "Raw file": ["r1", "r1", "r2", "r2", "r2"],
    "Charge": [2, 2, 2, 3, 2],
    "Intensity": [4.0, 16.0, 8.0, np.nan, 4.0],
    "Protein group IDs": [1, 1, 1, 2, 3],
    "Reverse": ["", "", "", "", ""],
    "Potential contaminant": ["", "", "", "", "+"],
}


def test_evidence_takes_the_largest_of_an_ion(tmp_path):
    path = written(tmp_path / "evidence.txt", EVIDENCE)
    found = maxquant.read(path, sniffed(path))
    assert found.values.to_dict() == {"_AK_.2": {"r1": 4.0, "r2": 3.0}}
    assert found.features.loc["_AK_.2", "protein_group"] == "P1"
    assert found.ledger.loc["r1"].to_dict() == counts(rows=2, duplicate=1, kept=1)
    assert found.ledger.loc["r2"].to_dict() == counts(rows=3, contaminant=1, no_quantity=1, kept=1)
    again = maxquant.read(written(path, pd.DataFrame(EVIDENCE)[::-1]), "evidence")
    pd.testing.assert_frame_equal(found.values, again.values)


def test_fractions_of_an_experiment_are_one_run(tmp_path):
    path = written(tmp_path / "evidence.txt", EVIDENCE | {"Experiment": ["A"] * 5})
    assert maxquant.run_names(path, "evidence") == ["A"]
    assert maxquant.read(path, "evidence").values.loc["A", "_AK_.2"] == 4


@pytest.mark.parametrize(
    ("table", "layout", "line"),
    [
        (
            without("LFQ", "Intensity", "iBAQ A"),
            "proteinGroups",
            "no column 'LFQ intensity <experiment>' or 'Intensity <experiment>' or "
            "'iBAQ <experiment>'",
        ),
        (
            without("Majority", "Protein"),
            "proteinGroups",
            "no column 'Majority protein IDs' or 'Protein IDs'",
        ),
        (
            {"Intensities" if k == "Intensity" else k: v for k, v in EVIDENCE.items()},
            "evidence",
            "no column 'Intensity' (did you mean 'Intensities'?)",
        ),
        (
            GROUPS | {"LFQ intensity A": [1, 2, 3, 4, 5, "x"]},
            "proteinGroups",
            "row 7: column 'LFQ intensity A': 'x' is not a number",
        ),
        (
            GROUPS | {"Majority protein IDs": ["P1", "P1", "P3", "P4", "P5", "P6"]},
            "proteinGroups",
            "run 'B' has two quantities of 'P1'; two runs of one name, or a table that holds "
            "two searches?",
        ),
    ],
)
def test_faults_are_one_line(tmp_path, table, layout, line):
    path = written(tmp_path / "table.txt", table)
    with pytest.raises(UserError) as error:
        maxquant.read(path, layout)
    assert str(error.value) == f"{path}: {line}"


def test_chosen_columns_of_protein_groups(tmp_path):
    table = without("Majority", "Gene", "Razor", "Intensity", "iBAQ")
    path = written(tmp_path / "t.txt", table)
    assert sniffed(path) == "proteinGroups"
    assert list(maxquant.read(path, "proteinGroups").values) == ["P1;P1-2", "P2", "P6"]
    few = SimpleNamespace(path="t", columns=["Protein IDs", "Gene names", "LFQ intensity A"])
    assert maxquant.sniff(few) == "proteinGroups"
    sites = ["Proteins", "Fasta headers", "Reverse", "Potential contaminant"]
    assert maxquant.sniff(SimpleNamespace(path="Phospho (STY)Sites.txt", columns=sites)) is None


@pytest.mark.parametrize(
    "column", ["Ratio H/L normalized", "Ratio.H.L", "Reporter intensity corrected 1 A"]
)
def test_several_samples_in_one_run_are_refused(tmp_path, column):
    path = written(tmp_path / "t.txt", GROUPS | {column: [1.0] * 6, "Intensity L A": [1.0] * 6})
    with pytest.raises(UserError) as error:
        maxquant.run_names(path, "proteinGroups")
    assert str(error.value) == (
        f"{path}: several samples in one run (column {column!r}): SILAC, TMT and iTRAQ are not "
        "read from MaxQuant's tables; give a matrix with a column per sample"
    )
