"""Plain matrices: counts of the real files, marks, decoys, and scales that are not what is said."""

import csv
import io

import numpy as np
import openpyxl
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.detect import detect, read_quantities, run_names
from evigil.tables import write_matrix


def fault(path, *arguments, **named):
    with pytest.raises(UserError) as caught:
        read_quantities(path, *arguments, **named)
    message = str(caught.value)
    assert "\n" not in message and message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def sheet_of(path):
    book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True, data_only=True)
    rows = list(book.worksheets[0].iter_rows(values_only=True))
    return rows[0], rows[1:]


def test_mag_net(shared):
    path = shared("proteomics/magnet/ev_vs_plasma_protein_areas.csv")
    with path.open() as text:
        header, *rows = csv.reader(text)
    cells = [float(cell) for row in rows for cell in row[3:]]
    found = read_quantities(path, scale="linear", samples=header[3:])
    assert (found.format, found.level) == ("matrix", "protein")
    assert found.values.shape == (6, len(rows)) == (6, 4675)
    assert int(found.values.isna().to_numpy().sum()) == cells.count(0.0) == 271
    totals = found.ledger.sum()
    assert (totals["rows"], totals["no_quantity"], totals["kept"]) == (28050, 271, 27779)
    assert found.features.loc["P02768"].tolist()[:2] == ["P02768", "ALB"]
    assert found.values.loc[header[3], "Q9BY50"] == np.log2(2603565.25)
    assert run_names(path, scale="linear", samples=header[3:])[2] == sorted(header[3:])


def test_hye124(shared):
    path = shared("proteomics/hye124/HYE124_diann_directlfq_protein_intensities.tsv")
    with path.open() as text:
        header, *rows = csv.reader(text, delimiter="\t")
    zeros = sum(float(cell) == 0 for row in rows for cell in row[1:])
    found = read_quantities(path, "matrix", "linear", header[1:])
    assert found.values.shape == (5, len(rows)) == (5, 13458)
    assert int(found.values.isna().to_numpy().sum()) == zeros == 3345
    assert (found.features["protein_group"] == found.features.index).all()
    assert read_quantities(path, "matrix", "linear", header[1:3]).values.shape == (2, 13458)


def test_validated_ev_markers(shared):
    path = shared("proteomics/ev_isolation/merge_validaded_EV_markers.xlsx")
    header, rows = sheet_of(path)
    runs = list(header[header.index("C_1") :])
    found = read_quantities(path, "matrix", "linear", runs)
    assert found.values.shape == (len(runs), len(rows)) == (105, 28)
    # the column of accessions is misspelt in the file: known by its cells
    accessions = [row[header.index("Acession number ")].strip() for row in rows]
    assert found.values.columns.tolist() == sorted(accessions)
    assert found.features.loc["P21926", "gene"] == "CD9;MIC3;TSPAN29;GIG2"


def test_isolation_methods_compared(shared):
    path = shared("proteomics/ev_isolation/Plasma_EV_proteomics_analysis_abundance_matrix.xlsx")
    header, rows = sheet_of(path)
    runs = list(header[7:])
    filled = sum(cell is not None for row in rows for cell in row[7:])
    found = read_quantities(path, "matrix", "linear", runs)
    assert found.values.shape == (len(runs), len(rows)) == (105, 4611)
    assert int(found.values.notna().to_numpy().sum()) == filled == 102533
    place = next(row for row in rows if row[2] == "Q9NVA2")
    assert found.values.loc["C_1", "Q9NVA2"] == np.log2(place[7])
    assert found.features.loc["Q9NVA2", "gene"] == "SEPTIN11;SEPT11"
    assert "2 columns ('Original row', 'top_100') of numbers" in found.notes[1]


LINEAR = pd.DataFrame(
    2.0 ** np.random.default_rng(5).normal(22, 3, (6, 40)),
    index=[f"S{i}" for i in range(6)],
    columns=[f"P{i:05}" for i in range(40)],
)


def written(table, path):
    table.T.rename_axis("protein").to_csv(path, sep="\t")
    return path


def test_without_names_every_column_of_numbers_is_a_run(tmp_path):
    table = LINEAR.T.rename_axis("protein").reset_index()
    table.insert(1, "gene", [f"G{i}" for i in range(40)])
    table.insert(3, "S9", np.nan)
    table.to_csv(tmp_path / "t.csv", index=False)
    found = read_quantities(tmp_path / "t.csv", scale="linear")
    assert found.values.index.tolist() == [*LINEAR.index, "S9"]
    assert found.features["gene"].iloc[0] == "G0"
    write_matrix(LINEAR, tmp_path / "t")
    assert run_names(tmp_path / "t.h5ad", scale="linear")[2] == list(LINEAR.index)


