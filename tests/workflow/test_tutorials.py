"""The tutorials, run letter for letter on the real tables they speak of."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]


def follow(name: str, folder: Path, data: Path) -> None:
    """Run the shell blocks of a tutorial in `folder`, which looks like a fresh checkout."""
    for part in ("Snakefile", "workflow", "profiles", "scripts", "envs"):
        (folder / part).symlink_to(ROOT / part)
    (folder / ".venv").symlink_to(sys.prefix)
    text = page(name)
    script = "set -euo pipefail\n" + "\n".join(re.findall(r"```bash\n(.*?)```", text, flags=re.S))
    done = subprocess.run(
        ["bash"],
        input=script,
        cwd=folder,
        env=os.environ | {"DATA": str(data)},
        capture_output=True,
        text=True,
        timeout=900,
    )
    assert done.returncode == 0, done.stderr


def page(name: str) -> str:
    return (ROOT / "docs" / "tutorials" / name).read_text()


@pytest.fixture(scope="module")
def psa(tmp_path_factory, shared) -> Path:
    data = shared("longitudinal/psa_caret")
    folder = tmp_path_factory.mktemp("psa")
    follow("monitoring.md", folder, data)
    return folder / "tutorial-psa"


@pytest.fixture(scope="module")
def crc(tmp_path_factory, shared) -> Path:
    data = shared("counts/gse71008")
    folder = tmp_path_factory.mktemp("crc")
    follow("classifier.md", folder, data)
    return folder / "tutorial-crc"


@pytest.fixture(scope="module")
def differential(tmp_path_factory, shared) -> Path:
    data = shared("counts/gse71008")
    folder = tmp_path_factory.mktemp("differential")
    follow("differential.md", folder, data)
    return folder / "tutorial-differential" / "results" / "differential" / "crc"


@pytest.fixture(scope="module")
def proteins(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("proteins")
    follow("proteomics.md", folder, folder)
    return folder / "tutorial-proteomics"


@pytest.fixture(scope="module")
def reads(tmp_path_factory, shared) -> Path:
    data = shared("fastq")
    folder = tmp_path_factory.mktemp("reads")
    follow("reads.md", folder, data)
    return folder / "tutorial-reads" / "results" / "smallrna"


def test_kits_are_found(reads):
    protocols = pd.read_csv(reads / "protocols.tsv", sep="\t").query("chosen == 1")
    kits = protocols["protocol"].value_counts().to_dict()
    assert kits == {"nextflex_4n": 6, "truseq": 3, "qiaseq": 1}


def test_counts_of_real_reads(reads):
    ledger = pd.read_csv(reads / "ledger.tsv", sep="\t", index_col="sample")
    assert (ledger.drop(columns="reads").sum(axis=1) == 10_000).all()
    spikes = [ledger.at[f"RNA01493{i}_S{i - 6}_R1", "spike_in"] for i in (7, 8, 9)]
    # recounted by hand: substrings of at least 16 nt with at most one mismatch
    assert np.abs(np.array(spikes) - [98, 188, 321]).max() <= 4
    samples = pd.read_csv(reads / "samples.tsv", sep="\t", index_col="sample")
    assert samples.at["RNA014939_S3_R1", "top_feature"] == "hsa-miR-486-5p"
    fit = pd.read_csv(reads / "spike_ins.tsv", sep="\t")
    reads_of = fit.groupby("sample")["reads"].sum()
    assert [reads_of[f"RNA01493{i}_S{i - 6}_R1"] for i in (7, 8, 9)] == spikes


def monitored(directory: Path, *parts: str) -> Path:
    return directory.joinpath("results", "monitoring", "psa", *parts)


def rerun(run, source: Path, target: Path, series: pd.DataFrame) -> Path:
    """Run the tutorial's study anew with another form of its series."""
    (target / "config").mkdir(parents=True)
    shutil.copy(source / "config.yaml", target / "config" / "config.yaml")
    shutil.copy(source / "patients.tsv", target / "patients.tsv")
    series.to_csv(target / "series.tsv", sep="\t", index=False)
    done = run(target, "monitoring", "--cores", "2")
    assert done.returncode == 0, done.stderr
    return target


def test_reference_is_that_of_lme4(psa):
    reference = json.loads(monitored(psa, "reference.json").read_text())["PSA"]
    assert (reference["n_patients"], reference["n_draws"]) == (70, 454)
    for name, value, digits in (
        ("mu", 0.346847, 6),
        ("tau2", 0.464629, 6),
        ("sigma2", 0.135567, 6),
        ("loglik", -299.6028, 4),
    ):
        assert round(reference[name], digits) == value


