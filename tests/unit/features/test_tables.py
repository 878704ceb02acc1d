"""Feature tables: every form of the same table is the same, and every fault is named in place."""

import csv
import gzip
import io
import sys

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evigil.errors import UserError
from evigil.features.tables import peek, read_feature_table
from evigil.tables import write_matrix

SHEET = ["s1", "s2", "s3"]
VALUES = pd.DataFrame(
    [[5, 0, 7], [1, 2, 3], [9, 8, 4]],
    index=SHEET,
    columns=["hsa-let-7a-5p", "hsa-miR-21-5p", "hsa-miR-451a"],
)
PLAIN = (
    "feature\ts3\ts1\ts2\nhsa-miR-451a\t4\t7\t3\nhsa-let-7a-5p\t9\t5\t1\nhsa-miR-21-5p\t8\t0\t2\n"
)
TURNED = "".join(
    "\t".join(cells) + "\n"
    for cells in zip(*csv.reader(PLAIN.splitlines(), delimiter="\t"), strict=True)
)
QUOTED = "\n".join(
    ",".join(f'"{cell}"' for cell in row) for row in csv.reader(PLAIN.splitlines(), delimiter="\t")
)


def zipped(text: str) -> bytes:
    """Compress without the clock: parameters of tests must be the same in every process."""
    return gzip.compress(text.encode(), mtime=0)


def as_bytes(name, content, folder):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def as_xlsx(text, folder):
    book = openpyxl.Workbook()
    for row in csv.reader(text.splitlines(), delimiter="\t"):
        book.active.append([int(cell) if cell.isdigit() else cell for cell in row])
    book.create_sheet("notes").append(["nothing", "here"])
    book.save(folder / "counts.xlsx")
    return folder / "counts.xlsx"


def error_of(path, samples=SHEET, function=read_feature_table, counts=True):
    with pytest.raises(UserError) as caught:
        function(path, samples, counts)
    message = str(caught.value)
    assert "\n" not in message
    assert message.startswith(str(path))
    return message.removeprefix(f"{path}: ")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", PLAIN),
        ("bom.tsv", b"\xef\xbb\xbf" + PLAIN.encode()),
        ("windows.tsv", PLAIN.replace("\n", "\r\n")),
        ("old_mac.tsv", PLAIN.replace("\n", "\r")),
        ("comma.csv", PLAIN.replace("\t", ",")),
        ("comma_in.tsv", PLAIN.replace("\t", ",")),
        ("semicolon.csv", PLAIN.replace("\t", ";")),
        ("quoted.csv", QUOTED),
        ("no_last_newline.tsv", PLAIN.rstrip("\n")),
        ("floats.tsv", PLAIN.replace("\t4", "\t4.0").replace("\t9", "\t9e0")),
        ("r.tsv", PLAIN.removeprefix("feature\t")),
        ("blank_rows.tsv", "\n" + PLAIN + "\n\t\t\t\n  \n"),
        ("spaces.csv", PLAIN.replace("\t", ", ")),
        ("zipped.tsv.gz", zipped(PLAIN)),
        ("turned.tsv", TURNED),
        ("turned.csv.gz", zipped(TURNED.replace("\t", ","))),
        ("turned_no_corner_name.tsv", TURNED.removeprefix("feature")),
    ],
)
def test_every_form_is_the_same_table(name, content, tmp_path):
    path = as_bytes(name, content, tmp_path)
    table = read_feature_table(path, SHEET)
    pd.testing.assert_frame_equal(table.values, VALUES)
    assert list(table.var.index) == list(VALUES.columns)
    assert table.var.shape == (3, 0)
    where = "samples in rows" if name.startswith("turned") else "features in rows"
    assert table.messages == [f"{path}: {where}, 3 samples of the sheet"]
    assert peek(path, SHEET).messages == table.messages


@pytest.mark.parametrize("text", [PLAIN, TURNED])
def test_excel(text, tmp_path):
    path = as_xlsx(text, tmp_path)
    pd.testing.assert_frame_equal(read_feature_table(path, SHEET).values, VALUES)
    assert peek(path, SHEET).samples == ("s1", "s2", "s3")


