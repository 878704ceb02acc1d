"""`evigil check`: what will run, and one line for each fault."""

import random
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evigil.check import check
from evigil.classifier.locked import save, train
from evigil.cli import main
from evigil.config_file import load_yaml
from evigil.errors import UserError
from evigil.monitoring.draws import draws_from_series
from evigil.monitoring.run import monitor
from evigil.plan import Plan
from evigil.study import Study

VALID = Path(__file__).parents[1] / "valid_study"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    return Path(shutil.copytree(VALID, tmp_path / "study"))


def test_what_will_run(base):
    lines = check(base / "config.yaml", base)
    assert lines[:7] == [
        "project tiny: smallrna, quality, differential, classifier, monitoring, reports",
        "samples: 32 of 16 patients (32 sample)",
        "smallrna: counts.tsv: features in rows, 32 samples of the sheet",
        "contrast two_groups: condition: CRC against healthy; 8 against 8 samples of 16 patients",
        "classifier crc: trains on 8 cases and 8 controls of 16 patients; scores 32 samples",
        "monitoring watch: 32 visits of 16 patients; reference: 8 of 16 matching draws, "
        "8 patients, 0 with two or more",
        "monitoring psa: 18 draws of 6 patients, 1 marker; reference: 6 of 9 matching draws, "
        "3 patients, 3 with two or more",
    ]
    end = next(i for i, line in enumerate(lines) if line.startswith("disk: "))
    jobs = [line.split() for line in lines[8:end]]
    assert lines[7] == f"jobs: {sum(int(number) for _, number in jobs)}"
    assert ["classifier_repeat", "5"] in jobs
    assert lines[end] == "disk: about 2 MB in results/"


def test_planned_jobs(base):
    raw = load_yaml(base / "config.yaml")
    jobs = Plan(Study.from_config(raw, base)).jobs()
    classifier = {name: n for name, n in jobs.items() if name.startswith("classifier")}
    assert classifier == {
        "classifier_repeat": 5,
        "classifier_model": 1,
        "classifier_performance": 1,
        "classifier_figures": 1,
        "classifier_scores": 1,
    }
    assert (jobs["smallrna_counts"], jobs["quality_gates"], jobs["quality_audit"]) == (1, 1, 1)
    alone = {"project": "a", "monitoring": {"psa": raw["monitoring"]["psa"]}}
    jobs = Plan(Study.from_config(alone, base)).jobs()
    assert jobs["monitoring_visits"] == 1
    assert not {"smallrna_counts", *classifier} & set(jobs)


def with_config(base: Path, old: str, new: str) -> list[str]:
    path = base / "config.yaml"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    return check(path, base)


def test_a_reference_too_small_for_personal_limits_is_a_note(base):
    noted = [line for line in check(base / "config.yaml", base) if "personal limits" in line]
    assert noted[1] == (
        "note: monitoring.psa: personal limits need 30 reference patients with two draws or more, "
        "there are 3: every draw will be indeterminate; set primary_rule: single"
    )
    single = "series: psa.tsv\n    primary_rule: single"
    assert sum("personal limits" in s for s in with_config(base, "series: psa.tsv", single)) == 1


def test_nobody_with_an_outcome_is_a_note(base):
    path = base / "patients.tsv"
    path.write_text(path.read_text().replace("last_follow_up", "seen_last"))
    assert [line for line in check(base / "config.yaml", base) if "free of" in line] == [
        "note: monitoring.watch: no patient has a recurrence or last_follow_up: all 16 count as "
        "free of recurrence",
        "note: monitoring.psa: no patient has a recurrence or last_follow_up: all 6 count as free "
        "of recurrence",
    ]


def test_a_reference_file_is_opened(base):
    (base / "old.json").write_text("[]")
    with pytest.raises(UserError, match="^old.json: is no reference.json"):
        with_config(base, "reference: {group: control}", "reference: old.json")


def locked(base: Path, counts: pd.DataFrame) -> None:
    rng = np.random.default_rng(1)
    training = pd.DataFrame({"sample": counts.index, "patient": counts.index})
    training["label"] = np.arange(len(counts)) % 2.0
    noisy = counts + rng.integers(0, 50, counts.shape)
    model = train(noisy, training, list(counts.index), training, 1, [0.95], 0.95, {})
    save(model, base / "model")


def test_a_locked_model_is_opened_and_its_features_looked_for(base):
    counts = pd.read_csv(base / "counts.tsv", sep="\t", index_col=0).T
    locked(base, counts)
    lines = with_config(base, "    train: {visit: diagnosis}", "    model: model")
    assert "classifier crc: scores 32 samples with model" in lines
    assert [line for line in lines if "scores only" in line] == [
        "note: classifiers.crc: column, case, control not used for training: with model it "
        "scores only"
    ]
    feature = str(counts.columns[0])
    path = base / "counts.tsv"
    path.write_text(path.read_text().replace(feature + "\t", "hsa-miR-1x\t"))
    with pytest.raises(UserError, match="counts.tsv: 1 of the .* features of model are not in it"):
        check(base / "config.yaml", base)
    (base / "model/manifest.json").write_text("{}")
    with pytest.raises(UserError, match=r"^model/manifest.json: has no sha256"):
        check(base / "config.yaml", base)


@pytest.mark.parametrize(
    "command",
    [["init", "/proc/x"], ["simulate", "/proc/x"]],
)
def test_what_cannot_be_written_is_one_line(command, capsys):
    assert main(command) == 1
    err = capsys.readouterr().err
    assert err.startswith("/proc/x") and "cannot be written or read" in err
    assert err.count("\n") == 1


def test_samples_in_one_file_only_are_said(base):
    text = (base / "counts.tsv").read_text().replace("P1_b", "P1_x")
    (base / "counts.tsv").write_text(text)
    said = [line for line in check(base / "config.yaml", base) if line.startswith("smallrna")]
    assert "P1_b" in said[1] and "P1_x" in said[2]


def test_a_column_that_may_be_misspelt_is_a_note(base):
    path = base / "samples.tsv"
    path.write_text(path.read_text().replace("\tstatus\t", "\tstatus\t", 1).replace("dose", "kits"))
    said = "note: samples.tsv: column 'kits' is kept as a covariate (did you mean 'kit'?)"
    assert said in check(base / "config.yaml", base)


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


def test_the_reference_it_counts_is_the_one_that_is_fitted(base):
    study = Study.from_config(load_yaml(base / "config.yaml"), base)
    draws = draws_from_series(study.monitoring_series("psa"))
    settings = study.config.monitoring["psa"].model_dump()
    fitted = monitor(draws, study.patient_days(), settings).reference["PSA"]
    line = next(s for s in check(base / "config.yaml", base) if s.startswith("monitoring psa"))
    assert f"reference: {fitted['n_draws']} of 9 matching draws" in line
    assert f"draws, {fitted['n_patients']} patients, " in line