def test_zero_is_missing_and_linear_is_log2(tmp_path):
    table = LINEAR.copy()
    table.iloc[0, 0], table.iloc[1, 0] = 0, np.nan
    found = read_quantities(
        written(table, tmp_path / "t.tsv"), scale="linear", samples=LINEAR.index
    )
    expected = np.log2(LINEAR.to_numpy())
    expected[:2, 0] = np.nan
    np.testing.assert_allclose(found.values, expected, rtol=1e-15)
    assert found.ledger["no_quantity"].tolist() == [1, 1, 0, 0, 0, 0]


def test_zero_of_logarithms_is_a_value(tmp_path):
    table = np.log2(LINEAR) - 22
    table.iloc[0, 0], table.iloc[1, 0] = 0, np.nan
    found = read_quantities(written(table, tmp_path / "t.tsv"), scale="log2", samples=LINEAR.index)
    assert found.values.iloc[0, 0] == 0 and np.isnan(found.values.iloc[1, 0])
    assert found.values.isna().to_numpy().sum() == 1


def test_decoys_and_contaminants_are_counted_and_left_out(tmp_path):
    names = ["CON__P02768", "REV__P00001", "sp|P21926|CD9_HUMAN;Q12345", "P60033"]
    table = LINEAR.iloc[:, :4].set_axis(names, axis=1)
    path = written(table, tmp_path / "t.tsv")
    found = read_quantities(path, scale="linear", samples=list(LINEAR.index))
    assert found.values.columns.tolist() == ["P21926;Q12345", "P60033"]
    assert found.features["protein_group"].tolist() == ["P21926;Q12345", "P60033"]
    ledger = found.ledger[["rows", "decoy", "contaminant", "kept"]]
    assert ledger.drop_duplicates().to_numpy().tolist() == [[4, 1, 1, 2]]


def test_genes_without_accessions(tmp_path):
    table = LINEAR.iloc[:, :2].set_axis(["CD9", "CD63"], axis=1)
    path = written(table, tmp_path / "t.tsv")
    found = read_quantities(path, scale="linear", samples=list(LINEAR.index))
    assert found.features["gene"].tolist() == ["CD63", "CD9"]
    assert found.features["protein_group"].tolist() == ["", ""]


def test_marks_become_censored_and_limit_on_the_log_scale(tmp_path):
    table = LINEAR.round(3).astype(object)
    table.iloc[0, 0], table.iloc[1, 1], table.iloc[2, 2] = "<1024", "**2048", "below LOD"
    found = read_quantities(
        written(table, tmp_path / "t.tsv"), scale="linear", samples=LINEAR.index
    )
    assert np.isnan([found.values.iloc[i, i] for i in range(3)]).all()
    assert [bool(found.censored.iloc[i, i]) for i in range(3)] == [True] * 3
    assert int(found.censored.to_numpy().sum()) == 3
    np.testing.assert_array_equal([found.limit.iloc[i, i] for i in range(3)], [10, 11, np.nan])
    assert int(found.limit.notna().to_numpy().sum()) == 2
    assert (found.ledger["no_quantity"] == [1, 1, 1, 0, 0, 0]).all()


def test_limits_are_not_held_against_the_scale(tmp_path):
    """Thirty equal limits are no sign of logarithms."""
    table = pd.DataFrame("<5", [f"S{i}" for i in range(8)], [f"P{i}" for i in range(6)])
    table.iloc[:, 0] = [str(10.0**i) for i in range(8)]
    found = read_quantities(
        written(table, tmp_path / "t.tsv"), samples=list(table.index), scale="linear"
    )
    assert found.values.notna().sum().sum() == 8
    assert (found.limit.iloc[:, 1:] == np.log2(5)).all(axis=None)


