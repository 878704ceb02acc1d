"""The workflow as a whole, on a small simulated cohort."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import yaml
from scipy.stats import binom

from evigil.config_file import load_yaml
from evigil.plan import Plan
from evigil.study import Study

ROOT = Path(__file__).parents[2]
ONE_DRAW = {"select": {"visit": ["diagnosis"]}}


def checksums(directory: Path) -> dict[str, str]:
    """sha256 of every result but the provenance and MultiQC's page, which may name the machine."""
    results = directory / "results"
    apart = {results / "reports" / "multiqc.html", *results.glob("provenance/*")}
    return {
        str(path.relative_to(results)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(results.rglob("*"))
        if path.is_file() and path not in apart
    }


def edit(directory: Path, change) -> None:
    path = directory / "config" / "config.yaml"
    config = yaml.safe_load(path.read_text())
    change(config)
    path.write_text(yaml.safe_dump(config))


def study(directory: Path) -> Study:
    raw = load_yaml(directory / "config" / "config.yaml")
    return Study.from_config(raw, directory)


def copy_of(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "copy", symlinks=True))


def test_a_second_run_does_nothing(small, tmp_path, run):
    directory = copy_of(small, tmp_path)
    again = run(directory, "--cores", "2")
    assert again.returncode == 0
    assert "Nothing to be done" in again.stderr + again.stdout
    assert checksums(directory) == checksums(small)


def test_a_page_that_is_gone_is_made_again_and_a_stale_one_goes(small, tmp_path, run):
    directory = copy_of(small, tmp_path)
    pages = directory / "results" / "reports" / "patients"
    one, *_ = sorted(pages.glob("*.html"))
    content = one.read_bytes()
    one.unlink()
    (pages / "left-long-ago.html").write_text("a patient who is in the sheets no more")
    done = run(directory, "--cores", "2")
    assert done.returncode == 0, done.stderr
    assert one.read_bytes() == content
    assert not (pages / "left-long-ago.html").exists()


def test_the_end_of_a_run_says_what_a_person_wants_to_know(cohort, run):
    done = run(cohort, "--cores", "2", "quality")
    assert done.returncode == 0, done.stderr
    assert re.search(r"smallrna: \d+ pass, \d+ warn, 1 fail", done.stdout)
    assert not re.search(r"^Reason:", done.stderr, flags=re.M)
    assert re.search(r"excluded: case-\d+-v\d \(smallrna fail: transcriptome_reads", done.stdout)
    assert re.search(r"\b1 of \d+ steps", done.stderr)  # which step of how many


def test_check_and_snakemake_agree_on_the_jobs(cohort, run):
    dry = run(cohort, "--cores", "1", "--dry-run")
    counted = dict(re.findall(r"^(\w+) +(\d+)$", dry.stdout + dry.stderr, flags=re.M))
    counted = {rule: int(n) for rule, n in counted.items() if rule not in ("all", "total")}
    assert counted == Plan(study(cohort)).jobs()


def test_two_runs_are_byte_identical_whatever_the_cores_and_the_order_of_rows(small, cohort, run):
    samples = cohort / "config" / "samples.tsv"
    header, *rows = samples.read_text().splitlines()
    samples.write_text("\n".join([header, *reversed(rows)]) + "\n")
    done = run(cohort, "--cores", "1", "all", "predict")
    assert done.returncode == 0, done.stderr
    assert checksums(cohort) == checksums(small)


def test_a_killed_run_resumes(cohort, small, run):
    """Killed without a chance to clean up, while the cross-validation runs."""
    command = [str(Path(sys.executable).with_name("snakemake")), "all", "predict", "--cores", "2"]
    command += ["--directory", str(cohort), "--configfile", str(cohort / "config/config.yaml")]
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not (cohort / "results" / "quality" / "samples.tsv").exists():
        assert process.poll() is None and time.monotonic() < deadline
        time.sleep(0.05)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not (cohort / "results" / "reports").exists()

    assert run(cohort, "--cores", "1", "--unlock").returncode == 0
    done = run(cohort, "--cores", "2", "all", "predict")
    assert done.returncode == 0, done.stderr
    assert "small RNA: reading the counts" not in done.stderr + done.stdout
    assert checksums(cohort) == checksums(small)


