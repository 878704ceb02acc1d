"""Tables come back as they were written, and whole or not at all."""

import errno
import os
import platform
import resource
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evigil.errors import UserError, storage_line
from evigil.tables import (
    read_annotated,
    read_json,
    read_matrix,
    read_table,
    whole,
    write_json,
    write_matrix,
    write_table,
)


@given(st.lists(st.floats(allow_infinity=False), min_size=1))
def test_every_float_comes_back_to_the_last_bit(tmp_path_factory, values):
    path = tmp_path_factory.mktemp("t") / "t.tsv"
    write_table(pd.DataFrame({"a": np.arange(len(values)), "x": values}), path)
    assert read_table(path)["x"].astype(float).tolist() == pytest.approx(
        values, rel=0, abs=0, nan_ok=True
    )


@pytest.mark.parametrize("name", ["007", "1e5", "NA", "nan", "None", "null", "True", "-", "inf"])
def test_names_stay_text(tmp_path, name):
    write_table(pd.DataFrame({"sample": [name], "patient": [name]}), tmp_path / "t.tsv")
    assert read_table(tmp_path / "t.tsv").iloc[0].tolist() == [name, name]


def test_truth_is_written_as_a_number_and_missing_as_an_empty_cell(tmp_path):
    table = pd.DataFrame({"a": [True, False], "b": [None, "x"], "c": [1.0, np.nan]})
    write_table(table, tmp_path / "t.tsv")
    assert (tmp_path / "t.tsv").read_bytes() == b"a\tb\tc\n1\t\t1.0\n0\tx\t\n"


def test_a_failed_write_leaves_what_was_there(tmp_path):
    path = tmp_path / "t.txt"
    path.write_text("before")
    with pytest.raises(RuntimeError), whole(path) as part:
        part.write_text("half")
        raise RuntimeError
    assert path.read_text() == "before"
    assert [p.name for p in tmp_path.iterdir()] == ["t.txt"]


def test_what_the_killed_left_half_written_is_removed_and_the_living_keep_theirs(tmp_path):
    code = "import os, sys, time; from evigil.tables import whole\n"
    code += "with whole(sys.argv[1]) as part: part.write_bytes(b'half'); os._exit(9)"
    killed = [sys.executable, "-c", code, str(tmp_path / "t.txt")]
    assert subprocess.run(killed).returncode == 9
    (left,) = tmp_path.iterdir()
    # the process that started this one lives
    living = left.with_name(f".t.txt@{platform.node()}.{os.getppid()}.part")
    elsewhere = left.with_name(".t.txt@another-node.1.part")
    for part in (living, elsewhere):
        part.write_bytes(b"half")
    with whole(tmp_path / "t.txt") as part:
        part.write_text("whole")
    assert sorted(tmp_path.iterdir()) == sorted([tmp_path / "t.txt", living, elsewhere])


def test_a_full_disk_names_the_file(tmp_path):
    with pytest.raises(OSError, match="No space left") as error, whole(tmp_path / "t.txt"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert error.value.filename == str(tmp_path / "t.txt")


def test_a_matrix_on_a_full_disk_is_an_error_of_the_disk(tmp_path):
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    values = pd.DataFrame(np.arange(9000).reshape(3, 3000), index=["a", "b", "c"])
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
        with pytest.raises(OSError, match="File too large") as error:
            write_matrix(values.rename(columns=str), tmp_path / "m")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
    assert storage_line(error.value) == (
        f"{tmp_path}/m.h5ad: cannot be written or read (File too large)"
    )
    assert list(tmp_path.iterdir()) == []


def test_json_refuses_what_is_no_number(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_json({"a": float("nan")}, tmp_path / "a.json")
    assert not (tmp_path / "a.json").exists()
    write_json({"b": 0.1, "a": None}, tmp_path / "a.json")
    assert read_json(tmp_path / "a.json") == {"a": None, "b": 0.1}


@pytest.mark.parametrize("content", [b"", b'{"a": ', b"\xff\xfe"])
def test_a_result_without_a_record_that_is_cut_off_is_one_line(tmp_path, monkeypatch, content):
    """As after a copy that was broken off: `.evigil/` was not copied."""
    monkeypatch.chdir(tmp_path)
    for path in (Path("results/a.json"), Path("given.json")):
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
    with pytest.raises(UserError, match=r"^results/a.json: is damaged \(.*; delete it and run"):
        read_json("results/a.json")
    if not content.startswith(b"{"):
        with pytest.raises(UserError, match=r"^results/a.json: is damaged \(.*; delete it and run"):
            read_table("results/a.json")
    # what a file of the user's should be is said by who reads it
    with pytest.raises(ValueError):
        read_json("given.json")


def test_a_matrix_with_a_damaged_word_is_one_line(tmp_path):
    write_matrix(pd.DataFrame([[1]], index=["s1"], columns=["x"]), tmp_path / "m")
    content = (tmp_path / "m.h5ad").read_bytes()
    assert b"dataframe" in content
    (tmp_path / "m.h5ad").write_bytes(content.replace(b"dataframe", b"dataframd"))
    with pytest.raises(UserError, match=r"m.h5ad: is damaged \(.+\); delete it and run again$"):
        read_matrix(tmp_path / "m.h5ad")


def test_a_matrix_comes_back_and_is_the_same_bytes(tmp_path):
    values = pd.DataFrame([[1, 2, 3], [4, 5, 6]], index=["s1", "s2"], columns=["x", "y", "z"])
    obs = pd.DataFrame({"sex": ["f", None], "age": [1.5, np.nan]}, index=["s1", "s2"])
    for name in ("one", "two"):
        write_matrix(values, tmp_path / name, obs=obs)
    pd.testing.assert_frame_equal(read_matrix(tmp_path / "one.h5ad"), values)
    assert (tmp_path / "one.h5ad").read_bytes() == (tmp_path / "two.h5ad").read_bytes()
    assert (tmp_path / "one.tsv").read_text() == "feature\ts1\ts2\nx\t1\t4\ny\t2\t5\nz\t3\t6\n"


def test_a_column_of_the_sheet_that_is_empty_is_written_empty(tmp_path):
    values = pd.DataFrame([[1.0], [2.0]], ["a", "b"], ["f"])
    obs = pd.DataFrame({"stage": [np.nan, np.nan], "sex": ["f", np.nan]}, ["a", "b"], dtype=object)
    write_matrix(values, tmp_path / "m", obs=obs)
    found = read_annotated(tmp_path / "m.h5ad").obs
    assert found["stage"].isna().all() and found["sex"].tolist() == ["f", np.nan]


def test_a_matrix_that_is_cut_off_is_one_line(tmp_path):
    write_matrix(pd.DataFrame([[1]], index=["s"], columns=["x"]), tmp_path / "m")
    path = tmp_path / "m.h5ad"
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(UserError, match=r"m\.h5ad: is damaged .*delete it and run again"):
        read_matrix(path)
