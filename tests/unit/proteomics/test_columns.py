import pytest

from evigil.errors import UserError
from evigil.proteomics.columns import Columns, one_column_each, run_name


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("D:\\data\\S1.raw", "S1"),
        ("/data/plate_1.2.mzML", "plate_1.2"),
        ("/data/S1.d/", "S1"),
        ("S1.mzML.gz", "S1"),
        ("S1.raw.dia", "S1"),
        ("S1.wiff2", "S1"),
        ("S1.htrms", "S1"),
        ("S1", "S1"),
        ("patient.1", "patient.1"),
        (" S1 ", "S1"),
        (".raw", ".raw"),
    ],
)
def test_a_run_has_no_folder_and_no_ending(written, name):
    assert run_name(written) == name


def test_a_column_is_found_in_any_spelling_its_own_first():
    columns = Columns("f", ["iRT", "IRT", "Raw.file", "Potential Contaminant"])
    assert columns.find("IRT") == "IRT" and columns.find("irt") == "iRT"
    assert columns.need("Raw file") == "Raw.file"
    assert columns.find("Contaminant", "Potential contaminant") == "Potential Contaminant"
    assert columns.find("Reverse") is None
    assert columns.count(["Raw file", "Reverse", "irt"]) == 2


def test_a_column_that_is_missing_is_named_with_the_nearest():
    with pytest.raises(UserError) as error:
        Columns("f.tsv", ["", "Protein.Groups"]).need("Protein.Group", "Group")
    line = "f.tsv: no column 'Protein.Group' or 'Group' (did you mean 'Protein.Groups'?)"
    assert str(error.value) == line


def test_two_columns_of_a_run_are_refused():
    assert one_column_each("f", [("a", "x"), ("b", "y")]) == {"a": "x", "b": "y"}
    with pytest.raises(UserError, match=r"^f: run 'a' has two columns \('x' and 'y'\)$"):
        one_column_each("f", [("a", "x"), ("a", "y")])
