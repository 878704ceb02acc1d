"""A result that is not what was written is refused; everything else is left alone."""

import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.tables import read_json, read_matrix, read_table, write_json, write_matrix, write_table

TABLE = pd.DataFrame({"sample": ["a", "b"], "x": [1, 2]})
MATRIX = pd.DataFrame([[10, 20]], index=["a"], columns=["x", "y"])


@pytest.fixture
def workdir(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shorten(content: bytes) -> bytes:
    return content[: content.rindex(b"\n", 0, -1) + 1]


def flip(content: bytes) -> bytes:
    middle = len(content) - 3
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [shorten, flip], ids=["shortened", "a bit"])
@pytest.mark.parametrize(
    ("name", "write", "read"),
    [
        ("t.tsv", lambda path: write_table(TABLE, path), read_table),
        ("t.json", lambda path: write_json({"x": [1, 2]}, path), read_json),
        ("t.h5ad", lambda path: write_matrix(MATRIX, path.removesuffix(".h5ad")), read_matrix),
    ],
)
def test_a_damaged_result_is_one_line(workdir, name, write, read, damage):
    path = f"results/stage/{name}"
    write(path)
    read(path)
    content = (workdir / path).read_bytes()
    (workdir / path).write_bytes(damage(content))
    with pytest.raises(UserError) as error:
        read(path)
    assert str(error.value) == (
        f"{path}: is damaged, or was changed since it was written; delete it and run again"
    )
    write(path)
    read(path)


def test_a_file_of_the_user_may_change(workdir):
    write_table(TABLE, "sheet.tsv")
    write_table(TABLE, workdir / "results/a.tsv")
    (workdir / "sheet.tsv").write_text("sample\nc\n")
    (workdir / "results/a.tsv").write_text("sample\nc\n")
    assert read_table("sheet.tsv")["sample"].tolist() == ["c"]
    assert read_table(workdir / "results/a.tsv")["sample"].tolist() == ["c"]
    assert not (workdir / ".evigil").exists()


def test_a_node_without_the_record_reads(workdir):
    (workdir / "results").mkdir()
    (workdir / "results/t.tsv").write_text("sample\nc\n")
    assert read_table("results/t.tsv")["sample"].tolist() == ["c"]
