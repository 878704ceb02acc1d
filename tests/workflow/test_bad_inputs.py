"""Every bad input of tests/bad_inputs.tsv meets exactly its line.

A row names a file of tests/valid_study and what is done to a copy of it; several mutations are
joined by ``;;``. ``\\t``, ``\\n`` and ``\\xNN`` mean the tab, the line end and the byte.

replace:old=>new   the first `old`, which must be there, becomes `new`
append:text        a line more
insert:text        a line before the first
write:text         the whole file
bytes:text         the whole file, as Latin-1
cell:row,column=x  a cell of a TSV; the header is row 1, as in the error
column:name=x      a column more, with `x` in every row
delete             the file is gone
size:n             n bytes of nothing

A row whose file is `profile/config.yaml` is checked with that profile: git tracks the study, its
count table is in S3, and further mutations are

git:words          a git command
env:NAME=value     a variable of the environment; without a value it is unset
away:file          an object that is not in storage
"""

import csv
import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest

from evigil.check import check, open_stored
from evigil.config_file import load_yaml
from evigil.differential.contrasts import Contrast
from evigil.differential.run import analyse
from evigil.errors import UserError
from evigil.layers.matrix import read_layer_table
from evigil.object_storage import open_folder
from evigil.plan_proteomics import ProteomicsPlan
from evigil.proteomics.part import Part
from evigil.proteomics.results import assemble
from evigil.proteomics.table import read_table
from evigil.smallrna.counts import read_counts
from evigil.study import Study

TESTS = Path(__file__).parents[1]


def bad_inputs() -> list[dict[str, str]]:
    with (TESTS / "bad_inputs.tsv").open(encoding="utf-8", newline="") as text:
        return list(csv.DictReader(text, delimiter="\t", quoting=csv.QUOTE_NONE))


def plain(text: str) -> str:
    for written, meant in (("\\t", "\t"), ("\\n", "\n"), ("\\r", "\r")):
        text = text.replace(written, meant)
    return text


def set_cell(text: str, row: int, column: str, value: str) -> str:
    cells = [line.split("\t") for line in text.splitlines()]
    cells[row - 1][cells[0].index(column)] = value
    return "\n".join(map("\t".join, cells)) + "\n"


def mutate(path: Path, mutation: str) -> None:
    kind, _, rest = mutation.partition(":")
    if kind == "delete":
        path.unlink()
        return
    if kind == "size":
        path.write_bytes(b"\0" * int(rest))
        return
    if kind == "bytes":
        path.write_bytes(plain(rest).encode("latin-1").decode("unicode_escape").encode("latin-1"))
        return
    rest = plain(rest)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    if kind == "replace":
        old, new = rest.split("=>")
        assert old in text, f"{old!r} is not in {path.name}"
        text = text.replace(old, new, 1)
    elif kind == "cell":
        place, value = rest.split("=", 1)
        row, column = place.split(",")
        text = set_cell(text, int(row), column, value)
    elif kind == "column":
        name, value = rest.split("=", 1)
        head, *lines = text.splitlines()
        text = "\n".join([f"{head}\t{name}", *(f"{line}\t{value}" for line in lines)]) + "\n"
    else:
        parts = {"append": text + rest + "\n", "insert": rest + "\n" + text, "write": rest}
        text = parts[kind]
    path.write_text(text, encoding="utf-8")


def meet_the_jobs(folder: Path) -> None:
    """What only a full read shows: all tables read, and every contrast made from the counts."""
    study = Study.from_config(load_yaml(folder / "config.yaml"), folder)
    samples = study.samples["sample"]
    if parts := [read_part_of(row, samples) for row in study.tables.to_dict("records")]:
        assemble(parts, ProteomicsPlan(study).scaling(None), None)
    for layer in study.config.layers.values():
        read_layer_table(layer.table, samples, layer.scale)
    counts, _, _ = read_counts("counts.tsv", samples)
    for name, block in study.config.differential.contrasts.items():
        contrast = Contrast.from_settings(name, block.model_dump())
        analyse(counts, "counts", study.contrast_samples(name), None, contrast)


