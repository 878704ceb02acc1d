"""Sheets: every way a spreadsheet leaves a file, and every fault with its place."""

from datetime import datetime
from pathlib import Path

import numpy as np
import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evigil.errors import UserError
from evigil.sheets.cells import typed
from evigil.sheets.columns import IDENTIFYING
from evigil.sheets.days import parse_treatments
from evigil.sheets.reading import Sheet, notes, private_notes, read_sheet

HEAD = ["sample", "patient", "condition"]
ROWS = [["s1", "p1", "CRC"], ["s2", "p2", "healthy"]]


def written(folder: Path, content: str | bytes, name: str = "samples.tsv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read(path: Path, kind: str = "samples", private: tuple[str, ...] = ()) -> Sheet:
    return read_sheet(path.name, kind, path.parent, list(private))


def lines(rows: list[list[str]], delimiter: str = "\t", end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in rows)


def typed_column(folder: Path, name: str, cells: list[str], categorical: tuple[str, ...] = ()):
    rows = [[*HEAD, name]] + [[f"s{i}", "p", "CRC", cell] for i, cell in enumerate(cells)]
    sheet = read(written(folder, lines(rows)))
    return typed(sheet, list(categorical))[name], sheet.faults


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(("name", "delimiter"), [("a.tsv", "\t"), ("a.csv", ","), ("a.txt", "\t")])
def test_encodings_and_line_ends(tmp_path, end, mark, name, delimiter):
    content = mark + lines([HEAD, *ROWS], delimiter, end).encode()
    sheet = read(written(tmp_path, content, name))
    assert sheet.columns == {
        "sample": ["s1", "s2"],
        "patient": ["p1", "p2"],
        "condition": ["CRC", "healthy"],
    }
    assert sheet.rows == [2, 3]


def test_excel_is_read_as_a_person_sees_it(tmp_path):
    book = openpyxl.Workbook()
    table = book.worksheets[0]
    table.append([*HEAD, "collected", "dose", "note"])
    table.append(["s1", 17, "CRC", datetime(2024, 1, 30), 2.5, None])
    table.append(["s2", 18, "healthy", datetime(2024, 2, 1), 3.0, "x"])
    book.create_sheet("other").append(["not read"])
    book.save(tmp_path / "samples.xlsx")
    sheet = read(tmp_path / "samples.xlsx")
    assert sheet.columns["patient"] == ["17", "18"]
    assert sheet.columns["collected"] == ["2024-01-30", "2024-02-01"]
    assert sheet.columns["dose"] == ["2.5", "3"]
    assert sheet.columns["note"] == ["", "x"]


def test_blank_rows_count_and_empty_columns_do_not(tmp_path):
    text = lines([[*HEAD, "", ""], ["s1", "p1", "CRC", "", ""], [], ["s2", "", "CRC", "", ""]])
    sheet = read(written(tmp_path, text))
    assert list(sheet.columns) == HEAD
    assert sheet.rows == [2, 4]


def test_quoted_cells_and_blanks(tmp_path):
    sheet = read(written(tmp_path, 'sample,patient,condition\n s1 ,p1,"a, b"\n', "a.csv"))
    assert sheet.columns["sample"] == ["s1"]
    assert sheet.columns["condition"] == ["a, b"]


@pytest.mark.parametrize(
    ("content", "name", "line"),
    [
        (b"\xff\xfes\x00", "a.tsv", "a.tsv: row 1: not UTF-8; save the file as UTF-8"),
        (
            lines([HEAD, *ROWS], ";").encode(),
            "a.csv",
            "a.csv: row 1: the columns are separated by semicolons, expected commas",
        ),
        (
            lines([HEAD, *ROWS]).encode(),
            "a.csv",
            "a.csv: row 1: the columns are separated by tabs, expected commas",
        ),
        (b" \n\n", "a.tsv", "a.tsv: is empty"),
        (b"PK\x03\x04", "a.xlsx", "a.xlsx: is not an .xlsx file"),
        (
            b'sample\tpatient\tcondition\n"s1\tp1\tCRC\n',
            "a.tsv",
            "a.tsv: row 2: unexpected end of data",
        ),
        (
            lines([HEAD, ["s1", "p1", "CRC", "x"]]).encode(),
            "a.tsv",
            "a.tsv: row 2: 4 cells, the header has 3 columns",
        ),
        (
            lines([["Sample", *HEAD[1:]], *ROWS]).encode(),
            "a.tsv",
            "a.tsv: no column 'sample' (did you mean 'Sample'?)",
        ),
    ],
)
def test_a_shape_that_is_wrong(tmp_path, content, name, line):
    with pytest.raises(UserError) as error:
        read(written(tmp_path, content, name))
    assert str(error.value) == line


def test_an_empty_workbook(tmp_path):
    openpyxl.Workbook().save(tmp_path / "a.xlsx")
    with pytest.raises(UserError, match=r"^a\.xlsx: is empty$"):
        read(tmp_path / "a.xlsx")


@pytest.mark.parametrize(
    "name", [*IDENTIFYING, "Date of Birth", "SURNAME", "E-Mail".replace("-", "")]
)
def test_identifying_columns(tmp_path, name):
    path = written(tmp_path, lines([[*HEAD, name], ["s1", "p1", "CRC", "secret"]]))
    with pytest.raises(UserError, match="identifies a person"):
        read(path)
    assert list(read(path, private=(name.upper(),)).columns) == HEAD


def test_types(tmp_path):
    numbers, _ = typed_column(tmp_path, "dose", ["1", "NA", "2e-1", "-.5"])
    np.testing.assert_array_equal(numbers, [1, np.nan, 0.2, -0.5])
    words, _ = typed_column(tmp_path, "dose", ["1", "", "high"])
    assert words.tolist() == ["1", np.nan, "high"]
    as_told, _ = typed_column(tmp_path, "dose", ["1", "2"], categorical=("dose",))
    assert as_told.tolist() == ["1", "2"]
    always, _ = typed_column(tmp_path, "batch", ["1", "02"])
    assert always.tolist() == ["1", "02"]
    for odd in ("inf", "1_000", "0x1", "١"):
        assert typed_column(tmp_path, "dose", ["1", odd])[0].tolist() == ["1", odd]


@pytest.mark.parametrize(
    ("name", "cells", "fault"),
    [
        ("dose", ["1", "2,5"], "row 3: column dose: '2,5' has a decimal comma; write 2.5"),
        ("age", ["-1"], "row 2: column age: '-1' must be a number from 0 to 120"),
        ("age", ["120.5"], "row 2: column age: '120.5' must be a number from 0 to 120"),
        (
            "day",
            ["2024-01-30"],
            "row 2: column day: '2024-01-30' is a date; dates belong in column collected",
        ),
        ("day", ["soon", "late"], "row 2: column day: 'soon' must be a number (and 1 more row)"),
        (
            "collected",
            ["45321"],
            "row 2: column collected: '45321' is a spreadsheet's day number; write 2024-01-30",
        ),
        (
            "collected",
            ["20240130"],
            "row 2: column collected: '20240130' is not a date, YYYY-MM-DD",
        ),
        (
            "collected",
            ["2024-1-3"],
            "row 2: column collected: '2024-1-3' is not a date, YYYY-MM-DD",
        ),
        (
            "replicate_of",
            ["a b"],
            "row 2: column replicate_of: 'a b' must be letters, digits, - and _, at most 100",
        ),
    ],
)
def test_a_value_that_is_wrong(tmp_path, name, cells, fault):
    assert typed_column(tmp_path, name, cells)[1] == [f"samples.tsv: {fault}"]


@pytest.mark.parametrize("cell", ["60", "1960.5"])
def test_a_birth_year_that_is_wrong(tmp_path, cell):
    path = written(tmp_path, lines([["patient", "birth_year"], ["p1", cell]]), "patients.tsv")
    sheet = read(path, "patients")
    typed(sheet, [])
    assert sheet.faults == [
        f"patients.tsv: row 2: column birth_year: '{cell}' must be a whole number from 1880 to 2100"
    ]


def test_categories_take_any_case(tmp_path):
    assert typed_column(tmp_path, "sex", ["F", "Male", "other"])[0].tolist() == [
        "female",
        "male",
        "other",
    ]
    assert typed_column(tmp_path, "role", ["Sample", "BLANK"])[0].tolist() == ["sample", "blank"]
    assert typed_column(tmp_path, "status", ["own word"])[1] == []


def test_a_column_that_is_nearly_a_named_one_is_said(tmp_path):
    path = written(
        tmp_path, lines([[*HEAD, "colected", "visit", "gel"], ["s1", "p1", "CRC", "", "", ""]])
    )
    assert notes(read(path)) == [
        "samples.tsv: column 'colected' is kept as a covariate (did you mean 'collected'?)"
    ]


def test_treatments():
    cell = "FOLFOX:2024-03-01/2024-06-01; 5-FU + LV:120/ ;x:-3/2.5"
    assert parse_treatments(cell) == [
        ("FOLFOX", "2024-03-01", "2024-06-01"),
        ("5-FU + LV", "120", ""),
        ("x", "-3", "2.5"),
    ]
    for wrong in ("FOLFOX", "FOLFOX:", "a:b/c", "a:2024-02-30/", "a:5/3", ":3/4", "a:3"):
        with pytest.raises(ValueError, match=r"name:start/end|ends before"):
            parse_treatments(wrong)


@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
def test_any_bytes_are_a_sheet_or_one_line_for_each_fault(tmp_path_factory, content):
    path = written(tmp_path_factory.mktemp("any"), content)
    try:
        typed(read(path), [])
    except UserError as error:
        assert all(line.startswith("samples.tsv: ") for line in str(error).split("\n"))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ("sample\tpatient\tcondition\ta\x00b\nS\tP\tx\t1\n", "row 1: column 'a\\x00b' has a "
         "control character; rename it"),
        ("sample\tpatient\tcondition\ta\nS\tP\tx\tq\x00\n", "row 2: column a: 'q\\x00' has a "
         "control character; remove it"),
    ],
)  # fmt: skip
def test_control_characters(tmp_path, content, fault):
    with pytest.raises(UserError) as error:
        read(written(tmp_path, content))
    assert str(error.value) == f"samples.tsv: {fault}"


def test_a_covariate_too_large_for_a_number_is_a_category(tmp_path):
    path = written(
        tmp_path, lines([[*HEAD, "x"], ["S", "P", "c", "9" * 400], ["T", "P", "c", "1"]])
    )
    assert list(typed(read(path), [])["x"]) == ["9" * 400, "1"]


def test_private_takes_any_spelling_and_names_what_is_not_there(tmp_path):
    path = written(tmp_path, lines([[*HEAD, "Birth-Date"], ["S", "P", "c", "1960-01-01"]]))
    sheet = read(path, private=("birth date", "full_name", "conditon"))
    assert list(sheet.columns) == HEAD
    assert private_notes([sheet], ["birth date", "passport", "conditon"]) == [
        "config: private: no sheet has a column 'passport'",
        "config: private: no sheet has a column 'conditon' (did you mean 'condition'?)",
    ]