@pytest.mark.parametrize("turned", [False, True])
def test_h5ad(turned, tmp_path):
    write_matrix(VALUES.T if turned else VALUES, tmp_path / "counts")
    path = tmp_path / "counts.h5ad"
    table = read_feature_table(path, ["s1", "s3", "s9"])
    pd.testing.assert_frame_equal(table.values, VALUES.loc[["s1", "s3"]])
    assert table.messages == peek(path, ["s1", "s3", "s9"]).messages
    assert "'s2'" in table.messages[2]


def test_h5ad_names_the_fault(tmp_path):
    wrong = VALUES.astype(float)
    wrong.loc["s2", "hsa-miR-21-5p"] = 2.5
    write_matrix(wrong, tmp_path / "counts")
    assert error_of(tmp_path / "counts.h5ad") == (
        "sample 's2', feature 'hsa-miR-21-5p': '2.5' is not whole; "
        "a count is a whole number, 0 or more"
    )
    pd.testing.assert_frame_equal(
        read_feature_table(tmp_path / "counts.h5ad", SHEET, counts=False).values, wrong
    )


def test_our_own_matrix_comes_back(tmp_path):
    write_matrix(VALUES, tmp_path / "counts")
    pd.testing.assert_frame_equal(read_feature_table(tmp_path / "counts.tsv", SHEET).values, VALUES)


def test_text_columns_become_var_and_other_numbers_are_named(tmp_path):
    path = as_bytes(
        "counts.tsv",
        "id\tbiotype\tlength\ts1\tNA\ts2\ns2x\tmiRNA\t22\t1\t6\t2\nNA\t\t21\t3\t7\t4\n",
        tmp_path,
    )
    table = read_feature_table(path, SHEET)
    assert table.var.to_dict() == {"biotype": {"NA": "", "s2x": "miRNA"}}
    assert table.values.to_dict("index") == {"s1": {"NA": 3, "s2x": 1}, "s2": {"NA": 4, "s2x": 2}}
    assert table.messages == [
        f"{path}: features in rows, 2 samples of the sheet",
        f"{path}: 1 sample ('s3') of the sheet not in this table: not supplied",
        f"{path}: 2 columns ('length', 'NA') of numbers not in the sample sheet: not used",
    ]
    found = peek(path, SHEET)
    assert found.messages == table.messages
    assert (found.orientation, found.samples) == ("features in rows", ("s1", "s2"))
    assert (found.missing, found.extra, found.var) == (("s3",), ("length", "NA"), ("biotype",))


def test_samples_in_one_file_only_are_counted_and_the_first_five_named(tmp_path):
    path = as_bytes("counts.tsv", TURNED + "x\t1\t-2\tsome text\n", tmp_path)
    sheet = [*SHEET, *(f"t{i}" for i in range(7))]
    table = read_feature_table(path, sheet)
    pd.testing.assert_frame_equal(table.values, VALUES)  # the row of no sample is not judged
    assert table.messages[1:] == [
        f"{path}: 7 samples ('t0', 't1', 't2', 't3', 't4', …) of the sheet not in this table: "
        "not supplied",
        f"{path}: 1 row ('x') of numbers not in the sample sheet: not used",
    ]
    assert peek(path, sheet).messages == table.messages


def test_a_misspelt_sample_is_shown_beside_its_nearest(tmp_path):
    path = as_bytes("counts.tsv", PLAIN.replace("s3", "sample3"), tmp_path)
    assert (
        "('sample_3') of the sheet not in this table (did you mean 'sample3'?)"
        in (read_feature_table(path, ["s1", "s2", "sample_3"]).messages[1])
    )