def test_first_z_and_false_positives_per_test(psa):
    visits = pd.read_csv(monitored(psa, "visits.tsv"), sep="\t")
    first = visits.groupby("patient")["z"].first()
    assert first["M001"] == pytest.approx(3.032219, abs=5e-5)
    assert first["M002"] == pytest.approx(1.762110, abs=5e-5)
    group = pd.read_csv(psa / "series.tsv", sep="\t").groupby("patient")["group"].first()
    controls = visits[visits["patient"].map(group) == "control"]
    assert (int((controls["z"] > 1.645).sum()), len(controls)) == (28, 454)
    # `rising` is the one-visit limit, whatever the calibrated one
    assert int(controls["call"].isin(["rising", "alert"]).sum()) == 28


def test_evaluation_has_what_this_version_can_estimate(psa):
    evaluation = json.loads(monitored(psa, "evaluation.json").read_text())
    assert evaluation["primary_rule"] == "peb"
    for rule in ("single", "peb"):
        measures = evaluation["rules"][rule]
        assert measures["sensitivity_per_patient"]["n"] == 71
        assert measures["specificity_per_patient"]["n"] == 70
        assert measures["specificity_per_test"]["n"] == 454
        for name, measure in measures.items():
            assert (measure["estimate"] is not None) or measure["reason"], name


def test_every_man_has_a_page_and_the_index_leads_to_it(psa):
    patients = set(pd.read_csv(psa / "series.tsv", sep="\t")["patient"])
    pages = {p.stem for p in (psa / "results" / "reports" / "patients").glob("*.html")}
    assert len(patients) == 141 and pages == patients
    index = (psa / "results" / "reports" / "index.html").read_text()
    assert set(re.findall(r'href="patients/([^"]+)\.html"', index)) == patients


def test_the_order_of_rows_and_dates_for_days_change_nothing(psa, run, tmp_path):
    series = pd.read_csv(psa / "series.tsv", sep="\t")
    shuffled = series.sample(frac=1, random_state=1)
    other = rerun(run, psa, tmp_path / "shuffled", shuffled)
    for name in ("visits.tsv", "rules.tsv", "patients.tsv", "reference.json", "evaluation.json"):
        assert monitored(other, name).read_bytes() == monitored(psa, name).read_bytes()

    # on dates, day 0 is the first draw: the same days counted from there
    series["day"] -= series.groupby("patient")["day"].transform("min")
    dated = series.drop(columns="day").assign(
        date=(pd.Timestamp("2001-03-01") + pd.to_timedelta(series["day"], "D")).dt.strftime(
            "%Y-%m-%d"
        )
    )
    by_date = rerun_without_events(run, psa, tmp_path / "dates", dated)
    by_day = rerun_without_events(run, psa, tmp_path / "days", series)
    for name in ("visits.tsv", "rules.tsv", "patients.tsv", "reference.json", "evaluation.json"):
        assert monitored(by_date, name).read_bytes() == monitored(by_day, name).read_bytes()


def rerun_without_events(run, source: Path, target: Path, series: pd.DataFrame) -> Path:
    """As `rerun`, with a patient table that has no event: days and dates would not mix."""
    bare = target / "source"
    bare.mkdir(parents=True)
    shutil.copy(source / "config.yaml", bare)
    (bare / "patients.tsv").write_text(
        "patient\n" + "".join(f"{p}\n" for p in sorted(set(series["patient"])))
    )
    return rerun(run, bare, target / "run", series)


