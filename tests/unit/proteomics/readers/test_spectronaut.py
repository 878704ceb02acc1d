from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.quantities import LEDGER
from evigil.proteomics.readers import spectronaut
from evigil.proteomics.stream import Stream


def sniffed(path):
    return spectronaut.sniff(SimpleNamespace(path=str(path), columns=Stream(path).columns.names))


def written(path, table, **options):
    pd.DataFrame(table).to_csv(path, sep="\t", index=False, **options)
    return path


def counts(**reasons):
    return dict.fromkeys(LEDGER, 0) | reasons


def test_the_real_report_and_its_copy_with_decimal_commas(shared, tmp_path):
    path = shared("proteomics/spectronaut/report_long.tsv")
    found = spectronaut.read(path, sniffed(path))
    table = pd.read_csv(path, sep="\t")
    name = table["FG.LabeledSequence"] + "." + table["FG.Charge"].astype(str)
    ions = table.groupby(name)["FG.Quantity"].first()
    assert found.values.shape == (1, 84) and found.level == "ion"
    np.testing.assert_allclose(found.values.iloc[0], np.log2(ions), rtol=1e-12)
    assert list(found.values.columns) == list(ions.index)
    assert found.ledger.iloc[0].to_dict() == counts(rows=500, duplicate=416, kept=84)
    groups = table.groupby(name)["PG.ProteinGroups"].first()
    assert (found.features["protein_group"] == groups).all()
    assert spectronaut.run_names(path, "long") == list(table["R.FileName"].unique())
    commas = written(tmp_path / "commas.tsv", table, decimal=",")
    again = spectronaut.read(commas, sniffed(commas))
    pd.testing.assert_frame_equal(found.values, again.values)


def row(run="S1", ion="_AK_.2", group="P1", quantity=8.0, **more):
    known = {"R.FileName": run, "PG.ProteinGroups": group, "PG.Genes": f"G{group[1:]}"}
    known |= {"EG.PrecursorId": ion, "EG.IsDecoy": "False", "EG.Qvalue": 0.001}
    known |= {"PG.Qvalue": 0.001, "PEP.StrippedSequence": ion.strip("_.2"), "PG.Quantity": 32.0}
    return known | {"FG.Quantity": quantity} | more


REPORT = [row(), row("S2", quantity=16.0), row(ion="_CK_.2", group="P2;P3", quantity=2.0)]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"FG.Quantity": "Filtered"}, "no_quantity"),
        ({"EG.Qvalue": "Profiled"}, "q_value"),
        ({"FG.Quantity": "NaN"}, "no_quantity"),
        ({"FG.Quantity": ""}, "no_quantity"),
        ({"FG.Quantity": 0}, "no_quantity"),
        ({"FG.Quantity": 1}, "no_quantity"),
        ({"EG.IsImputed": "True"}, "no_quantity"),
        ({"EG.Identified": "False"}, "q_value"),
        ({"EG.Qvalue": 0.02}, "q_value"),
        ({"EG.Qvalue": "NaN"}, "q_value"),
        ({"PG.Qvalue": 0.02}, "q_value"),
        ({"PG.QValue (Run-Wise)": 0.06}, "q_value"),
        ({"EG.IsDecoy": "True"}, "decoy"),
        ({"PG.ProteinGroups": "CON__P9"}, "contaminant"),
    ],
)
def test_each_reason_is_counted_once(tmp_path, more, reason):
    full = {"EG.IsImputed": "False", "EG.Identified": "True", "PG.QValue (Run-Wise)": 0.01}
    rows = [full | r for r in REPORT] + [full | row(ion="_XK_.2") | more]
    found = spectronaut.read(written(tmp_path / "r.tsv", rows), "long")
    assert list(found.values.columns) == ["_AK_.2", "_CK_.2"]
    assert found.ledger.loc["S1"].to_dict() == counts(rows=3, kept=2) | {reason: 1}


def test_missing_stays_missing(tmp_path):
    path = written(tmp_path / "r.tsv", REPORT)
    found = spectronaut.read(path, sniffed(path))
    expected = pd.DataFrame({"_AK_.2": [3.0, 4.0], "_CK_.2": [1.0, np.nan]}, ["S1", "S2"])
    pd.testing.assert_frame_equal(found.values, expected, check_names=False)
    assert list(found.features["protein_group"]) == ["P1", "P2;P3"]
    assert list(found.features["peptides"]) == [1, 1]


def test_the_raw_quantity_is_preferred(tmp_path):
    path = written(tmp_path / "r.tsv", [row(**{"FG.MS2RawQuantity": 64.0})])
    assert spectronaut.read(path, "long").values.loc["S1", "_AK_.2"] == 6


