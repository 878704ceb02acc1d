"""Tables of other features on the scale of their layer."""

import numpy as np
import pytest

from evigil.errors import UserError
from evigil.layers.matrix import read_layer_table

TABLE = "lipid\tclass\ta\tb\nPC 34:1\tPC\t8\t0\nPE 36:2\tPE\t{}\t2\n"


@pytest.fixture
def table(tmp_path):
    def write(cell: str):
        path = tmp_path / "lipids.tsv"
        path.write_text(TABLE.format(cell))
        return path

    return write


def test_linear_becomes_log2_and_0_is_missing(table):
    found = read_layer_table(table("0.5"), ["a", "b", "c"], "linear")
    np.testing.assert_array_equal(found.values.loc["a"], [3, -1])
    np.testing.assert_array_equal(found.values.loc["b"], [np.nan, 1])
    assert found.var["class"].tolist() == ["PC", "PE"]
    assert found.messages[-1].endswith("1 cells are 0: missing on a linear scale")


def test_log2_stays_as_it_is(table):
    found = read_layer_table(table("-0.5"), ["a", "b"], "log2")
    np.testing.assert_array_equal(found.values.loc["a"], [8, -0.5])
    assert found.values.loc["b", "PC 34:1"] == 0


def test_counts_stay_whole(table):
    found = read_layer_table(table("7"), ["a", "b"], "counts")
    assert found.values.to_numpy().dtype == np.int64 and found.values.loc["a", "PE 36:2"] == 7


@pytest.mark.parametrize(
    ("cell", "scale", "line"),
    [
        ("200", "log2", "declared log2, but the largest value is 200: declare scale linear"),
        ("-2", "linear", "sample 'a', feature 'PE 36:2': -2 is below 0, which a linear scale"),
        ("0.5", "counts", "row 3, column 'a': '0.5' is not whole"),
        ("<3", "linear", "row 3, column 'a': '<3' is not a number"),
    ],
)
def test_what_a_scale_cannot_hold_is_one_line(table, cell, scale, line):
    with pytest.raises(UserError) as error:
        read_layer_table(table(cell), ["a", "b"], scale)
    assert line in str(error.value) and "\n" not in str(error.value)
