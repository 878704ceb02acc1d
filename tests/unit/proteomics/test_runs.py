"""Which run is which sample: mapping, SDRF, equal names; and what fits to nothing is named."""

import pytest

from evigil.errors import UserError
from evigil.proteomics.runs import match, match_runs, wanted_names

SAMPLES = ["S1", "S2", "S3"]


def faults(*arguments):
    with pytest.raises(UserError) as caught:
        match_runs(*arguments, "t.tsv")
    return str(caught.value).splitlines()


def sheet(folder, text, name="runs.tsv"):
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_equal_names():
    assert match_runs(["S2", "S1"], SAMPLES, None, "t.tsv") == {"S1": "S1", "S2": "S2"}
    assert match(["S1"], SAMPLES, None, "t.tsv").notes == ()


def test_files_match_without_folders_and_endings():
    runs = ["C:\\data\\S1.raw", "/mnt/S2.mzML", "S3.d"]
    found = match(runs, SAMPLES, None, "t.tsv")
    assert found.samples == dict(zip(runs, SAMPLES, strict=True))
    note = "t.tsv: 3 of 3 runs matched by the names of their files without folders and endings"
    assert found.notes == (note,)


@pytest.mark.parametrize(
    "ending", [".d.tar", ".wiff", ".wiff2", ".raw", ".mzML.gz", ".d", ".RAW", ".mzXML"]
)
def test_endings_of_acquisition_files(ending):
    assert match_runs([f"S1{ending}"], SAMPLES, None, "t.tsv") == {f"S1{ending}": "S1"}


@pytest.mark.parametrize(
    "text",
    [
        "run\tsample\nr1.raw\tS1\nr2.raw\tS2\n",
        "sample\tnote\trun\nS2\tx\tD:\\r2.raw\nS1\t\tr1\n",
        b"\xef\xbb\xbfRun\tSample\r\nr1\tS1\r\nr2\tS2\r\n",
        "run\tsample\nr1\tS1\nr2\tS2\n\n\n",
    ],
)
def test_a_mapping(tmp_path, text):
    found = match_runs(["r1", "r2"], SAMPLES, sheet(tmp_path, text), "t.tsv")
    assert found == {"r1": "S1", "r2": "S2"}


def test_a_mapping_of_several_tables_that_leaves_a_run_out(tmp_path):
    path = sheet(tmp_path, "run\tsample\nr1\tS1\nr2\t\nr3\tS3\n")
    found = match(["r1", "r2"], SAMPLES, path, "t.tsv")
    assert found.samples == {"r1": "S1"}
    assert found.notes == (
        f"t.tsv: 1 run ('r2') left out by {path}",
        f"t.tsv: 1 run ('r3') of {path} not in it",
    )
    assert wanted_names(SAMPLES, path) == ["r1", "r2", "r3"]
    assert wanted_names(SAMPLES, None) == SAMPLES


def test_two_folders_with_a_file_of_one_name(tmp_path):
    path = sheet(tmp_path, "run\tsample\na/r.raw\tS1\nb/r.raw\tS2\n")
    assert match_runs(["a/r.raw", "b/r.raw"], SAMPLES, path, "t.tsv") == {
        "a/r.raw": "S1",
        "b/r.raw": "S2",
    }
    assert faults(["r"], SAMPLES, path)[0].startswith(f"t.tsv: 1 run ('r') of no sample by {path}")


SDRF = (
    "source name\tcharacteristics[organism]\tassay name\tcomment[label]\tcomment[data file]\n"
    "S1\tHomo sapiens\trun 1\tlabel free sample\tr1.raw\n"
    "S2\tHomo sapiens\trun 2\tlabel free sample\tr2.raw\n"
    "pool\tHomo sapiens\trun 3\tlabel free sample\tr3.raw\n"
)


@pytest.mark.parametrize("name", ["study.sdrf.tsv", "runs.tsv"])
def test_sdrf(tmp_path, name):
    path = sheet(tmp_path, SDRF, name)
    assert match_runs(["r1", "r2"], SAMPLES, path, "t.tsv") == {"r1": "S1", "r2": "S2"}
    lost = faults(["r1", "r2", "r3"], SAMPLES, path)
    assert lost == [f"t.tsv: 1 run ('r3') of no sample by {path}"]


def test_sdrf_with_samples_as_assay_names(tmp_path):
    text = SDRF.replace("S1\t", "A\t").replace("S2\t", "B\t")
    text = text.replace("run 1", "S1").replace("run 2", "S2")
    path = sheet(tmp_path, text, "x.sdrf.tsv")
    assert match_runs(["r1"], SAMPLES, path, "t.tsv") == {"r1": "S1"}


