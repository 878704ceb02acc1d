from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from evigil.errors import UserError
from evigil.proteomics.quantities import LEDGER
from evigil.proteomics.readers import diann
from evigil.proteomics.stream import Stream


def row(run="S1", ion="AAAK2", group="P1", quantity=8.0, **more):
    known = {"Run": run, "Precursor.Id": ion, "Protein.Group": group, "Genes": f"G{group[1:]}"}
    known |= {"Stripped.Sequence": ion[:-1], "Precursor.Quantity": quantity, "Q.Value": 0.001}
    known |= {"Global.Q.Value": 0.001, "Global.PG.Q.Value": 0.001, "PG.Q.Value": 0.001}
    return known | more


REPORT = [
    row(),
    row("S2", quantity=16.0),
    row(ion="CCCK2", quantity=4.0),
    row("S2", ion="DDDK3", group="P2;P3", quantity=2.0),
]


def written(path, rows, sep="\t", **options):
    pd.DataFrame(rows).to_csv(path, sep=sep, index=False, **options)
    return path


def as_parquet(path, rows):
    parquet.write_table(pa.Table.from_pylist(rows), path)
    return path


def sniffed(path):
    return diann.sniff(SimpleNamespace(path=str(path), columns=Stream(path).columns.names))


def test_the_real_report_has_the_rows_that_pass(shared):
    path = shared("proteomics/diann/DIANN_1.9_beta_sample_report.tsv")
    found = diann.read(path, sniffed(path))
    report = pd.read_csv(path, sep="\t")
    passing = report[
        (report["Q.Value"] <= 0.01)
        & (report["Global.Q.Value"] <= 0.01)
        & (report["Global.PG.Q.Value"] <= 0.01)
        & (report["PG.Q.Value"] <= 0.05)
    ]
    expected = passing.pivot(index="Run", columns="Precursor.Id", values="Precursor.Quantity")
    pd.testing.assert_frame_equal(found.values, np.log2(expected), check_names=False)
    assert found.level == "ion" and found.layout == "report"
    assert found.ledger["rows"].sum() == len(report) == 1168
    assert found.ledger["q_value"].sum() == len(report) - len(passing) == 31
    assert diann.run_names(path, "report") == sorted(report["Run"].unique())
    proteins = passing.drop_duplicates("Precursor.Id").set_index("Precursor.Id")["Protein.Group"]
    assert (found.features["protein_group"] == proteins[found.values.columns]).all()
    peptides = passing.groupby("Protein.Group")["Stripped.Sequence"].nunique()
    assert list(found.features["peptides"]) == list(peptides[found.features["protein_group"]])


def test_the_real_matrix_keeps_what_is_missing(shared):
    path = shared("proteomics/diann/report.pg_matrix.tsv")
    found = diann.read(path, sniffed(path))
    table = pd.read_csv(path, sep="\t").set_index("Protein.Group").filter(regex=r"^S\d+$")
    assert found.values.shape == (20, 10) and found.level == "protein"
    pd.testing.assert_frame_equal(
        found.values.T, np.log2(table).sort_index().sort_index(axis=1), check_names=False
    )
    assert found.ledger["no_quantity"].sum() == table.isna().sum().sum() == 145
    assert found.values["A0A024RBG1"].isna().all()  # a group without any value stays
    assert found.features.loc["A0A024RBG1;Q9NZJ9", "gene"] == "NUDT4;NUDT4B"
    assert diann.run_names(path, "pg_matrix") == sorted(table.columns)