COUNT = "a count is a whole number, 0 or more"


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("12.5", f"'12.5' is not whole; {COUNT}"),
        ("-3", f"'-3' is negative; {COUNT}"),
        ("", f"empty; {COUNT} (write 0 for none)"),
        ("NA", f"'NA' is not a number; {COUNT}"),
        ("nan", f"'nan' is not a number; {COUNT}"),
        ("inf", f"'inf' is not a number; {COUNT}"),
        ("True", f"'True' is not a number; {COUNT}"),
        ("0x1F", f"'0x1F' is not a number; {COUNT}"),
        ("12,5", "'12,5' has a comma; decimals take a point, and thousands are not separated"),
        (
            "1,234,567",
            "'1,234,567' has a comma; decimals take a point, and thousands are not separated",
        ),
        ("99999999999999999999", "'99999999999999999999' is too large"),
        ("9007199254740993", "'9007199254740993' is too large"),
        ("18446744073709551615", "'18446744073709551615' is too large"),
        ("1e400", "'1e400' is too large"),
    ],
)
@pytest.mark.parametrize("text", [PLAIN, TURNED])
def test_a_wrong_cell_is_named_with_its_place(cell, fault, text, tmp_path):
    rows = [row.split("\t") for row in text.splitlines()]
    rows[2][1] = cell
    filler = [[f"t{i}", "1", "1", "1"] for i in range(30)]
    rows = rows[:2] + (filler if text is PLAIN else []) + rows[2:]
    at = rows.index(next(row for row in rows if row[1] == cell)) + 1
    path = as_bytes("counts.tsv", "\n".join("\t".join(row) for row in rows), tmp_path)
    assert error_of(path) == f"row {at}, column '{rows[0][1]}': {fault}"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("feature\ts1\ts2\n", "no row below the header"),
        ("   \n\n", "no row below the header"),
        ("feature\na\n", "one column only; a tab, comma or semicolon separates columns"),
        (
            "feature\tS1\tS2\na\t1\t2\n",
            "no sample of the sheet in its header or first column; looked for 3 samples "
            "('s1', 's2', 's3') (did you mean 'S1'?)",
        ),
        ("s1\ts2\ts3\n1\t2\t3\n", "no column of feature names beside the samples"),
        ("feature\ts1\ts2\ts1\na\t1\t2\t3\n", "row 1: 's1' stands in columns 2 and 4"),
        ("feature\ts1\t\na\t1\t2\n", "row 1, column 3: no name of the sample or annotation"),
        ("f\ta\ta\ns1\t1\t2\n", "row 1: 'a' stands in columns 2 and 3"),
        ("f\ta\t\ns1\t1\t2\n", "row 1, column 3: no name of the feature"),
        ("f\ts1\na\t1\nb\t2\na\t3\n", "row 4: 'a' stands in row 2 already"),
        ("f\ta\ns1\t1\ns1\t2\n", "row 3: 's1' stands in row 2 already"),
        ("f\ts1\na\t1\n\t2\n", "row 3: no name in the column 'f'"),
        ("f\ts1\ts2\na\t1\t2\nb\t3\n", "row 3: 2 columns, but the header has 3"),
        ("f\ts1\ts2\na\t1\t2\nb\t3\t4\t5\n", "row 3: 4 columns, but the header has 3"),
        ("f\ts1\ts2\na\t1\t2\t3\n", "row 2: 4 columns, but the header has 3"),
        ("f\ts1\tnote\na\t1\tx\nb\t3\n", "row 3: 2 columns, but the header has 3"),
        ('f\ts1\na\t1\n"b\t2\nc\t3\n', "row 4: 1 columns, but the header has 2"),
        (
            "condition\ts1\tf\nCRC\t1\t2\ns\t\t2\n",
            f"row 3, column 's1': empty; {COUNT} (write 0 for none)",
        ),
    ],
)
def test_structural_faults(text, fault, tmp_path):
    path = as_bytes("counts.tsv", text, tmp_path)
    assert error_of(path) == fault
    assert error_of(path, function=peek) == fault


@pytest.mark.parametrize("place", [3, 60])
@pytest.mark.parametrize(
    ("row", "fault"),
    [
        ("x\t1\t2", "3 columns, but the header has 4"),
        ("x\t1\t2\t3\t4", "5 columns, but the header has 4"),
        ("\t1\t2\t3", "no name in the column 'f'"),
        ("f0\t1\t2\t3", "'f0' stands in row 2 already"),
    ],
)
def test_faults_far_down_are_found_by_the_full_read(place, row, fault, tmp_path):
    rows = ["f\ts1\ts2\ts3", *(f"f{i}\t1\t2\t3" for i in range(80))]
    rows.insert(place - 1, row)
    path = as_bytes("counts.tsv", "\n".join(rows), tmp_path)
    assert error_of(path) == f"row {place}: {fault}"
    if place > 30:
        assert peek(path, SHEET).samples == ("s1", "s2", "s3")


