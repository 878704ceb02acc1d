"""Olink's exports: counts of the real files, every spelling, what is no sample and no protein."""

import csv
import io
from collections import Counter

import numpy as np
import openpyxl
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.proteomics.detect import detect, read_quantities, run_names

REASONS = ["decoy", "contaminant", "control", "site_only", "q_value", "no_quantity", "duplicate"]
#: Two plates of two assays on two panels; TNF has two of Olink's ids.
HT = pd.DataFrame(
    [
        ("S1", "SAMPLE", "A1", "P1", "OID1", "P01375", "TNF", "assay", "Onc", 1.5, "PASS", "PASS"),
        ("S1", "SAMPLE", "A1", "P1", "OID2", "P01375", "TNF", "assay", "Neu", 2.5, "PASS", "PASS"),
        ("S1", "SAMPLE", "A1", "P1", "OID9", "", "Inc", "inc_ctrl", "Onc", 9.0, "PASS", "PASS"),
        ("S2", "SAMPLE", "A2", "P1", "OID1", "P01375", "TNF", "assay", "Onc", 0.0, "WARN", "PASS"),
        ("S2", "SAMPLE", "A2", "P1", "OID2", "P01375", "TNF", "assay", "Neu", None, "PASS", "WARN"),
        ("S3", "SAMPLE", "A1", "P2", "OID1", "P01375", "TNF", "assay", "Onc", -3.0, "FAIL", "NA"),
        ("S3", "SAMPLE", "A1", "P2", "OID2", "P01375", "TNF", "assay", "Neu", 4.0, "PASS", "NA"),
        ("PC", "PLATE_CONTROL", "H1", "P1", "OID1", "P01375", "TNF", "assay", "Onc", 0.1, "", ""),
        ("PC", "PLATE_CONTROL", "H2", "P1", "OID1", "P01375", "TNF", "assay", "Onc", 0.2, "", ""),
        ("PC", "PLATE_CONTROL", "H1", "P2", "OID1", "P01375", "TNF", "assay", "Onc", 0.3, "", ""),
        ("NC", "NEGATIVE_CONTROL", "H3", "P1", "OID1", "P01375", "TNF", "assay", "Onc", -5, "", ""),
        ("SC", "SAMPLE_CONTROL", "H4", "P1", "OID1", "P01375", "TNF", "assay", "Onc", 1, "", ""),
    ],
    columns=[
        *("SampleID", "SampleType", "WellID", "PlateID", "OlinkID", "UniProt", "Assay"),
        *("AssayType", "Panel", "NPX", "SampleQC", "AssayQC"),
    ],
)
NAMES = {"SampleType": "Sample_Type", "SampleQC": "QC_Warning", "AssayQC": "Assay_Warning"}


def written(table, path, sep=";", **options):
    if path.suffix == ".parquet":
        table.to_parquet(path, index=False)
    elif path.suffix == ".xlsx":
        table.to_excel(path, index=False)
    else:
        table.to_csv(path, sep=sep, index=False, **options)
    return path


def fault(path, *arguments):
    with pytest.raises(UserError) as caught:
        read_quantities(path, *arguments)
    message = str(caught.value)
    assert "\n" not in message and message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def adds_up(found):
    ledger = found.ledger
    assert (ledger[[*REASONS, "kept"]].sum(axis=1) == ledger["rows"]).all()
    assert (ledger["kept"] == found.values.notna().sum(axis=1)).all()
    assert list(ledger.index) == list(found.runs.index) == list(found.values.index)
    assert list(found.features.index) == list(found.values.columns) == sorted(found.values.columns)