@pytest.mark.parametrize("make", [written, as_parquet])
def test_text_and_parquet_give_the_same(tmp_path, make):
    path = make(tmp_path / ("r.parquet" if make is as_parquet else "r.tsv"), REPORT)
    found = diann.read(path, sniffed(path))
    expected = pd.DataFrame(
        {"AAAK2": [3.0, 4.0], "CCCK2": [2.0, np.nan], "DDDK3": [np.nan, 1.0]}, ["S1", "S2"]
    )
    pd.testing.assert_frame_equal(found.values, expected, check_names=False)
    assert list(found.features["protein_group"]) == ["P1", "P1", "P2;P3"]
    assert list(found.features["peptides"]) == [2, 2, 1]
    assert list(found.ledger.columns) == list(LEDGER)
    assert diann.run_names(path, "report") == ["S1", "S2"]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"Q.Value": 0.011}, "q_value"),
        ({"Global.Q.Value": 0.011}, "q_value"),
        ({"Global.PG.Q.Value": 0.011}, "q_value"),
        ({"PG.Q.Value": 0.051}, "q_value"),
        ({"PG.Q.Value": np.nan}, "q_value"),  # not known to pass
        ({"Precursor.Quantity": 0.0}, "no_quantity"),
        ({"Precursor.Quantity": np.nan}, "no_quantity"),
        ({"Precursor.Quantity": -1.0}, "no_quantity"),
        ({"Precursor.Quantity": np.inf}, "no_quantity"),
        ({"Decoy": 1}, "decoy"),
        ({"Protein.Group": "rev_P9"}, "decoy"),
        ({"Protein.Group": "Cont_P9;P1"}, "contaminant"),
        ({"Protein.Group": "cRAP-P9"}, "contaminant"),
        ({"Protein.Group": "DECOY_P9", "Q.Value": 1.0, "Precursor.Quantity": 0.0}, "decoy"),
        ({"Protein.Group": "Cont_P9", "Q.Value": 1.0}, "contaminant"),
    ],
)
def test_each_reason_is_counted_once(tmp_path, more, reason):
    rows = [{"Decoy": 0} | r for r in REPORT] + [{"Decoy": 0} | row(ion="XXXK2") | more]
    for path in (written(tmp_path / "r.tsv", rows), as_parquet(tmp_path / "r.parquet", rows)):
        found = diann.read(path, "report")
        assert list(found.values.columns) == ["AAAK2", "CCCK2", "DDDK3"]
        expected = dict.fromkeys(LEDGER, 0) | {"rows": 3, "kept": 2, reason: 1}
        assert found.ledger.loc["S1"].to_dict() == expected


def test_limits_themselves_pass(tmp_path):
    at = {"Q.Value": 0.01, "Global.Q.Value": 0.01, "Global.PG.Q.Value": 0.01, "PG.Q.Value": 0.05}
    found = diann.read(written(tmp_path / "r.tsv", [row(**at)]), "report")
    assert found.ledger.loc["S1", "kept"] == 1


def test_columns_of_other_versions_are_optional(tmp_path):
    rows = [
        {"Run": "S1", "Precursor.Id": "AAAK2", "Protein.Group": "P1", "Precursor.Normalised": 4.0}
    ]
    found = diann.read(written(tmp_path / "r.tsv", rows), "report")
    assert found.values.loc["S1", "AAAK2"] == 2
    assert found.features.loc["AAAK2", "gene"] == "" and np.isnan(
        found.features.loc["AAAK2", "peptides"]
    )


def test_any_order_and_any_parts_give_the_same(tmp_path, monkeypatch):
    rng = np.random.default_rng(1)
    rows = [
        row(f"S{run}", f"ION{ion}K2", f"P{ion % 7}", float(rng.uniform(1, 100)))
        for run in range(6)
        for ion in rng.choice(40, 25, replace=False)
    ]
    one = diann.read(as_parquet(tmp_path / "a.parquet", rows), "report")
    monkeypatch.setattr("evigil.proteomics.stream.ROWS", 7)
    monkeypatch.setattr("evigil.proteomics.stream.BLOCK", 500)
    other = list(rng.permutation(np.array(rows, dtype=object)))
    for path in (as_parquet(tmp_path / "b.parquet", other), written(tmp_path / "b.tsv", other)):
        again = diann.read(path, "report")
        pd.testing.assert_frame_equal(one.values, again.values)
        pd.testing.assert_frame_equal(one.features, again.features)
        pd.testing.assert_frame_equal(one.ledger, again.ledger)


def test_a_run_of_which_nothing_passes_stays_empty(tmp_path):
    path = written(tmp_path / "r.tsv", [*REPORT, row("S0", **{"Q.Value": 0.5})])
    found = diann.read(path, "report")
    assert list(found.values.index) == ["S0", "S1", "S2"]
    assert found.values.loc["S0"].isna().all() and found.ledger.loc["S0", "q_value"] == 1


def test_an_ion_of_two_groups_gets_the_first_by_name(tmp_path):
    rows = [row("S1", group="P2"), row("S2", group="P1"), row("S3", group="P3")]
    for order in (rows, rows[::-1]):
        found = diann.read(written(tmp_path / "r.tsv", order), "report")
        assert found.features.loc["AAAK2", "protein_group"] == "P1"
        assert found.features.loc["AAAK2", "gene"] == "G1"


