from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.quantities import LEDGER
from evigil.proteomics.readers import fragpipe
from evigil.proteomics.stream import Stream


def sniffed(path):
    return fragpipe.sniff(SimpleNamespace(path=str(path), columns=Stream(path).columns.names))


def written(path, table):
    pd.DataFrame(table).to_csv(path, sep="\t", index=False)
    return path


def logged(table, suffix):
    values = table.filter(regex=f"{suffix}$").rename(columns=lambda c: c.removesuffix(suffix))
    return np.log2(values.where(values > 0)).sort_index().sort_index(axis=1)


def test_the_real_ions(shared):
    path = shared("proteomics/fragpipe/combined_ion.tsv")
    found = fragpipe.read(path, sniffed(path))
    table = pd.read_csv(path, sep="\t")
    table.index = table["Modified Sequence"] + "." + table["Charge"].astype(str)
    contaminant = table["Protein"].str.contains("contam_|Cont_|CON__|cRAP")
    values = logged(table[~contaminant], " Intensity")
    assert values.shape == (494, 6) and contaminant.sum() == 6
    pd.testing.assert_frame_equal(found.values.T, values.dropna(how="all"), check_names=False)
    assert found.ledger.sum()[["rows", "contaminant", "no_quantity", "kept"]].tolist() == [
        3000,
        36,
        values.isna().sum().sum(),
        values.notna().sum().sum(),
    ]
    assert fragpipe.run_names(path, "combined_ion") == list(values.columns)
    assert found.features.loc["AAAAAAALQAK.2", "protein_group"] == "P36578"


def test_the_real_proteins(shared):
    path = shared("proteomics/fragpipe/combined_protein.tsv")
    found = fragpipe.read(path, sniffed(path))
    table = pd.read_csv(path, sep="\t").set_index("Protein ID")
    values = logged(table, " Razor Intensity")
    pd.testing.assert_frame_equal(found.values.T, values, check_names=False)
    assert found.values.shape == (20, 10) and found.level == "protein"
    assert found.ledger["no_quantity"].sum() == (table.filter(like="Intensity") == 0).sum().sum()
    assert found.features.loc["P04114"].to_dict() == {
        "protein_group": "P04114",
        "gene": "APOB",
        "peptides": 573,
    }


PROTEINS = {
    "Protein": ["sp|P1|A_HUMAN", "sp|P2|B_HUMAN", "contam_sp|P3|C_BOVIN", "rev_sp|P4|D_HUMAN"],
    "Protein ID": ["P1", "P2", "P3", "P4"],
    "Entry Name": ["A_HUMAN", "B_HUMAN", "C_BOVIN", "D_HUMAN"],
    "Gene": ["A", "B", "C", "D"],
    "Protein Probability": [1, 1, 1, 1],
    "Combined Total Peptides": [5, 2, 1, 1],
    "a_1 Spectral Count": [3, 1, 1, 1],
    "a_1 Intensity": [2, 0, 4, 4],
    "b_1 Intensity": [4, 8, 4, 4],
    "a_1 MaxLFQ Intensity": [16, 0, 4, 4],
    "b_1 MaxLFQ Intensity": [32, 64, 4, 4],
    "Indistinguishable Proteins": ["", "sp|P2-2|B_HUMAN, tr|Q9|Q9_HUMAN", "", ""],
}
NOTES = {
    "file": ["/x/1.raw", "/x/2.raw"],
    "sample": ["a_1", "b_1"],
    "sample_name": ["tumour 1", "b_1"],
    "condition": ["a", "b"],
    "replicate": [1, 1],
}


def test_maxlfq_is_preferred_and_zero_is_missing(tmp_path):
    path = written(tmp_path / "combined_protein.tsv", PROTEINS)
    found = fragpipe.read(path, sniffed(path))
    expected = pd.DataFrame({"P1": [4.0, 5.0], "P2;P2-2;Q9": [np.nan, 6.0]}, ["a_1", "b_1"])
    pd.testing.assert_frame_equal(found.values, expected, check_names=False)
    assert found.ledger.loc["a_1"].to_dict() == dict.fromkeys(LEDGER, 0) | {
        "rows": 4,
        "decoy": 1,
        "contaminant": 1,
        "no_quantity": 1,
        "kept": 1,
    }
    plain = {name: cells for name, cells in PROTEINS.items() if "MaxLFQ" not in name}
    found = fragpipe.read(written(path, plain), "combined_protein")
    assert list(found.values["P1"]) == [1, 2]


def test_the_annotation_beside_names_the_runs(tmp_path):
    path = written(tmp_path / "combined_protein.tsv", PROTEINS)
    assert fragpipe.companion(path) is None
    beside = written(tmp_path / "experiment_annotation.tsv", NOTES)
    assert fragpipe.companion(path) == beside
    assert fragpipe.run_names(path, "combined_protein") == ["b_1", "tumour 1"]
    assert fragpipe.read(path, "combined_protein").values.loc["tumour 1", "P1"] == 4


