import gzip

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from evigil.errors import UserError
from evigil.proteomics.stream import ReadAgainError, Stream, run_texts


def cells(stream, text, numbers, filled=()):
    parts = list(stream.parts(text, numbers, filled))
    names = [*text, *numbers]
    return {n: [v for p in parts for v in p.column(n).to_pylist()] for n in names}


def test_columns_without_a_name_or_with_one_twice_do_no_harm(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("\ta\tx\tx\t\n1\tA\t2\t3\t4\n")
    assert cells(Stream(path), ["a"], ["x"]) == {"a": ["A"], "x": [2.0]}


def test_a_corner_left_out_by_r_is_put_back(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("a\tx\n1\tA\t2\n2\tB\t3\n")
    assert cells(Stream(path), ["a"], ["x"]) == {"a": ["A", "B"], "x": [2.0, 3.0]}


@pytest.mark.parametrize("separator", ["\t", ",", ";"])
def test_separators_quotes_and_blank_lines(tmp_path, separator):
    path = tmp_path / "t.csv"
    lines = [["", ""], ["a", "x"], ['"A B"', "1.5"], ['"C,;D"', "Filtered"], ['""', "NaN"]]
    path.write_text("\r\n".join(separator.join(line).strip(separator) for line in lines) + "\r\n")
    found = cells(Stream(path), ["a"], ["x"])
    assert found == {"a": ["A B", "C,;D", ""], "x": [1.5, None, None]}


def test_cells_left_out_at_the_end_are_empty_ones(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("a\tx\ty\nA\t1,5\t2\nB\t3\nC\t4\t5\n")
    stream = Stream(path)
    for _ in range(2):  # first the decimal comma shows, then the short row
        with pytest.raises(ReadAgainError):
            cells(stream, ["a"], ["x", "y"], ["x"])
    expected = {"a": ["A", "B", "C"], "x": [1.5, 3, 4], "y": [2, None, 5]}
    assert cells(stream, ["a"], ["x", "y"], ["x"]) == expected
    with pytest.raises(UserError, match="t.tsv: row 3: 2 cells, the header has 3 columns$"):
        cells(Stream(path), ["a"], ["y"], ["y"])


def test_a_gzip_file_that_is_cut_off_is_one_line(tmp_path):
    path = tmp_path / "t.tsv.gz"
    rng = np.random.default_rng(1)
    text = "a\tx\n" + "".join(f"A{i}\t{v}\n" for i, v in enumerate(rng.random(200_000)))
    content = gzip.compress(text.encode(), mtime=0)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError) as error:
        cells(Stream(path), ["a"], ["x"])
    assert str(error.value).startswith(f"{path}: is cut off, or damaged, or not UTF-8 (")
    assert "\n" not in str(error.value)


def test_bytes_that_are_no_text_are_one_line(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes(b"a\tx\n" + b"A\t1\n" * 20_000 + b"\xff\xfe\t2\n")
    with pytest.raises(UserError, match="t.tsv: is cut off, or damaged, or not UTF-8"):
        cells(Stream(path), ["a"], ["x"])
    path.write_bytes(b"a\tx\n\xff\xfe\t2\n")
    with pytest.raises(UserError, match="t.tsv: not UTF-8"):
        Stream(path)


def test_bytes_that_are_no_text_do_no_harm_in_columns_that_are_not_read(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_bytes(b"a\tx\tb\n" + b"A\t1\tB\n" * 20_000 + b"A\t2\t\xff\n")
    assert sum(cells(Stream(path), ["a"], ["x"])["x"]) == 20_002


def test_runs_of_a_column(tmp_path):
    path = tmp_path / "t.tsv"
    path.write_text("run\tx\ty\nb\t1\t2\na\t1\nb\t1\t2\n\t1\t2\n")
    assert run_texts(Stream(path), "run") == ["a", "b"]


def test_text_and_numbers_of_parquet_are_found_in_any_type(tmp_path):
    path = tmp_path / "t.parquet"
    table = {
        "text": pa.array(["A", None, "A"], pa.large_string()).dictionary_encode(),
        "flag": pa.array([0, 1, None], pa.int8()),
        "single": pa.array([1.5, None, 2], pa.float32()),
        "whole": pa.array([1, 2, None], pa.int64()),
    }
    parquet.write_table(pa.table(table), path)
    assert cells(Stream(path), ["text", "flag"], ["single", "whole"]) == {
        "text": ["A", None, "A"],
        "flag": ["0", "1", None],
        "single": [1.5, None, 2.0],
        "whole": [1.0, 2.0, None],
    }


def test_a_column_of_lists_is_refused(tmp_path):
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table({"run": [["a"], ["b"]], "x": [1.0, 2.0]}), path)
    with pytest.raises(UserError) as caught:
        Stream(path)
    assert str(caught.value) == f"{path}: column 'run': holds lists, not one value a row"