def test_hold_out_labels_change_no_byte_of_the_model(cohort, small, run, tmp_path):
    """Half of the controls and cases are held out; then every held-out label is flipped."""
    samples = cohort / "config" / "samples.tsv"
    table = pd.read_csv(samples, sep="\t", dtype=str, keep_default_na=False)
    number = table["patient"].str[-3:].astype(int)
    table["cohort"] = (number % 3 == 0).map({True: "validation", False: "discovery"})
    # the two classes stay large enough for the folds
    table.to_csv(samples, sep="\t", index=False)

    def hold_out(config):
        config["classifiers"]["crc"] |= {
            "train": {"visit": ["diagnosis"], "cohort": ["discovery"]},
            "hold_out": {"visit": ["diagnosis"], "cohort": ["validation"]},
            "repeats": 1,
        }
        del config["monitoring"]

    edit(cohort, hold_out)
    assert run(cohort, "--cores", "2", "classifier").returncode == 0
    folder = cohort / "results" / "classifiers" / "crc"
    model = {p.name: p.read_bytes() for p in sorted((folder / "model").iterdir())}
    predictions = pd.read_csv(folder / "predictions.tsv", sep="\t")
    held = predictions[predictions["scheme"] == "held_out"]
    assert len(held) >= 6 and set(held["label"]) == {0, 1}

    flipped = (table["cohort"] == "validation") & (table["visit"] == "diagnosis")
    table.loc[flipped, "condition"] = table.loc[flipped, "condition"].map(
        {"CRC": "healthy", "healthy": "CRC"}
    )
    table.to_csv(samples, sep="\t", index=False)
    assert run(cohort, "--cores", "2", "classifier", "--forceall").returncode == 0
    assert {p.name: p.read_bytes() for p in sorted((folder / "model").iterdir())} == model
    again = pd.read_csv(folder / "predictions.tsv", sep="\t")
    again = again[again["scheme"] == "held_out"]
    assert (again["label"].to_numpy() == 1 - held["label"].to_numpy()).all()
    assert (again["score"].to_numpy() == held["score"].to_numpy()).all()


def test_one_sample_alone_scores_as_in_the_cohort(small, tmp_path):
    """The command line, a table with one sample, against the cohort's locked scores."""
    from evigil.predict import predict_table

    scores = pd.read_csv(small / "results/predict/crc/scores.tsv", sep="\t", index_col="sample")
    counts = pd.read_csv(small / "data" / "counts.tsv.gz", sep="\t", index_col=0)
    model = small / "results" / "classifiers" / "crc" / "model"
    for sample in counts.columns[[0, 20, -1]]:
        counts[[sample]].to_csv(tmp_path / "one.tsv", sep="\t")
        predict_table(model, tmp_path / "one.tsv", None, tmp_path / "scores.tsv")
        one = pd.read_csv(tmp_path / "scores.tsv", sep="\t", index_col="sample")
        for column in ("score", "probability", "threshold"):
            assert one.loc[sample, column] == pytest.approx(
                scores.loc[sample, column], abs=1e-9, nan_ok=True
            )
        assert one.loc[sample, "gate"] == scores.loc[sample, "gate"]


def test_a_locked_model_of_another_run_scores_and_trains_nothing(small, cohort, run):
    def locked(config):
        config["classifiers"]["crc"] = {
            "model": str(small / "results" / "classifiers" / "crc" / "model")
        }

    edit(cohort, locked)
    done = run(cohort, "--cores", "2", "classifier")
    assert done.returncode == 0, done.stderr
    folder = cohort / "results" / "classifiers" / "crc"
    assert [p.name for p in folder.iterdir()] == ["scores.tsv"]
    own = pd.read_csv(folder / "scores.tsv", sep="\t", index_col="sample")
    other = pd.read_csv(small / "results/predict/crc/scores.tsv", sep="\t", index_col="sample")
    pd.testing.assert_series_equal(own["score"], other["score"])