def test_rows_without_a_protein_are_left_out_and_told(tmp_path):
    nameless = [row(ion="XK2", group=""), row(ion="YK2", group="", **{"Q.Value": 1.0})]
    path = written(tmp_path / "r.tsv", [*REPORT, *nameless])
    found = diann.read(path, "report")
    assert found.notes == (f"{path}: 2 rows name no protein: not used",)
    assert found.ledger.loc["S1", ["no_quantity", "q_value", "kept"]].tolist() == [1, 1, 2]
    assert list(found.values.columns) == ["AAAK2", "CCCK2", "DDDK3"]


def test_blank_rows_below_a_table_are_none(tmp_path):
    for table, layout in ((REPORT, "report"), (MATRIX, "pg_matrix")):
        path = written(tmp_path / "r.csv", table, sep=",")
        clean = diann.read(path, layout)
        commas = "," * (len(pd.DataFrame(table).columns) - 1)
        path.write_text(path.read_text() + f"{commas}\n\n{commas}\n")
        found = diann.read(path, layout)
        pd.testing.assert_frame_equal(found.values, clean.values)
        pd.testing.assert_frame_equal(found.ledger, clean.ledger)
        assert found.notes == ()


def test_the_same_row_twice_counts_once(tmp_path):
    found = diann.read(written(tmp_path / "r.tsv", [*REPORT, row()]), "report")
    assert found.ledger.loc["S1", "duplicate"] == 1 and found.ledger.loc["S1", "kept"] == 2
    assert found.values.loc["S1", "AAAK2"] == 3


def test_bom_crlf_and_decimal_commas_are_read(tmp_path):
    path = tmp_path / "r.tsv"
    rows = [row(quantity=2.5), row("S2", quantity=1024)]
    written(path, rows, encoding="utf-8-sig", lineterminator="\r\n", decimal=",")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfRun\t") and b"2,5\t" in path.read_bytes()
    found = diann.read(path, sniffed(path))
    assert list(found.values["AAAK2"]) == [np.log2(2.5), 10]


@pytest.mark.parametrize("name", ["r.tsv.gz", "r.csv", "r.xlsx"])
def test_other_containers_are_read(tmp_path, name):
    path = tmp_path / name
    if name.endswith("xlsx"):
        pd.DataFrame(REPORT).to_excel(path, index=False)
    else:
        written(path, REPORT, sep="," if "csv" in name else "\t")
    assert diann.read(path, sniffed(path)).ledger["kept"].sum() == 4


def faulty(tmp_path, fault):
    path = tmp_path / "r.tsv"
    if fault == "renamed":
        written(path, [{"Precursors" if k == "Precursor.Id" else k: v for k, v in row().items()}])
    elif fault == "two runs of one name":
        written(path, [*REPORT, row(quantity=9.0)])
    elif fault == "no rows":
        path.write_text("\t".join(row()) + "\n")
    elif fault == "empty":
        path.write_text("")
    elif fault == "text":
        written(path, [*REPORT, row(quantity="many")])
    elif fault == "mixed decimals":
        written(path, [row(quantity="1,5"), row("S2", quantity="1.5")])
    elif fault == "no run":
        written(path, [row(), row("", ion="CCCK2")])
    elif fault == "cut off":
        text = written(path, REPORT).read_text()
        path.write_text(text[: text.rindex("DDDK3")])
    elif fault == "nothing passes":
        written(path, [row(**{"Q.Value": 0.2}), row("S2", quantity=0.0)])
    elif fault == "a cell too many":
        path.write_text(written(path, REPORT).read_text().rstrip("\n") + "\t1\n")
    return path


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        ("renamed", "no column 'Precursor.Id' (did you mean 'Precursors'?)"),
        (
            "two runs of one name",
            "run 'S1' has two quantities of 'AAAK2'; two runs of one name, or a table that holds "
            "two searches?",
        ),
        ("no rows", "no row below the header"),
        ("empty", "the file is empty"),
        ("text", "row 6: column 'Precursor.Quantity': 'many' is not a number"),
        (
            "mixed decimals",
            "row 3: column 'Precursor.Quantity': '1.5' is not a number; other cells have a "
            "decimal comma",
        ),
        ("no run", "a row names no run"),
        ("cut off", "row 5: 2 cells, the header has 10 columns"),
        ("nothing passes", "no row of 2 can be used (1 q_value, 1 no_quantity)"),
        ("a cell too many", "row 5: 11 cells, the header has 10 columns"),
    ],
)
def test_faults_of_text_are_one_line(tmp_path, fault, line):
    path = faulty(tmp_path, fault)
    with pytest.raises(UserError) as error:
        diann.read(path, "report")
    assert str(error.value) == f"{path}: {line}"