def test_a_report_of_protein_groups_is_of_proteins(tmp_path):
    keep = ["R.FileName", "PG.ProteinGroups", "PG.Genes", "PG.Quantity", "PG.Qvalue"]
    table = pd.DataFrame([*REPORT, row("S2", group="P2;P3", **{"PG.Quantity": "NaN"})])[keep]
    path = written(tmp_path / "r.tsv", table)
    found = spectronaut.read(path, sniffed(path))
    assert found.level == "protein"
    expected = pd.DataFrame({"P1": [5.0, 5.0], "P2;P3": [5.0, np.nan]}, ["S1", "S2"])
    pd.testing.assert_frame_equal(found.values, expected, check_names=False)


PIVOT = {
    "PG.ProteinGroups": ["P1", "P2;P3", "CON__P9"],
    "PG.Genes": ["A", "B;C", ""],
    "PG.NrOfStrippedSequencesIdentified (Experiment-wide)": [4, 1, 1],
    "[1] plate_S1.raw.PG.Quantity": ["4,5", "Filtered", "2,0"],
    "[2] plate_S2.raw.PG.Quantity": ["9,0", "1024,0", "2,0"],
    "[1] plate_S1.raw.PG.IBAQ": ["4,5;1", "Filtered", "2,0"],
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_pivot_with_decimal_commas(tmp_path, encoding):
    path = tmp_path / "pivot.xls"  # Spectronaut gives text this ending
    written(path, PIVOT, encoding=encoding, lineterminator="\r\n")
    found = spectronaut.read(path, sniffed(path))
    expected = pd.DataFrame(
        {"P1": np.log2([4.5, 9]), "P2;P3": [np.nan, 10]}, ["plate_S1", "plate_S2"]
    )
    pd.testing.assert_frame_equal(found.values, expected, check_names=False)
    assert found.layout == "pivot" and list(found.features["peptides"]) == [4, 1]
    assert found.ledger.loc["plate_S1"].to_dict() == counts(
        rows=3, contaminant=1, no_quantity=1, kept=1
    )
    assert spectronaut.run_names(path, "pivot") == ["plate_S1", "plate_S2"]


def test_a_pivot_of_precursors_uses_the_q_values_of_each_run(tmp_path):
    table = {
        "PG.ProteinGroups": ["P1", "P1"],
        "EG.PrecursorId": ["_AK_.2", "_CK_.2"],
        "[1] S1.d.FG.Quantity": [4.0, 8.0],
        "[2] S2.d.FG.Quantity": [16.0, 32.0],
        "[1] S1.d.EG.Qvalue": [0.001, 0.02],
        "[2] S2.d.EG.Qvalue": [0.001, 0.001],
    }
    found = spectronaut.read(written(tmp_path / "p.tsv", table), "pivot")
    expected = pd.DataFrame({"_AK_.2": [2.0, 4.0], "_CK_.2": [np.nan, 5.0]}, ["S1", "S2"])
    pd.testing.assert_frame_equal(found.values, expected, check_names=False)
    assert found.level == "ion" and found.ledger.loc["S1", "q_value"] == 1


@pytest.mark.parametrize(
    ("table", "layout", "line"),
    [
        (
            [{k.replace("R.FileName", "R.File"): v for k, v in row().items()}],
            "long",
            "no column 'R.FileName' or 'R.Raw File Name' or 'R.Label' (did you mean 'R.File'?)",
        ),
        (
            [{k: v for k, v in row().items() if "Quantity" not in k}],
            "long",
            "no column 'PG.Quantity'",
        ),
        (
            [*REPORT, row(quantity=9.0)],
            "long",
            "run 'S1' has two quantities of '_AK_.2'; two runs of one name, or a table that holds "
            "two searches?",
        ),
        (
            {k.replace("PG.Quantity", "PG.Amount"): v for k, v in PIVOT.items()},
            "pivot",
            "no column '<run>.PG.Quantity'",
        ),
        (
            PIVOT | {"[3] plate_S1.PG.Quantity": [1, 2, 3]},
            "pivot",
            "run 'plate_S1' has two columns ('[1] plate_S1.raw.PG.Quantity' and "
            "'[3] plate_S1.PG.Quantity')",
        ),
    ],
)
def test_faults_are_one_line(tmp_path, table, layout, line):
    path = written(tmp_path / "table.tsv", table)
    with pytest.raises(UserError) as error:
        spectronaut.read(path, layout)
    assert str(error.value) == f"{path}: {line}"


def test_other_tables_are_not_taken_for_it():
    def asked(*columns):
        return spectronaut.sniff(SimpleNamespace(path="x", columns=columns))

    assert asked("Run", "Protein.Group", "PG.MaxLFQ", "Global.PG.Q.Value") is None
    assert asked("Protein ID", "a.PG.Quantity") is None
