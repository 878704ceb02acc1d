"""What `evigil simulate` leaves on disk, and what it refuses."""

import gzip
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from evigil.errors import UserError
from evigil.simulate.cohort import make_cohort, simulate, write_cohort
from evigil.simulate.design import Design

SMALL = Design(
    cases=6, controls=6, followed=2, recurring=1, reference=3, features=60, affected=5,
    sequenced=1, depth=500,
)  # fmt: skip
FILES = {
    "config/libraries.tsv", "data/fastq/case-05-v0.fastq.gz", "data/fastq/control-06-v0.fastq.gz",
    "truth/reads.tsv",
    "config/config.yaml", "config/samples.tsv", "config/patients.tsv", "data/counts.tsv.gz",
    "truth/features.tsv", "truth/batches.tsv", "truth/samples.tsv", "truth/patients.tsv",
    "truth/faults.tsv", "truth/simulation.json",
}  # fmt: skip


def contents(folder):
    found = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in found}


def test_two_processes_write_the_same_bytes(tmp_path):
    code = "import sys; from evigil.simulate.cohort import simulate; simulate(sys.argv[1])"
    for name, hashing in (("a", "1"), ("b", "2")):
        environment = os.environ | {"PYTHONHASHSEED": hashing}
        subprocess.run([sys.executable, "-c", code, tmp_path / name], check=True, env=environment)
    assert FILES - set(contents(tmp_path / "a")) <= {f for f in FILES if "fastq" in f}
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    simulate(tmp_path / "c", seed=1)
    changed = contents(tmp_path / "c")
    assert changed["data/counts.tsv.gz"] != contents(tmp_path / "a")["data/counts.tsv.gz"]


def test_the_count_table_has_no_clock_and_one_row_per_feature(tmp_path):
    cohort = make_cohort(SMALL, 1)
    write_cohort(cohort, tmp_path)
    packed = (tmp_path / "data/counts.tsv.gz").read_bytes()
    assert packed[4:8] == b"\0\0\0\0"
    rows = [line.split("\t") for line in gzip.decompress(packed).decode().splitlines()]
    in_table = cohort.counts.drop(index=list(cohort.libraries))
    assert rows[0] == ["feature", *in_table.index] and len(in_table) == len(cohort.counts) - 2
    assert [row[0] for row in rows[1:]] == in_table.columns.tolist()
    assert [int(x) for x in rows[7][1:]] == in_table.iloc[:, 6].tolist()


def test_config_names_the_files_and_follows_the_design(tmp_path):
    write_cohort(make_cohort(SMALL, 1), tmp_path)
    config = yaml.safe_load((tmp_path / "config/config.yaml").read_text())
    for path in (config["samples"], config["patients"], config["smallrna"]["counts"]):
        assert (tmp_path / path).is_file()
    assert config["seed"] == 1
    assert config["monitoring"]["watch"]["planned_visits"] == 6


def test_a_second_run_touches_nothing(tmp_path):
    cohort = make_cohort(SMALL, 1)
    write_cohort(cohort, tmp_path)
    times = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    (tmp_path / "results").mkdir()
    (tmp_path / "results/anything.tsv").write_text("a result")
    write_cohort(cohort, tmp_path)
    assert all(p.stat().st_mtime_ns == t for p, t in times.items() if p != tmp_path)


def test_another_seed_replaces_an_earlier_simulation(tmp_path):
    write_cohort(make_cohort(SMALL, 1), tmp_path)
    write_cohort(make_cohort(SMALL, 2), tmp_path)
    write_cohort(make_cohort(SMALL, 2), tmp_path / "fresh")
    fresh = contents(tmp_path / "fresh")
    kept = {k: v for k, v in contents(tmp_path).items() if not k.startswith("fresh/")}
    assert kept == fresh


def left_by_the_killed(path: Path) -> None:
    """What a process that was killed leaves of a file; ours has ended by now."""
    code = "import sys, os; from evigil.tables import whole; from pathlib import Path\n"
    code += "with whole(Path(sys.argv[1])) as part: part.write_bytes(b'half'); os._exit(9)"
    assert subprocess.run([sys.executable, "-c", code, str(path)]).returncode == 9


def test_a_run_stopped_halfway_can_be_repeated(tmp_path):
    cohort = make_cohort(SMALL, 1)
    write_cohort(cohort, tmp_path / "whole")
    half = shutil.copytree(tmp_path / "whole", tmp_path / "half")
    for name in ("data/counts.tsv.gz", "truth/features.tsv"):
        (half / name).unlink()
    left_by_the_killed(half / "data/counts.tsv.gz")
    write_cohort(cohort, half)
    assert contents(half) == contents(tmp_path / "whole")


def test_a_run_stopped_at_its_first_file_can_be_repeated(tmp_path):
    (tmp_path / "truth").mkdir()
    left_by_the_killed(tmp_path / "truth/simulation.json")
    write_cohort(make_cohort(SMALL, 1), tmp_path)
    assert set(contents(tmp_path)) == FILES


def test_a_folder_with_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(UserError, match="not a simulated cohort") as error:
        simulate(tmp_path)
    assert "\n" not in str(error.value)
    assert contents(tmp_path) == {"thesis.tex": b"years of work"}


def test_a_file_in_its_place_is_refused(tmp_path):
    path = tmp_path / "demo"
    path.write_text("")
    with pytest.raises(UserError, match="demo: is a file"):
        simulate(path)


def test_a_file_changed_by_hand_is_not_overwritten(tmp_path):
    write_cohort(make_cohort(SMALL, 1), tmp_path)
    config = tmp_path / "config/config.yaml"
    config.write_text(config.read_text() + "# mine\n")
    before = hashlib.sha256(config.read_bytes()).digest()
    with pytest.raises(UserError, match="config.yaml: was changed since it was simulated"):
        write_cohort(make_cohort(SMALL, 1), tmp_path)
    assert hashlib.sha256(config.read_bytes()).digest() == before


def test_a_foreign_record_is_refused(tmp_path):
    (tmp_path / "truth").mkdir()
    (tmp_path / "truth/simulation.json").write_text("[]")
    with pytest.raises(UserError, match="not the record of a simulated cohort"):
        simulate(tmp_path)


def test_a_negative_seed_is_refused(tmp_path):
    with pytest.raises(UserError, match="seed: must be a whole number from 0, got -1"):
        simulate(tmp_path / "demo", seed=-1)
    assert not (tmp_path / "demo").exists()