def test_faults_of_parquet_are_one_line(tmp_path):
    path = as_parquet(tmp_path / "r.parquet", REPORT)
    whole = path.read_bytes()
    for content in (whole[:-40], b"PAR1" + whole[100:], b"nothing", b""):
        path.write_bytes(content)
        with pytest.raises(UserError, match="r.parquet: is no parquet file, or cut off") as error:
            diann.read(path, "report")
        assert "\n" not in str(error.value)
    as_parquet(path, [row(quantity="many")])
    with pytest.raises(UserError, match=r"parquet: column 'Precursor.Quantity': is not numbers$"):
        diann.read(path, "report")
    parquet.write_table(pa.Table.from_pylist(REPORT).slice(0, 0), path)
    with pytest.raises(UserError, match=r"parquet: no row below the header$"):
        diann.read(path, "report")
    with pytest.raises(UserError, match="none.parquet: no such file$"):
        diann.read(tmp_path / "none.parquet", "report")


MATRIX = {
    "Protein.Group": ["P1", "P2;P3", "cRAP-P9"],
    "Protein.Names": ["A_HUMAN", "B_HUMAN", "C_HUMAN"],
    "Genes": ["A", "B;C", ""],
    "First.Protein.Description": ["", "", ""],
    "N.Sequences": [3, 1, 2],
    "D:\\runs\\S1.raw": [4.0, np.nan, 8.0],
    "D:\\runs\\S2.2.raw": [0.0, 2.0, 8.0],
}


def test_matrix_names_runs_as_the_report_does(tmp_path):
    path = written(tmp_path / "report.pg_matrix.tsv", MATRIX)
    found = diann.read(path, sniffed(path))
    expected = pd.DataFrame({"P1": [2, np.nan], "P2;P3": [np.nan, 1]}, ["S1", "S2.2"])
    pd.testing.assert_frame_equal(found.values, expected, check_names=False)
    assert list(found.features["peptides"]) == [3, 1]
    assert found.ledger.loc["S1"].to_dict() == dict.fromkeys(LEDGER, 0) | {
        "rows": 3,
        "contaminant": 1,
        "no_quantity": 1,
        "kept": 1,
    }


def test_precursor_matrix_is_of_ions(tmp_path):
    table = MATRIX | {"Precursor.Id": ["AK2", "BK2", "CK2"], "Stripped.Sequence": ["AK", "BK", ""]}
    path = written(tmp_path / "report.pr_matrix.tsv", table)
    found = diann.read(path, sniffed(path))
    assert found.level == "ion" and list(found.values.columns) == ["AK2", "BK2"]
    assert diann.run_names(path, "pr_matrix") == ["S1", "S2.2"]


def test_two_columns_of_one_run_are_refused(tmp_path):
    path = written(tmp_path / "m.tsv", MATRIX | {"E:\\S1.raw": [1, 2, 3]})
    with pytest.raises(UserError, match=r"run 'S1' has two columns \('D:.*' and 'E:.*'\)$"):
        diann.read(path, "pg_matrix")


def test_other_tables_are_not_taken_for_it():
    def asked(*columns):
        return diann.sniff(SimpleNamespace(path="x", columns=columns))

    assert asked("Genes", "S1", "S2") is None
    assert asked("Protein IDs", "Protein names", "Gene names", "Intensity A") is None
    assert asked("Protein Group", "Protein", "Protein ID", "Gene Names", "A Intensity") is None
    assert asked("Run", "Precursor.Ident", "Protein.Group", "Q.Value") == "report"


@pytest.mark.parametrize("channel", ["Channel.L", "Channel.8"])
def test_channels_of_labels_are_refused(tmp_path, channel):
    path = written(tmp_path / "r.tsv", [row(**{"Channel.Q.Value": 0, channel: 1.0})])
    with pytest.raises(UserError) as error:
        diann.run_names(path, sniffed(path))
    assert str(error.value) == (
        f"{path}: several samples in one run (column {channel!r}): channels of labels are not "
        "read; give a matrix with a column per sample"
    )
    path = written(tmp_path / "r.tsv", [row(**{"Channel.Q.Value": 0, "Channel.Evidence.Ms1": 0})])
    assert diann.run_names(path, sniffed(path)) == ["S1"]