@pytest.mark.parametrize(
    ("target", "line"),
    [
        ("monitoring", "config: the target monitoring needs a monitoring block; there is none"),
        ("predict", "config: the target predict needs a classifiers block; there is none"),
        (
            "differential",
            "config: the target differential needs a differential block; there is none",
        ),
    ],
)
def test_a_target_without_its_inputs_is_one_line(cohort, run, target, line):
    def less(config):
        del config["monitoring"], config["classifiers"], config["differential"]

    edit(cohort, less)
    refused = run(cohort, "--cores", "1", target)
    assert refused.returncode != 0
    assert line in (refused.stdout + refused.stderr).splitlines()
    assert "Traceback" not in refused.stderr


def test_a_user_error_is_one_line_and_leaves_nothing(cohort, run):
    edit(cohort, lambda config: config["classifiers"]["crc"].update(repeets=3))
    refused = run(cohort, "--cores", "1")
    assert refused.returncode != 0
    lines = [line for line in refused.stderr.splitlines() if "repeets" in line]
    assert lines == ["config: classifiers.crc.repeets is not a key (did you mean 'repeats'?)"]
    assert not (cohort / "results").exists()


def test_what_opening_a_table_shows_stops_a_run_before_any_job(cohort, run):
    for sheet in (cohort / "config" / "samples.tsv", cohort / "config" / "libraries.tsv"):
        sheet.write_text(
            re.sub(r"^(case|control|reference)-", r"\1_", sheet.read_text(), flags=re.M)
        )
    refused = run(cohort, "--cores", "1")
    assert refused.returncode != 0
    assert any(
        line.startswith("data/counts.tsv.gz: ") and "sample" in line
        for line in refused.stderr.splitlines()
    )
    assert not (cohort / "results").exists()


def test_another_workflow_may_use_this_one(cohort, run, tmp_path):
    """Use through `module:`, as Snakemake's catalogue promises."""
    snakefile = tmp_path / "Snakefile"
    snakefile.write_text(
        f"""
configfile: "{cohort}/config/config.yaml"

module evigil:
    snakefile: "{ROOT}/workflow/Snakefile"
    config: config

use rule * from evigil as evigil_*
"""
    )
    done = run(cohort, "evigil_quality", "--snakefile", str(snakefile), "--cores", "1", "-n")
    assert done.returncode == 0, done.stderr
    assert "evigil_quality_gates" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("change", "absent"),
    [
        (lambda c: c.pop("monitoring"), {"monitoring_visits"}),
        (
            lambda c: (c.pop("monitoring"), c.pop("classifiers")),
            {"monitoring_visits", "classifier_repeat", "classifier_model", "classifier_scores"},
        ),
        (lambda c: c["classifiers"]["crc"].update(repeats=1), set()),
        (lambda c: c.pop("differential"), {"differential_test", "differential_design"}),
        (
            lambda c: c["differential"].update(
                gene_sets=None, contrasts={"batch": {"column": "batch", "test": "lrt"} | ONE_DRAW}
            ),
            {"differential_enrichment", "differential_fold_figures"},
        ),
        (lambda c: c["monitoring"]["watch"].update(primary_rule="single", per="test"), set()),
    ],
    ids=[
        "no monitoring",
        "quality only",
        "one repeat",
        "no contrast",
        "likelihood ratio",
        "single threshold",
    ],
)
def test_dry_runs(cohort, run, change, absent):
    edit(cohort, change)
    dry = run(cohort, "--cores", "1", "--dry-run")
    assert dry.returncode == 0, dry.stderr
    counted = dict(re.findall(r"^(\w+) +(\d+)$", dry.stdout + dry.stderr, flags=re.M))
    expected = Plan(study(cohort)).jobs()
    assert {r: int(n) for r, n in counted.items() if r not in ("all", "total")} == expected
    assert not absent & set(expected)


