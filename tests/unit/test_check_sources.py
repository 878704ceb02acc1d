"""What nodes get is what git tracks below the working directory."""

import subprocess

import pytest

from evigil.check_sources import LARGEST, check_sources
from evigil.errors import UserError


@pytest.fixture
def study(tmp_path, monkeypatch):
    """A study under git with the workflow as a submodule in it."""
    for name in ("evigil", "study"):
        (tmp_path / name).mkdir()
        subprocess.run(["git", "init", "-q"], cwd=tmp_path / name, check=True)
    (tmp_path / "evigil" / "Snakefile").touch()
    git = ["git", "-c", "protocol.file.allow=always", "-c", "user.name=n", "-c", "user.email=e@e"]
    for command in (["add", "."], ["commit", "-q", "-m", "sources"]):
        subprocess.run([*git, *command], cwd=tmp_path / "evigil", check=True)
    study = tmp_path / "study"
    subprocess.run([*git, "submodule", "--quiet", "add", "../evigil"], cwd=study, check=True)
    (study / "samples.tsv").touch()
    (study / "config.yaml").touch()
    subprocess.run([*git, "add", "samples.tsv"], cwd=study, check=True)
    monkeypatch.chdir(study)
    return study


def faults(study, sheets=("samples.tsv",), configs=("config.yaml",), workflow=None) -> list[str]:
    with pytest.raises(UserError) as error:
        check_sources(sheets, configs, workflow or study / "evigil")
    return str(error.value).splitlines()


def test_a_sheet_that_was_added_and_a_config_that_was_not(study):
    check_sources(["./samples.tsv"], ["config.yaml", study / "config.yaml"], study / "evigil")


def test_a_config_and_a_workflow_outside_of_the_working_directory(study):
    said = faults(study, configs=["../config.yaml"], workflow=study.parent / "evigil")
    assert [line.split(": is outside of the working directory")[0] for line in said[:2]] == [
        "../config.yaml",
        f"the workflow at {study.parent / 'evigil'}",
    ]


def test_a_sheet_outside_of_the_working_directory_even_behind_a_link(study):
    (study.parent / "samples.tsv").write_text("sample\n")
    (study / "link.tsv").symlink_to(study.parent / "samples.tsv")
    subprocess.run(["git", "add", "link.tsv"], cwd=study, check=True)
    said = faults(study, sheets=["../samples.tsv", "link.tsv"])
    assert [line.split(": is outside of the working directory")[0] for line in said] == [
        "../samples.tsv",
        "link.tsv",
    ]


def test_a_workflow_that_is_only_copied_there(study):
    (study / "copy").mkdir()
    (study / "copy" / "Snakefile").touch()
    (said,) = faults(study, workflow=study / "copy")
    assert said.startswith("copy/Snakefile: is not tracked by git and would not reach the nodes")
    assert said.endswith(": git submodule add ADDRESS copy (docs/cloud.md)")


def test_the_largest_file_that_is_shipped(study):
    (study / "config.yaml").write_bytes(b"\0" * LARGEST)
    check_sources(["samples.tsv"], ["config.yaml"], study / "evigil")
    (study / "config.yaml").write_bytes(b"\0" * (LARGEST + 1))
    (said,) = faults(study)
    assert said.startswith("config.yaml: has 10.0 MB, and Snakemake ships no source over 10 MB")