@pytest.mark.parametrize("function", [read_feature_table, peek])
@pytest.mark.parametrize(
    ("name", "content", "fault"),
    [
        ("a.tsv", b"", "the file is empty"),
        ("a.tsv.gz", PLAIN, "is not gzip although its name ends in .gz"),
        ("a.tsv", zipped(PLAIN), "is gzip: end it in .gz"),
        ("a.tsv.gz", zipped(PLAIN)[:-12], "the gzip file is cut off or damaged"),
        (
            "a.tsv",
            PLAIN.replace("let", "lét").encode("latin-1"),
            "not UTF-8 (invalid continuation byte); save the file as UTF-8",
        ),
        ("a.tsv", PLAIN.encode("utf-16"), "not UTF-8 (invalid start byte); save the file as UTF-8"),
        ("a.xlsx", PLAIN, "is not an .xlsx file with a sheet, or damaged"),
        ("a.h5ad", PLAIN, "is not an .h5ad file as anndata writes it"),
        ("a.h5ad", b"", "the file is empty"),
    ],
)
def test_a_file_that_is_not_what_its_name_says(function, name, content, fault, tmp_path):
    assert error_of(as_bytes(name, content, tmp_path), function=function) == fault


@pytest.mark.parametrize("name", ["a.tsv", "a.xlsx", "a.h5ad"])
def test_missing_file(name, tmp_path):
    assert error_of(tmp_path / name) == "no such file"


def test_a_gzip_cut_off_far_down(tmp_path):
    rng = np.random.default_rng(1)
    text = "f\ts1\n" + "".join(f"f{i}\t{n}\n" for i, n in enumerate(rng.integers(0, 10**9, 50_000)))
    path = as_bytes("a.tsv.gz", zipped(text)[:-5000], tmp_path)
    assert peek(path, SHEET).samples == ("s1",)
    assert error_of(path) == "the gzip file is cut off or damaged"


def test_an_empty_excel_sheet(tmp_path):
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    assert error_of(tmp_path / "a.xlsx") == "no row below the header"


def test_values_keep_missing_missing(tmp_path):
    path = as_bytes("v.tsv", "protein\ts1\ts2\nP1\t\t-1.5\nP2\tNA\t0\nP3\t2e-3\tNaN\n", tmp_path)
    values = read_feature_table(path, SHEET, counts=False).values
    expected = [[np.nan, np.nan, 0.002], [-1.5, 0.0, np.nan]]
    np.testing.assert_array_equal(values.to_numpy(), expected)
    assert values.dtypes.eq("float64").all()


@pytest.mark.parametrize(
    ("cell", "fault"),
    [
        ("1,5", "'1,5' has a comma; decimals take a point, and thousands are not separated"),
        ("<0.3", "'<0.3' is not a number"),
        ("inf", "'inf' is not a number"),
        (" ", "blank, not a number"),
    ],
)
def test_values_that_are_none(cell, fault, tmp_path):
    path = as_bytes("v.tsv", f"protein\ts1\nP1\t1\nP2\t{cell}\n", tmp_path)
    assert error_of(path, counts=False) == f"row 3, column 's1': {fault}"


CELLS = st.one_of(
    st.integers(0, 10**6).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.text(alphabet="0123456789.,+-eE_xNAinf ", max_size=6),
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4), st.booleans())
def test_a_cell_is_read_as_python_reads_it_or_refused(tmp_path, rows, counts):
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(
        [["f", "s1", "s2"], *([f"f{i}", *row] for i, row in enumerate(rows))]
    )
    path = as_bytes("h.csv", out.getvalue(), tmp_path)
    try:
        values = read_feature_table(path, SHEET, counts).values
    except UserError as error:
        assert "\n" not in str(error)
        return
    for i, row in enumerate(rows):
        for sample, cell in zip(("s1", "s2"), row, strict=True):
            value = values.at[sample, f"f{i}"]
            if np.isnan(value):
                assert cell in ("", "NA", "N/A", "NaN", "nan", "NULL", "null")
                assert not counts
            else:
                assert value == float(cell)


def test_peek_reads_the_start_only(tmp_path, monkeypatch):
    rows = [f"s{i}\t1\t2\n" for i in range(1000)]
    path = as_bytes("a.tsv", "sample\ta\tb\n" + "".join(rows), tmp_path)
    monkeypatch.setattr(sys.modules["evigil.features.tables"], "PEEK_CHARACTERS", 1000)
    found = peek(path, [*SHEET, "s999", "s1000"])
    assert not found.complete
    assert (found.samples, found.missing) == (("s1", "s2", "s3"), ())
    assert found.messages[0] == f"{path}: samples in rows, 3 or more samples of the sheet"