def test_target_with_two_panels(shared):
    path = shared("proteomics/olink/npx_data1.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), read_only=True).worksheets[0]
    rows = list(sheet.iter_rows(values_only=True))
    ids, body = rows[5], rows[7:167]
    assays = [i for i, cell in enumerate(ids) if str(cell).startswith("OID")]
    limits = rows[168]
    assert limits[0] == "LOD"
    below = sum(row[i] <= limits[i] for row in body for i in assays)
    warned = [row[0] for row in body if "Warning" in (row[-1], row[-2])]
    named = Counter(row[0] for row in body)
    controls = sum(n for name, n in named.items() if name.startswith("CONTROL"))

    found = read_quantities(path)
    adds_up(found)
    assert detect(path) == ("olink", "npx_wide") == (found.format, found.layout)
    assert found.level == "assay"
    assert found.values.shape == (len(body), len(assays)) == (160, 184)
    assert found.runs["kind"].value_counts().to_dict() == {"sample": 156, "control": controls}
    assert int(found.censored.to_numpy().sum()) == below == 1551
    assert found.values.notna().all(axis=None)  # what is below the limit stays
    assert sorted(found.runs.index[found.runs["qc"] == "warn"]) == sorted(set(warned))
    assert found.values.loc["A1", "OID01216"] == body[0][1] == 12.9561425886431
    assert found.features.loc["OID01216"].tolist()[:2] == ["O00533", "CHL1"]
    samples = sorted(name for name in named if name and not name.startswith("CONTROL"))
    assert run_names(path) == ("olink", "npx_wide", samples)


def test_explore_with_semicolons(shared):
    path = shared("proteomics/olink/npx_long_head.csv")
    with open(path) as text:
        rows = list(csv.DictReader(text, delimiter=";"))
    found = read_quantities(path)
    adds_up(found)
    assert (found.layout, len(rows)) == ("npx_long", 9)
    assert int(found.ledger["rows"].sum()) == int(found.values.notna().to_numpy().sum()) == 9
    assert set(found.runs["kind"]) == {"control"}  # Sample_Type says so of all four
    assert sorted(found.runs.index) == sorted({row["SampleID"] for row in rows})
    below = {row["OlinkID"] for row in rows if float(row["NPX"]) <= float(row["LOD"])}
    assert set(found.values.columns[found.censored.any()]) == below and len(below) == 3
    for row in rows:
        assert found.values.loc[row["SampleID"], row["OlinkID"]] == float(row["NPX"])
        assert found.limit.loc[row["SampleID"], row["OlinkID"]] == float(row["LOD"])
    warned = {row["SampleID"] for row in rows if row["QC_Warning"] == "WARN"}
    assert set(found.runs.index[found.runs["qc"] == "warn"]) == warned
    assert run_names(path)[2] == []


def test_explore_ht(shared):
    found = read_quantities(shared("proteomics/olink/npx_data_ext.parquet"), "olink")
    assert found.values.to_dict() == {"OID42741": {"Sample_1": 0.0}}  # 0 NPX is a value
    assert found.features.loc["OID42741"].tolist()[:2] == ["P10636", "MAPT"]
    assert (found.censored, found.limit) == (None, None)
    assert found.runs.loc["Sample_1"].tolist() == ["sample", "Plate_1", "", ""]


def test_controls_failures_and_missing_values(tmp_path):
    found = read_quantities(written(HT, tmp_path / "npx.csv"))
    adds_up(found)
    assert found.runs["kind"].to_dict() == {
        "NC": "blank",
        "PC (P1 H1)": "control",
        "PC (P1 H2)": "control",
        "PC (P2)": "control",
        "S1": "sample",
        "S2": "sample",
        "S3": "sample",
        "SC": "control",
    }
    samples = found.values.loc[["S1", "S2", "S3"]]
    expected = [[1.5, 2.5], [0.0, np.nan], [np.nan, 4.0]]  # 0 is not NaN; S3 failed on Onc
    np.testing.assert_array_equal(samples.to_numpy(), expected)
    assert found.ledger.loc["S1", ["rows", "control", "kept"]].tolist() == [3, 1, 2]
    assert found.ledger.loc["S3", ["rows", "no_quantity", "kept"]].tolist() == [2, 1, 1]
    assert found.runs.loc[["S1", "S2", "S3"], "qc"].tolist() == ["", "warn", "warn"]
    assert found.runs.loc["S3", "note"] == "quality control failed, not used: Onc"
    assert found.features["protein_group"].tolist() == ["P01375"] * 2  # two assays stay apart
    assert any("warned 1 assay in some runs" in note for note in found.notes)


def test_a_run_that_failed_throughout_keeps_its_values(tmp_path):
    table = HT.assign(SampleQC=HT["SampleQC"].mask(HT["SampleID"] == "S3", "FAIL"))
    found = read_quantities(written(table, tmp_path / "npx.csv"))
    assert found.runs.loc["S3", "qc"] == "fail"
    assert found.values.loc["S3"].tolist() == [-3.0, 4.0]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("comma.csv", {"sep": ","}),
        ("tab.txt", {"sep": "\t"}),
        ("bom.csv", {"encoding": "utf-8-sig"}),
        ("crlf.csv", {"lineterminator": "\r\n"}),
        ("quoted.csv", {"quoting": csv.QUOTE_NONNUMERIC}),
        ("decimal_comma.csv", {"decimal": ","}),
        ("na.csv", {"na_rep": "NA"}),
        ("zipped.csv.gz", {}),
        ("npx.parquet", {}),
        ("npx.xlsx", {}),
    ],
)
@pytest.mark.parametrize("spelling", [{}, NAMES])
def test_every_form_of_a_long_export_is_the_same(tmp_path, name, options, spelling):
    plain = read_quantities(written(HT, tmp_path / "plain.csv"))
    path = written(HT.rename(columns=spelling), tmp_path / name, **options)
    found = read_quantities(path)
    pd.testing.assert_frame_equal(found.values, plain.values)
    pd.testing.assert_frame_equal(found.runs, plain.runs)
    pd.testing.assert_frame_equal(found.ledger, plain.ledger)
    assert run_names(path)[2] == ["S1", "S2", "S3"]