def test_a_later_draw_changes_nothing_before_it(psa, run, tmp_path):
    """Each case loses its last draws; what stays is what it was, digit for digit."""
    series = pd.read_csv(psa / "series.tsv", sep="\t")
    series = series.sort_values(["patient", "day"], ignore_index=True)
    rank = series.groupby("patient").cumcount()
    size = series.groupby("patient")["day"].transform("size")
    keep = (series["group"] == "control") | (rank < np.maximum(1, size // 2))
    assert 60 < (~keep).sum()
    cut = rerun(run, psa, tmp_path / "cut", series[keep])
    for name in ("visits.tsv", "rules.tsv"):
        whole = pd.read_csv(monitored(psa, name), sep="\t", dtype=str)
        part = pd.read_csv(monitored(cut, name), sep="\t", dtype=str)
        keys = ["patient", "marker", "day", *(["rule"] if "rule" in whole else [])]
        both = part[keys].merge(whole, on=keys, how="left")
        pd.testing.assert_frame_equal(both[part.columns], part)


def test_colorectal_cancer_against_the_published_range(crc):
    folder = crc / "results" / "classifiers" / "crc"
    performance = json.loads((folder / "performance.json").read_text())
    assert performance["verdict"] == "caution: batch not recorded"
    (result,) = performance["results"]
    assert (result["n_cases"], result["n_controls"]) == (100, 50)
    assert 0.62 <= result["auc"]["estimate"] <= 0.82
    assert result["auc"]["low"] > 0.5
    assured = [p for p in result["operating_points"] if p["kind"] == "assured"]
    for point in assured:
        if point["specificity"] >= 0.95:
            assert not point["estimable"] and point["reason"].startswith("not estimable")
    assert performance["permutation"]["p"] is None and performance["permutation"]["reason"]


def test_a_new_sample_alone_is_scored_as_in_the_cohort(crc, run):
    one = pd.read_csv(crc / "one.scores.tsv", sep="\t")
    assert len(one) == 1
    (crc / "config").mkdir()
    shutil.copy(crc / "config.yaml", crc / "config" / "config.yaml")
    done = run(crc, "predict", "--cores", "2")
    assert done.returncode == 0, done.stderr
    cohort = pd.read_csv(crc / "results" / "predict" / "crc" / "scores.tsv", sep="\t")
    same = cohort[cohort["sample"] == one.loc[0, "sample"]].iloc[0]
    assert one.loc[0, "score"] == pytest.approx(same["score"], abs=1e-9)
    assert one.loc[0, "gate"] == same["gate"]


def test_fold_changes_of_the_differential_tutorial_are_those_of_r(differential):
    """Data README: R's DESeq2, ratio size factors; age and sex change no digit of these."""
    table = pd.read_csv(differential / "smallrna.tsv", sep="\t", index_col="feature")
    fold = table["log2_fold_change"].round(2)
    assert fold["hsa-miR-125a-5p"] == -0.25 and fold["hsa-miR-1343-3p"] == -0.26
    assert len(table) == 2391
    text = page("differential.md")
    tested, found = table["p_value"].notna().sum(), (table["q_value"] < 0.05).sum()
    assert f"{tested} of the 2,391 miRNAs have enough reads for this design, and {found} of" in text
    design = json.loads((differential / "design.json").read_text())["layers"]["smallrna"]
    assert design["size_factors"]["method"] == "ratio"
    assert (design["samples"]["case"], design["samples"]["control"]) == (100, 50)
    assert design["p_values"]["verdict"] == "anti-conservative"


def test_the_list_of_runs_is_as_shown(proteins):
    shown = re.findall(r"```\n(run\tsample\n.*?)```", page("proteomics.md"), flags=re.S)
    assert (proteins / "config" / "runs.tsv").read_text().startswith(shown[0])


def test_every_row_of_the_report_is_accounted_for(proteins):
    ledger = pd.read_csv(proteins / "results" / "proteomics" / "ledger.tsv", sep="\t")
    reasons = ledger.loc[:, "rows":].drop(columns="rows")
    assert len(ledger) == 292 and (reasons.sum(axis=1) == ledger["rows"]).all()
    report = pd.read_parquet(proteins / "data" / "report.parquet", columns=["Decoy"])
    assert ledger["rows"].sum() == len(report)
    assert ledger["decoy"].sum() == report["Decoy"].sum() > 0
    assert (reasons[["contaminant", "q_value", "no_quantity"]].sum() > 0).all()


def test_preparations_that_are_plasma_fail_and_vesicles_pass(proteins):
    """The doses are the simulator's: 2^10 and 2^6 times as much of what plasma brings."""
    faults = pd.read_csv(proteins / "truth" / "faults.tsv", sep="\t").query("fault == 'coisolated'")
    dose = faults.set_index("sample")["dose"]
    samples = pd.read_csv(proteins / "results" / "proteomics" / "samples.tsv", sep="\t")
    excess = samples.set_index("sample")["category_3_excess"]
    usual = excess.drop(dose.index)
    assert usual.median() == pytest.approx(-0.5, abs=0.1) and usual.max() < 2
    assert (excess[dose.index] - usual.median() - dose).abs().max() < 0.7
    gates = pd.read_csv(proteins / "results" / "quality" / "samples.tsv", sep="\t")
    gates = gates.query("layer == 'proteomics'").set_index("sample")["gate"]
    assert gates[dose.index].to_dict() == {
        sample: "fail" if dose[sample] == 10 else "warn" for sample in dose.index
    }
    assert (gates.drop(dose.index) != "fail").all()


def test_fold_changes_of_proteins_are_those_that_were_planted(proteins):
    folder = proteins / "results" / "differential" / "crc"
    table = pd.read_csv(folder / "proteomics.tsv", sep="\t", index_col="feature")
    truth = pd.read_csv(proteins / "truth" / "proteins.tsv", sep="\t", index_col="protein_group")
    truth = truth.loc[table.index]
    change, found = truth["log2_fold_change"], table["log2_fold_change"]
    planted = change != 0
    # what was planted is at a burden of 1, which is about that of the people here
    slope, shift = np.polyfit(change[planted], found[planted], 1)
    assert slope == pytest.approx(1, abs=0.2) and abs(shift) < 0.1
    assert np.corrcoef(change[planted], found[planted])[0, 1] > 0.9
    significant = table["q_value"] < 0.05
    text = page("proteomics.md")
    said = f"{significant.sum()} have q < 0.05, {(significant & planted).sum()} of them planted"
    assert said in text
    assert (significant & ~planted).sum() / significant.sum() < 0.25