def read_part_of(row: dict, samples: pd.Series) -> Part:
    found, of = read_table(row["path"], row["format"], row["scale"], row["runs"] or None, samples)
    names = pd.Series([of.get(run, "") for run in found.values.index], found.values.index)
    return Part(row["path"], row["batch"], found, names)


@pytest.fixture
def study(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TESTS / "valid_study", tmp_path / "study"))


def test_the_study_is_right_as_it_is(study):
    assert check(study / "config.yaml", study)[0].startswith("project tiny: ")


@pytest.fixture
def cloud(study, monkeypatch, s3) -> Path:
    """The study as nodes that share nothing need it: sheets tracked by git, counts in storage."""
    (study / "evigil").mkdir()
    (study / "evigil" / "Snakefile").touch()
    monkeypatch.setattr("evigil.check_sources.WORKFLOW", study / "evigil")
    for command in (["init", "-q"], ["add", "."]):
        subprocess.run(["git", *command], cwd=study, check=True)
    for name, value in s3.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("HOME", str(study))  # no keys of the person who runs the tests
    s3.client.create_bucket(Bucket="evigil-tests")
    s3.upload(study, ["counts.tsv"], "evigil-tests", "study")
    return study


def test_the_cloud_study_is_right_as_it_is(cloud):
    said = check(cloud / "config.yaml", cloud, cloud / "profile")
    assert said == check(cloud / "config.yaml", cloud)


def test_what_the_table_in_storage_holds_is_checked(cloud, s3):
    counts = cloud / "counts.tsv"
    counts.write_text(counts.read_text().replace("P1_a", "P1_a\tP1_a", 1))
    s3.upload(cloud, ["counts.tsv"], "evigil-tests", "study")
    with pytest.raises(UserError, match=r"^counts.tsv: .*P1_a"):
        check(cloud / "config.yaml", cloud, cloud / "profile")


def test_the_size_of_the_table_in_storage_is_what_jobs_ask_for(cloud, s3):
    study = Study.from_config(load_yaml(cloud / "config.yaml"), cloud, stored=True)
    size = (cloud / "counts.tsv").stat().st_size
    (cloud / "counts.tsv").unlink()
    assert open_stored(study, open_folder("s3://evigil-tests/study", {})).megabytes == size / 1e6


@pytest.mark.parametrize("row", bad_inputs(), ids=lambda row: row["name"])
def test_bad_input(row, study, monkeypatch, request):
    monkeypatch.chdir(study)
    in_cloud = row["file"] == "profile/config.yaml"
    if in_cloud:
        request.getfixturevalue("cloud")
    for mutation in row["mutation"].split(" ;; "):
        file, _, rest = mutation.partition(" ") if mutation.startswith("@") else ("", "", mutation)
        if not (in_cloud and act(rest, study, monkeypatch, request)):
            mutate(study / (file[1:] or row["file"]), rest)
    with pytest.raises(UserError) as error:
        check("config.yaml", profile="profile" if in_cloud else None)
        meet_the_jobs(study)
    assert str(error.value).splitlines() == plain(row["expected"]).splitlines()


def act(mutation: str, study: Path, monkeypatch, request) -> bool:
    """Do what is no change of a file; whether it was that."""
    kind, _, rest = mutation.partition(":")
    if kind == "git":
        subprocess.run(["git", *rest.split()], cwd=study, check=True, capture_output=True)
    elif kind == "away":
        s3 = request.getfixturevalue("s3")
        s3.client.delete_object(Bucket="evigil-tests", Key=f"study/{rest}")
    elif kind == "env":
        name, _, value = rest.partition("=")
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name)
    return kind in ("git", "away", "env")


def test_names_are_unique():
    names = [row["name"] for row in bad_inputs()]
    assert len(names) >= 25
    assert len(set(names)) == len(names)