def test_sdrf_of_fractions_that_were_searched_together(tmp_path):
    fractions = "".join(SDRF.replace(".raw", f"_{i}.raw").partition("\n")[2] for i in "12")
    path = sheet(tmp_path, SDRF.partition("\n")[0] + "\n" + fractions, "x.sdrf.tsv")
    found = match(["S1", "S2"], SAMPLES, path, "t.tsv")
    assert found.samples == {"S1": "S1", "S2": "S2"} and found.notes == ()
    files = [f"{run}{end}" for run in ("r1_1", "r1_2", "r2_1", "r2_2") for end in ("", ".raw")]
    assert wanted_names(SAMPLES, path) == ["S1", "S2", *files]
    assert faults(["S1", "pool"], SAMPLES, path)[0].startswith("t.tsv: 1 run ('pool') of no sample")
    assert "are all of sample 'S1'" in faults(["r1_1", "r1_2"], SAMPLES, path)[0]
    named = sheet(tmp_path, SDRF.replace("r2.raw", "S1.raw"), "y.sdrf.tsv")
    assert match_runs(["S1"], SAMPLES, named, "t.tsv") == {"S1": "S2"}  # the file comes first


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (("comment[data file]", "comment[file]"), "no column 'comment[data file]'"),
        (("S1\t", "s 1\t"), None),
        (
            ("r2.raw", "r1.raw"),
            "row 3: data file 'r1.raw' is of sample 'S1' and of 'S2' (several labels in one run "
            "are not read)",
        ),
    ],
)
def test_faults_of_sdrf(tmp_path, change, expected):
    path = sheet(tmp_path, SDRF.replace(*change), "x.sdrf.tsv")
    found = faults(["r1", "r2"], SAMPLES, path)
    if expected is None:
        assert found == [f"t.tsv: 1 run ('r1') of no sample by {path}"]
    else:
        assert found[0].startswith(f"{path}: {expected}")


def test_sdrf_of_another_study(tmp_path):
    path = sheet(tmp_path, SDRF, "x.sdrf.tsv")
    assert faults(["r1"], ["X1"], path) == [
        f"{path}: no source name in the sample sheet (the first is 'S1')"
    ]


def test_every_run_of_no_sample_is_named():
    assert faults(["S1", "T2", "t3"], SAMPLES, None) == [
        "t.tsv: 2 runs ('T2', 't3') of no sample in the sample sheet; 2 "
        "samples ('S2', 'S3') without a run; a sheet of runs says which is which (columns run and "
        "sample; an empty sample leaves a run out)"
    ]


def test_every_run_that_a_mapping_lacks_is_named(tmp_path):
    path = sheet(tmp_path, "run\tsample\nr1\tS1\nq2\tS2\n")
    assert faults(["r1", "r2", "r3"], SAMPLES, path) == [
        f"t.tsv: 2 runs ('r2', 'r3') of no sample by {path}; 1 name ('q2') without a run"
    ]


def test_a_sample_measured_twice():
    assert faults(["S1 (P1)", "S1 (P2)", "S2"], SAMPLES, None) == [
        "t.tsv: sample 'S1' was measured more than once, as runs 'S1 (P1)', 'S1 (P2)': say in a "
        "sheet of runs which one is used (columns run and sample; an empty sample leaves a run out)"
    ]


def test_two_runs_of_one_sample(tmp_path):
    path = sheet(tmp_path, "run\tsample\nr1\tS1\nr2\tS1\n")
    assert faults(["r1", "r2"], SAMPLES, path) == [
        "t.tsv: runs 'r1', 'r2' are all of sample 'S1'; a sample has one run of a table (leave the "
        "sample of the others empty in the sheet of runs)"
    ]
    assert faults(["S1", "S1.raw"], SAMPLES, None)[0].startswith("t.tsv: runs 'S1', 'S1.raw' are")


def test_a_run_that_is_there_twice():
    assert faults(["S1", "S1", "S2"], SAMPLES, None) == ["t.tsv: 1 run ('S1') in it more than once"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["is empty"]),
        ("run\tsample\n", ["has a header and no rows"]),
        ("run\tsampel\nr1\tS1\n", ["no column 'sample' (did you mean 'sampel'?)"]),
        (
            "run\tsample\nr1\tS1\nr1\tS2\nr2\tS9\n\tS3\n",
            [
                "row 3: column run: 'r1' is also in row 2",
                "row 4: column sample: 'S9' is not in the sample sheet",
                "row 5: column run: is empty",
            ],
        ),
        ("run\tsample\nr1\n", ["row 2: 1 cells, the header has 2 columns"]),
        (
            "run\tsample\nS1\tr1\nS2\tr2\n",
            [
                "the columns run and sample are swapped: what stands in run are names of the "
                "sample sheet, what stands in sample are not"
            ],
        ),
        ("run;sample\nr1;S1\n", ["row 1: the columns are separated by semicolons, expected tabs"]),
    ],
)
def test_faults_of_a_mapping(tmp_path, text, expected):
    path = sheet(tmp_path, text)
    assert faults(["r1"], SAMPLES, path) == [f"{path}: {line}" for line in expected]


def test_no_such_mapping(tmp_path):
    path = tmp_path / "runs.tsv"
    assert faults(["r1"], SAMPLES, path) == [f"{path}: no such file"]


def test_a_mapping_that_leaves_every_run_out_is_not_swapped(tmp_path):
    path = sheet(tmp_path, "run\tsample\nS1\t\nS2\t\n")
    assert match(["S1", "S2"], SAMPLES, path, "t.tsv").samples == {}


def test_a_matrix_is_looked_through_for_runs_without_their_endings(tmp_path):
    path = sheet(tmp_path, "run\tsample\nx/r1.raw\tS1\nr2.raw\tS2\n")
    assert {"r1", "r2"} < {*wanted_names(SAMPLES, path)}
    assert match(["r1", "r2"], SAMPLES, path, "t.tsv").samples == {"r1": "S1", "r2": "S2"}