@pytest.mark.parametrize("ending", ["csv", "csv.gz", "xlsx", "h5ad", "crlf.tsv", "bom.tsv"])
def test_every_form_is_the_same(tmp_path, ending):
    path = tmp_path / f"t.{ending}"
    turned = LINEAR.T.rename_axis("protein")
    if ending == "h5ad":
        write_matrix(LINEAR, tmp_path / "t")
    elif ending == "xlsx":
        turned.to_excel(path)
    else:
        options = {"crlf.tsv": {"lineterminator": "\r\n"}, "bom.tsv": {"encoding": "utf-8-sig"}}
        turned.to_csv(path, sep="\t" if "tsv" in ending else ",", **options.get(ending, {}))
    found = read_quantities(path, scale="linear", samples=list(LINEAR.index))
    np.testing.assert_allclose(found.values, np.log2(LINEAR), rtol=1e-15)
    assert run_names(path, scale="linear", samples=list(LINEAR.index))[2] == list(LINEAR.index)


@pytest.mark.parametrize(
    ("table", "scale", "expected"),
    [
        (LINEAR, None, "no table of a known engine; a plain matrix needs a scale: linear or log2"),
        (LINEAR, "ln", "scale must be one of linear, log2, got 'ln'"),
        (
            LINEAR.clip(1, 2**24),
            "log2",
            "declared log2, but the largest value is 1.67772e+07: declare scale linear",
        ),
        (LINEAR * 0 + 1e300, "linear", "the largest value is 1e+300: no intensity is above 2^64"),
        (
            np.log2(LINEAR) - 20,
            "linear",
            "declared linear, but the smallest value is -5.1936: declare scale log2",
        ),
    ],
)
def test_scales_that_are_not_what_is_said(tmp_path, table, scale, expected):
    for turned in (table, table.T):  # features in rows and in columns, read whole or looked at
        path = written(turned, tmp_path / "t.tsv")
        assert fault(path, scale=scale, samples=list(LINEAR.index)) == expected
        with pytest.raises(UserError) as caught:
            run_names(path, scale=scale, samples=list(LINEAR.index))
        assert str(caught.value).partition(" value is")[0] in f"{path}: {expected}"


def test_logarithms_said_to_be_linear(tmp_path):
    path = written(np.log2(LINEAR), tmp_path / "t.tsv")
    said = fault(path, scale="linear", samples=list(LINEAR.index))
    assert said.startswith("declared linear, but the values look like logarithms (1 % below 1")
    assert said.endswith("): declare scale log2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("protein\tS1\tS2\n", "no row below the header"),
        (
            "protein\tS1\tS2\nP1\t1,5\t2,5\n",
            "row 2, column 'S1': '1,5' has a comma; decimals take a point, and thousands are not "
            "separated",
        ),
        ("protein\tS1\tS1\nP1\t1\t2\n", "row 1: 'S1' stands in columns 2 and 3"),
        ("protein\tS1\tS2\nP1\t1\t2\nP1\t1\t2\n", "row 3: 'P1' stands in row 2 already"),
        (
            "protein\tA1\tA2\nP1\t1\t2\n",
            "no sample of the sheet in its header or first column; looked for 2 samples ('S1', "
            "'S2')",
        ),
    ],
)
def test_faults(tmp_path, text, expected):
    path = tmp_path / "t.tsv"
    path.write_text(text)
    assert fault(path, scale="linear", samples=["S1", "S2"]) == expected


def test_it_is_a_matrix_when_no_engine_wrote_it(tmp_path):
    assert detect(written(LINEAR, tmp_path / "t.tsv")) == ("matrix", "matrix")


def test_a_parquet_file_of_no_engine(tmp_path):
    path = tmp_path / "t.parquet"
    LINEAR.T.reset_index().to_parquet(path)
    assert fault(path, scale="linear") == (
        "is no table of an engine that is known (it begins with the columns 'index', 'S0', 'S1', "
        "'S2', …); a plain matrix is TSV, CSV, .xlsx or .h5ad"
    )


def test_runs_with_folders_and_endings_of_their_files(tmp_path):
    path = tmp_path / "report.gg_matrix.tsv"
    path.write_text("Genes\tC:\\x\\S1.raw\tS2.mzML.gz\tS3\tscore\nALB\t4\t8\t2\t1\nTF\t2\t\t4\t1\n")
    found = read_quantities(path, scale="linear", samples=["S1", "S2", "d/S3.raw", "S9"])
    assert list(found.values.index) == ["C:\\x\\S1.raw", "S2.mzML.gz", "S3"]
    np.testing.assert_array_equal(found.values["ALB"], [2, 3, 1])
    names = run_names(path, scale="linear", samples=["S1", "S2"])[2]
    assert names == ["C:\\x\\S1.raw", "S2.mzML.gz"]