def test_faults_of_the_annotation_are_one_line(tmp_path):
    path = written(tmp_path / "combined_protein.tsv", PROTEINS)
    beside = written(tmp_path / "experiment_annotation.tsv", NOTES | {"sample": ["a_1", "b_2"]})
    line = "run 'b_1' is not in column 'sample' of experiment_annotation.tsv beside it"
    with pytest.raises(UserError) as error:
        fragpipe.read(path, "combined_protein")
    assert str(error.value) == f"{path}: {line} (did you mean 'b_2'?)"
    written(beside, {"file": ["x"], "samples": ["a_1"]})
    with pytest.raises(UserError) as error:
        fragpipe.run_names(path, "combined_protein")
    assert str(error.value) == f"{beside}: no column 'sample' (did you mean 'samples'?)"
    written(beside, NOTES | {"sample_name": ["b_1", "b_1"]})
    with pytest.raises(UserError, match=r"run 'b_1' has two columns \('a_1 Max.* and 'b_1 Max"):
        fragpipe.read(path, "combined_protein")


IONS = {
    "Peptide Sequence": ["AK", "AK", "CK"],
    "Modified Sequence": ["AK", "AK", "C[57.02]K"],
    "Charge": [2, 2, 3],
    "Compensation Voltage": [-45, -60, -45],
    "Protein": ["sp|P1|A_HUMAN", "sp|P1|A_HUMAN", "sp|P2|B_HUMAN"],
    "Protein ID": ["P1", "P1", "P2"],
    "a Intensity": [4.0, 8.0, 0.0],
    "b Intensity": [0.0, 2.0, 0.0],
    "a Match Type": ["MS/MS", "MBR", "unmatched"],
}


def test_an_ion_at_two_voltages_counts_by_its_largest(tmp_path):
    path = written(tmp_path / "combined_ion.tsv", IONS)
    found = fragpipe.read(path, sniffed(path))
    assert found.values.to_dict() == {"AK.2": {"a": 3.0, "b": 1.0}}  # an ion never seen is none
    assert found.ledger.loc["a", ["duplicate", "no_quantity", "kept"]].tolist() == [1, 1, 1]


def test_a_table_of_one_sample_is_no_combined_one(tmp_path):
    single = [name for name in PROTEINS if not name.startswith(("a_1", "b_1", "Combined"))]
    columns = [*single, "Total Intensity", "Unique Intensity", "Razor Intensity"]
    assert fragpipe.sniff(SimpleNamespace(path="protein.tsv", columns=columns)) is None
    assert fragpipe.sniff(SimpleNamespace(path="x", columns=[*columns, "a Razor Intensity"]))


def test_faults_are_one_line(tmp_path):
    path = written(tmp_path / "t.tsv", {k.replace("Intensity", "Area"): v for k, v in IONS.items()})
    with pytest.raises(UserError) as error:
        fragpipe.read(path, "combined_ion")
    assert str(error.value) == (
        f"{path}: no column '<run> MaxLFQ Intensity' or '<run> Intensity'; FragPipe's tables of "
        "one run, and those of spectral counts alone, are not read"
    )
    written(path, IONS | {"a Intensity": [0.0] * 3, "b Intensity": [0.0] * 3})
    with pytest.raises(UserError, match=r"no row of 6 can be used \(6 no_quantity\)$"):
        fragpipe.read(path, "combined_ion")


@pytest.mark.parametrize(
    ("layout", "dropped", "features"),
    [
        ("combined_modified_peptide", ("Charge",), ["AK", "C[57.02]K"]),
        ("combined_peptide", ("Charge", "Modified"), ["AK", "CK"]),
    ],
)
def test_peptides_are_no_proteins(tmp_path, layout, dropped, features):
    table = {name: cells[1:] for name, cells in IONS.items() if not name.startswith(dropped)}
    table |= {"Entry Name": ["A_HUMAN", "B_HUMAN"], "b Intensity": [2.0, 4.0], "Charges": ["2", 3]}
    table |= {"a MaxLFQ Intensity": [1.0, 1.0], "b MaxLFQ Intensity": [1.0, 1.0]}
    path = written(tmp_path / "t.tsv", table)
    assert sniffed(path) == layout
    found = fragpipe.read(path, layout)
    assert found.level == "ion" and list(found.values) == features
    np.testing.assert_array_equal(found.values, [[3, np.nan], [1, 2]])  # of Intensity
    assert found.features["protein_group"].tolist() == ["P1", "P2"]
    assert fragpipe.run_names(path, layout) == ["a", "b"]


@pytest.mark.parametrize("counts", ["Combined Spectral Count", "Summarized Total Spectral Count"])
def test_spectral_counts_are_no_quantities(tmp_path, counts):
    table = {name: cells for name, cells in PROTEINS.items() if "Intensity" not in name}
    del table["Combined Total Peptides"]
    path = written(tmp_path / "combined_protein.tsv", table | {counts: [1, 2, 3, 4]})
    assert sniffed(path) == "combined_protein"
    with pytest.raises(UserError, match="those of spectral counts alone, are not read$"):
        fragpipe.run_names(path, "combined_protein")
