import pytest

from evigil.errors import UserError
from evigil.rna.spike_ins import read_spike_ins

S = "ACTCATCTACGTACGCATCTAGTCT"


def write(folder, *rows):
    path = folder / "s.tsv"
    path.write_text("\n".join(["name\tsequence\tamount", *rows]) + "\n")
    return path


def test_sheet(tmp_path):
    table = read_spike_ins(write(tmp_path, f"b\t{S}\t2.5", f"a\t{S.lower()}a\t"))
    assert table["name"].tolist() == ["a", "b"]
    assert table["sequence"].tolist() == [S + "A", S]
    assert table["amount"].tolist()[1] == 2.5 and table["amount"].isna()[0]


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([], "holds no spike-in"),
        ([f"\t{S}\t1"], "row 2: column 'name' is empty"),
        (["a\tACGT\t1"], "row 2: column 'sequence' must be at least 16 of A, C, G, T or U"),
        ([f"a\t{S}N\t1"], "row 2: column 'sequence' must be at least 16"),
        ([f"a\t{S}\t-1"], r"row 2: column 'amount' must be above 0 \(amol\), got '-1'"),
        ([f"a\t{S}\tnan"], "row 2: column 'amount' must be above 0"),
        ([f"a\t{S}\tmuch"], "row 2: column 'amount' must be above 0"),
        (["", "", "a\tACGT\t1"], "row 4: column 'sequence' must be"),
        ([f"a\t{S}\t1\t"], "row 2: 4 cells, the header has 3 columns"),
        ([f"a\t{S}\t1", f"a\t{S}A\t1"], "row 3: column 'name': 'a' is twice"),
        ([f"a\t{S}\t1", f"b\t{S}\t1"], f"row 3: column 'sequence': '{S}' is twice"),
    ],
)
def test_fault_is_one_line(tmp_path, rows, fault):
    with pytest.raises(UserError, match=fault):
        read_spike_ins(write(tmp_path, *rows))


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("name,sequence,amount", "row 1: the columns are separated by commas, expected tabs"),
        ("name;sequence;amount", "row 1: the columns are separated by semicolons, expected tabs"),
        ("name\tname\tsequence\tamount", "row 1: column 'name' is given twice"),
    ],
)
def test_fault_of_the_header(tmp_path, header, fault):
    path = tmp_path / "s.tsv"
    path.write_text(f"{header}\n")
    with pytest.raises(UserError) as error:
        read_spike_ins(path)
    assert str(error.value) == f"{path}: {fault}"


def test_a_folder_is_no_sheet(tmp_path):
    with pytest.raises(UserError, match="is a folder$"):
        read_spike_ins(tmp_path)


def test_column_missing(tmp_path):
    path = tmp_path / "s.tsv"
    path.write_text("name\tsequences\tamount\n")
    with pytest.raises(UserError, match=r"no column 'sequence' \(did you mean 'sequences'\?\)"):
        read_spike_ins(path)
