"""`evigil check`: what will run, and one line for each fault."""

import random
import shutil
from pathlib import Path

import pytest

from evigil.check import check, planned_jobs
from evigil.cli import main
from evigil.config_file import load_yaml
from evigil.errors import UserError
from evigil.study import Study

VALID = Path(__file__).parents[1] / "valid_study"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return Path(shutil.copytree(VALID, tmp_path / "study"))


def test_what_will_run(base):
    lines = check(base / "config.yaml", base)
    assert lines[:6] == [
        "project tiny: smallrna, quality, classifier, monitoring, reports",
        "samples: 32 of 16 patients (32 sample)",
        "smallrna: counts.tsv: features in rows, 32 samples of the sheet",
        "classifier crc: trains on 8 cases and 8 controls of 16 patients; scores 32 samples",
        "monitoring watch: 32 visits of 16 patients; reference: 16 visits of 8 patients",
        "monitoring psa: 18 draws of 6 patients, 1 marker; reference: 9 draws of 3 patients",
    ]
    jobs = [line.split() for line in lines[7:-1]]
    assert lines[6] == f"jobs: {sum(int(number) for _, number in jobs)}"
    assert ["classifier_repeat", "5"] in jobs
    assert lines[-1] == "disk: about 1 MB in results/"


def test_planned_jobs(base):
    raw = load_yaml(base / "config.yaml")
    jobs = planned_jobs(Study.from_config(raw, base))
    classifier = {name: n for name, n in jobs.items() if name.startswith("classifier")}
    assert classifier == {
        "classifier_repeat": 5,
        "classifier_model": 1,
        "classifier_performance": 1,
        "classifier_scores": 1,
    }
    assert (jobs["smallrna_counts"], jobs["quality_gates"], jobs["monitoring_visits"]) == (1, 1, 2)
    alone = {"project": "a", "monitoring": {"psa": raw["monitoring"]["psa"]}}
    jobs = planned_jobs(Study.from_config(alone, base))
    assert jobs["monitoring_visits"] == 1
    assert not {"smallrna_counts", *classifier} & set(jobs)


def test_samples_in_one_file_only_are_said(base):
    text = (base / "counts.tsv").read_text().replace("P1_b", "P1_x")
    (base / "counts.tsv").write_text(text)
    said = [line for line in check(base / "config.yaml", base) if line.startswith("smallrna")]
    assert "P1_b" in said[1] and "P1_x" in said[2]


def test_a_column_that_may_be_misspelt_is_a_note(base):
    path = base / "samples.tsv"
    path.write_text(path.read_text().replace("\tstatus\t", "\tstatus\t", 1).replace("dose", "kits"))
    assert check(base / "config.yaml", base)[-1] == (
        "note: samples.tsv: column 'kits' is kept as a covariate (did you mean 'kit'?)"
    )


def test_the_command(base, capsys):
    assert main(["check", str(base / "config.yaml"), "--directory", str(base)]) == 0
    out = capsys.readouterr()
    assert out.out.startswith("project tiny") and out.err == ""


def test_faults_are_on_stderr_and_the_exit_is_1(base, capsys, monkeypatch):
    (base / "counts.tsv").unlink()
    monkeypatch.chdir(base)
    assert main(["check", "config.yaml"]) == 1
    out = capsys.readouterr()
    assert (out.out, out.err) == ("", "counts.tsv: no such file\n")


def test_a_folder_that_is_not_there(base, capsys):
    assert main(["check", str(base / "config.yaml"), "-d", "nowhere"]) == 1
    assert capsys.readouterr().err == "nowhere: no such folder\n"


@pytest.mark.parametrize("command", ["check", "init", "schema", "simulate", "predict"])
def test_every_command_has_help_with_an_example(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([command, "--help"])
    assert stop.value.code == 0
    assert f"Example: evigil {command}" in capsys.readouterr().out


def test_checking_leaves_the_working_directory(base, monkeypatch):
    monkeypatch.chdir(base.parent)
    check("study/config.yaml", "study")
    assert Path.cwd() == base.parent


NASTY = ["", "..", "a b", "1,5", "45321", "2024-13-01", "-5", "1e99", "inf", "ü", '"', "a:1/2", ":"]
HEADS = ["day", "role", "age", "replicate_of", "death", "treatments", "sample", "name", "", "dose"]


@pytest.mark.parametrize("seed", range(60))
def test_any_damage_to_a_sheet_ends_in_lines_that_name_a_file(base, seed, monkeypatch):
    monkeypatch.chdir(base)
    draw = random.Random(seed)
    path = base / draw.choice(["samples.tsv", "patients.tsv", "psa.tsv"])
    cells = [line.split("\t") for line in path.read_text().splitlines()]
    row, column = draw.randrange(len(cells)), draw.randrange(len(cells[0]))
    if seed % 2:
        cells[row][column] = draw.choice(NASTY)
    else:
        value = draw.choice(NASTY)
        cells = [[*row, value] for row in cells]
        cells[0][-1] = draw.choice(HEADS)
    path.write_text("\n".join(map("\t".join, cells)) + "\n")
    try:
        check("config.yaml")
    except UserError as error:
        for line in str(error).split("\n"):
            assert line.startswith(("config: ", "samples.tsv: ", "patients.tsv: ", "psa.tsv: "))
            assert len(line) < 220