def test_a_damaged_intermediate_is_one_line(small, tmp_path, run):
    directory = copy_of(small, tmp_path)
    matrix = directory / "results" / "smallrna" / "counts.h5ad"
    content = matrix.read_bytes()
    matrix.write_bytes(content[: len(content) // 2])
    done = run(directory, "results/classifiers/crc/model/model.skops", "--cores", "1")
    assert done.returncode != 0
    # whichever of the model's steps is the first to read it
    logs = [path.read_text() for path in (directory / "logs").rglob("*.log")]
    (log,) = [text for text in logs if "is damaged" in text]
    assert log.startswith("results/smallrna/counts.h5ad: is damaged, or")
    assert len(log.splitlines()) == 1


def test_lint(run, cohort):
    linted = run(cohort, "--lint")
    assert linted.returncode == 0, linted.stdout + linted.stderr


def test_a_contrast_is_the_function_called_directly(small):
    """What the workflow writes is what the package says of the same counts, byte for byte."""
    from evigil.confounding import finding, read_confounding
    from evigil.differential.contrasts import Contrast
    from evigil.differential.run import analyse, describe
    from evigil.gating import sample_gate
    from evigil.tables import read_json, read_matrix, read_table, write_table

    plan = Plan(study(small)).differential
    folder = small / "results" / "differential" / "crc"
    contrast = Contrast.from_settings("crc", plan.contrasts["crc"].model_dump())
    gates = sample_gate(read_table(small / "results" / "quality" / "samples.tsv"), "smallrna")
    counts = read_matrix(small / "results" / "smallrna" / "counts.h5ad")
    result = analyse(counts, "counts", plan.study.contrast_samples("crc"), gates, contrast)
    for name, ending in (
        ("table", ""),
        ("detection", ".detection"),
        ("sensitivity", ".sensitivity"),
    ):
        write_table(getattr(result, name), small / "again.tsv")
        assert (small / "again.tsv").read_bytes() == (folder / f"smallrna{ending}.tsv").read_bytes()
    (small / "again.tsv").unlink()
    design = read_json(folder / "design.json")
    audited = finding(
        read_confounding(small / "results" / "quality" / "confounding.tsv"), "differential.crc"
    )
    assert design == describe(contrast, {"smallrna": result.design}, audited)


def test_a_contrast_finds_the_truth(small):
    """miRNAs that the simulated tumour changes, and the set that holds them."""
    folder = small / "results" / "differential" / "crc"
    truth = pd.read_csv(small / "truth" / "features.tsv", sep="\t", index_col="feature")
    table = pd.read_csv(folder / "smallrna.tsv", sep="\t", index_col="feature")
    found = table.index[table["q_value"] < 0.05]
    changed = truth["affected"].reindex(found) == 1
    # at q < .05 one discovery in twenty may be false: the 99 % limit of as many as there are
    assert len(found) >= 6 and (~changed).sum() <= binom.ppf(0.99, len(found), 0.05)
    assert (truth["affected"].reindex(table.index[:10]) == 1).sum() >= 7
    signs = (table["log2_fold_change"] > 0) == (truth["log2_fold_change"].reindex(table.index) > 0)
    assert signs[found[changed]].all()
    sets = pd.read_csv(folder / "smallrna.enrichment.tsv", sep="\t")
    assert sets.iloc[0]["set"] == "changed" and sets.iloc[0]["p_value"] < 0.05


def test_what_the_audit_found_is_carried_to_every_result(small):
    from evigil.confounding import finding, read_confounding
    from evigil.tables import read_json

    results = small / "results"
    table = read_confounding(results / "quality" / "confounding.tsv")
    found = finding(table, "classifiers.crc")
    performance = read_json(results / "classifiers" / "crc" / "performance.json")
    assert performance["verdict"] == found.verdict != ""
    assert (found.no_headline or found.reason) in performance["headline"]["reason"]
    design = read_json(results / "differential" / "crc" / "design.json")["confounding"]
    assert design["verdict"] == finding(table, "differential.crc").verdict
    locked = read_json(results / "classifiers" / "crc" / "model" / "manifest.json")
    assert locked["confounding"] == {"verdict": found.verdict, "reason": found.reason}
    page = (results / "reports" / "index.html").read_text(encoding="utf-8")
    assert page.index("Confounding audit") < page.index("What ran")