def test_rows_in_any_order(tmp_path):
    plain = read_quantities(written(HT, tmp_path / "plain.csv"))
    turned = read_quantities(written(HT.iloc[::-1], tmp_path / "turned.csv"))
    pd.testing.assert_frame_equal(turned.values, plain.values)
    pd.testing.assert_frame_equal(turned.runs, plain.runs)


@pytest.mark.parametrize("column", ["LOD", "PlateLOD", "Plate LOD", "MaxLOD", "Max_LOD"])
def test_limits_of_detection(tmp_path, column):
    found = read_quantities(written(HT.assign(**{column: 1.5}), tmp_path / "npx.csv"))
    assert found.limit.loc["S1"].tolist() == [1.5, 1.5]
    assert found.censored.loc[["S1", "S2"]].to_numpy().tolist() == [[True, False], [True, False]]
    assert found.values.loc["S2", "OID1"] == 0.0


def test_the_limit_of_the_plate_comes_first(tmp_path):
    table = HT.assign(MaxLOD=9.0, PlateLOD=-9.0)
    assert not read_quantities(written(table, tmp_path / "npx.csv")).censored.any(axis=None)


def test_without_types_of_samples_names_tell_controls(tmp_path):
    names = {
        "PC": "CONTROL_SAMPLE_AS 1",
        "NC": "NEG CTRL 1",
        "SC": "Plate control",
        "S2": "Control_7",
    }
    table = HT.replace({"SampleID": names}).drop(columns=["SampleType", "AssayType"])
    table["Assay"] = table["Assay"].replace({"Inc": "Incubation control 1"})
    path = written(table, tmp_path / "npx.csv")
    found = read_quantities(path)
    assert found.runs.index[found.runs["kind"] == "sample"].tolist() == ["Control_7", "S1", "S3"]
    assert found.ledger.loc["S1", "control"] == 1
    assert run_names(path, samples=["Plate control"])[2] == [
        "Control_7",
        "Plate control",
        "S1",
        "S3",
    ]


def test_one_assay_on_two_panels(tmp_path):
    table = HT.assign(OlinkID=HT["OlinkID"].replace({"OID2": "OID1"}))
    found = read_quantities(written(table, tmp_path / "npx.csv"))
    assert found.values.columns.tolist() == ["OID1:Neu", "OID1:Onc"]
    assert found.values.loc["S1"].tolist() == [2.5, 1.5]


def test_a_sample_on_two_plates_is_two_runs(tmp_path):
    again = HT[HT["SampleID"] == "S1"].assign(PlateID="P2", NPX=7.0)
    found = read_quantities(written(pd.concat([HT, again]), tmp_path / "npx.csv"))
    assert found.values.loc["S1 (P1)"].tolist() == [1.5, 2.5]
    assert found.values.loc["S1 (P2)"].tolist() == [7.0, 7.0]


def test_excluded_assays_are_missing(tmp_path):
    table = HT.assign(AssayQC=HT["AssayQC"].mask(HT["OlinkID"] == "OID2", "EXCLUDED"))
    found = read_quantities(written(table, tmp_path / "npx.csv"))
    assert found.values["OID2"].isna().all()
    assert any("excluded 1 assay" in note for note in found.notes)


def test_quantified_values_become_log2(tmp_path):
    table = HT.rename(columns={"NPX": "Quantified_value"})
    table["Quantified_value"] = [8.0, 0.0, *[1.0] * 10]
    found = read_quantities(written(table, tmp_path / "npx.csv"))
    np.testing.assert_array_equal(found.values.loc["S1"], [3.0, np.nan])


