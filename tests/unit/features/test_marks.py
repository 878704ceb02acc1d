"""Censoring marks are never numbers, and what is no mark stays what it is."""

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.features.marks import is_mark
from evigil.features.tables import peek, read_feature_table

MARKS = [
    *("<0.5", "< 0.5", "<=0.5", "≤0.5", ">300", "≥ 300", "*0.5", "**300", "** 3e2", "<-1.5"),
    *("<LOD", "< LOD", "<LLOQ", ">ULOQ", "below LOD", "Below the limit of detection", "blod"),
    *("below detection limit", "above LOQ", "out of range", "BDL", "BLQ", "BQL", "not detected"),
]
OTHERS = ["0.5", "", "NA", "-1.5", "1e-5", "low", "***3", "<", "*", "3*", "<a", "n.d.", "blob"]


@pytest.mark.parametrize("cell", MARKS)
def test_marks(cell):
    assert is_mark(cell)


@pytest.mark.parametrize("cell", OTHERS)
def test_no_marks(cell):
    assert not is_mark(cell)


TABLE = "protein\tS1\tS2\tS3\nP1\t1\t<0.5\t3\nP2\t*0.25\t2\t**300\nP3\tbelow LOD\t\t1\n"
VALUES = [[1.0, np.nan, np.nan], [np.nan, 2.0, np.nan], [3.0, np.nan, 1.0]]
CENSORED = [[False, True, True], [True, False, False], [False, True, False]]
LIMIT = [[np.nan, 0.25, np.nan], [0.5, np.nan, np.nan], [np.nan, 300.0, np.nan]]


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("ending", [".tsv", ".xlsx"])
def test_a_table_with_marks(tmp_path, turned, ending):
    rows = [line.split("\t") for line in TABLE.splitlines()]
    rows = list(map(list, zip(*rows, strict=True))) if turned else rows
    path = tmp_path / f"t{ending}"
    frame = pd.DataFrame(rows[1:], columns=rows[0])
    frame.to_excel(path, index=False) if ending == ".xlsx" else frame.to_csv(
        path, sep="\t", index=False
    )
    found = read_feature_table(path, ["S1", "S2", "S3"], counts=False, marks=True)
    assert peek(path, ["S1", "S2", "S3"], counts=False, marks=True).samples == ("S1", "S2", "S3")
    np.testing.assert_array_equal(found.values, VALUES)
    np.testing.assert_array_equal(found.censored, CENSORED)
    np.testing.assert_array_equal(found.limit, LIMIT)
    assert found.values.columns.tolist() == found.limit.columns.tolist() == ["P1", "P2", "P3"]


def test_without_marks_there_are_no_layers(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("protein\tS1\tS2\nP1\t1\t2\nP2\t\t3\n")
    found = read_feature_table(path, ["S1", "S2"], counts=False, marks=True)
    assert (found.censored, found.limit) == (None, None)


def test_marks_only_where_they_are_asked_for(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text(TABLE)
    with pytest.raises(UserError, match="row 2, column 'S2': '<0.5' is not a number$"):
        read_feature_table(path, ["S1", "S2", "S3"], counts=False)


def test_a_cell_that_is_neither(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text(TABLE.replace("below LOD", "a lot"))
    with pytest.raises(UserError, match="row 4, column 'S1': 'a lot' is not a number$"):
        read_feature_table(path, ["S1", "S2", "S3"], counts=False, marks=True)


def test_the_column_of_names_is_chosen(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("\tcluster\tid\tS1\n1\tC1\tP1\t5\n2\tC1\tP2\t6\n")
    found = read_feature_table(path, ["S1"], counts=False, namer=lambda columns: "id")
    assert found.values.to_dict() == {"P1": {"S1": 5.0}, "P2": {"S1": 6.0}}
    assert found.var.to_dict("list") == {"cluster": ["C1", "C1"]}
    assert found.messages == [f"{path}: features in rows, 1 samples of the sheet"]