def test_proteins_of_one_assay(tmp_path):
    table = HT.assign(UniProt="P29460_Q9NPF7", Assay="IL12B_IL23A")
    found = read_quantities(written(table.drop(columns="AssayType"), tmp_path / "npx.csv"))
    assert found.features.loc["OID1"].tolist()[:2] == ["P29460;Q9NPF7", "IL12B;IL23A"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            lambda t: t.rename(columns={"NPX": "NPXs"}),
            "no column 'NPX' (did you mean 'NPXs'?)",
        ),
        (
            lambda t: t.rename(columns={"OlinkID": "OlinkIDs"}),
            "no column 'OlinkID' or 'Olink ID' (did you mean 'OlinkIDs'?)",
        ),
        (lambda t: t.rename(columns={"NPX": "Ct"}), "holds Ct values of Olink; export NPX"),
        (lambda t: t.iloc[:0], "no row below the header"),
        (
            lambda t: pd.concat([t, t.iloc[:1]]),
            "row 14: sample 'S1' has assay 'OID1' in row 2 already, on the same plate",
        ),
        (
            lambda t: t.assign(NPX=32768.0),
            "row 2: column 'NPX': 32768 is no NPX, which is log2 (within 64 of 0)",
        ),
        (lambda t: t.assign(NPX="high"), "row 2: column 'NPX': 'high' is not a number"),
        (lambda t: t.assign(SampleID=[None, *t["SampleID"][1:]]), "row 2: no sample ID"),
    ],
)
def test_faults_of_long_exports(tmp_path, change, expected):
    assert fault(written(change(HT.astype(object)), tmp_path / "npx.csv")) == expected


def wide(path, cells=(), below=(("LOD", 0.5, 0.7), ("Missing Data freq.", 0.1, 0.2))):
    rows = [
        ["Project", "NPX Manager 2.2.0.288"],
        ["NPX data", ""],
        ["Panel", *["Olink INFLAMMATION(v.3021)"] * 5],
        ["Assay", "IL8", "VEGFA", "Inc Ctrl 1", "Plate ID", "QC Warning"],
        ["Uniprot ID", "P10145", "P15692", "", "", ""],
        ["OlinkID", "OID00471", "OID00472", "", "", ""],
        [],
        ["S1", 0.5, 2.25, 9.1, "P1", "Pass"],
        ["S2", 0.25, "No Data", 9.2, "P1", "Warning"],
        ["S3", 0.0, -1.5, 9.3, "P2", "Pass"],
        [],
        *map(list, below),
    ]
    for row, column, value in cells:
        rows[row - 1][column] = value
    if path.suffix == ".xlsx":
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        book.save(path)
    else:
        text = "\n".join(";".join(map(str, [*row, *[""] * (6 - len(row))])) for row in rows)
        path.write_text(text + "\n")
    return path


@pytest.mark.parametrize("name", ["npx.xlsx", "npx.csv"])
def test_wide_with_internal_controls(tmp_path, name):
    path = wide(tmp_path / name)
    found = read_quantities(path)
    adds_up(found)
    np.testing.assert_array_equal(found.values, [[0.5, 2.25], [0.25, np.nan], [0.0, -1.5]])
    np.testing.assert_array_equal(found.censored, [[True, False], [True, False], [True, True]])
    assert found.runs["qc"].tolist() == ["", "warn", ""]
    assert found.runs["plate"].tolist() == ["P1", "P1", "P2"]
    assert found.ledger.loc["S2", ["rows", "control", "no_quantity", "kept"]].tolist() == [
        3,
        1,
        1,
        1,
    ]
    assert run_names(path) == ("olink", "npx_wide", ["S1", "S2", "S3"])


def test_wide_with_limits_of_each_plate(tmp_path):
    below = (
        ("Plate LOD", 0.3, 1.0, "", "P1"),
        ("Plate LOD", -0.1, -2.0, "", "P2"),
        ("Max LOD", 5.0, 5.0, "", ""),
    )
    found = read_quantities(wide(tmp_path / "npx.xlsx", below=below))
    np.testing.assert_array_equal(found.limit, [[0.3, 1.0], [0.3, 1.0], [-0.1, -2.0]])
    assert found.censored.loc["S2"].tolist() == [True, False]


def test_wide_quantified(tmp_path):
    cells = [(2, 0, "Quantified data"), (8, 1, 8), (10, 2, 4)]
    below = (("Share of plates", 1, 1), ("LLOQ", 1, 1))  # one label is known, one is not
    found = read_quantities(wide(tmp_path / "npx.xlsx", cells, below))
    assert found.limit is None
    np.testing.assert_array_equal(found.values, [[3.0, np.log2(2.25)], [-2, np.nan], [np.nan, 2]])


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([(9, 1, "low")], "row 9, column 'OID00471': 'low' is not a number"),
        ([(2, 0, "Ct data")], "holds Ct values of Olink; export NPX"),
        ([(4, 0, "Assays")], "no row 'Assay' above the samples"),
    ],
)
def test_faults_of_wide_exports(tmp_path, cells, expected):
    assert fault(wide(tmp_path / "npx.xlsx", cells), "olink") == expected


def test_a_name_twice_on_one_plate_is_told_apart_by_its_row(tmp_path):
    path = wide(tmp_path / "npx.xlsx", [(10, 0, "S1"), (10, 4, "P1")])
    assert run_names(path)[2] == ["S1 (P1 10)", "S1 (P1 8)", "S2"]
