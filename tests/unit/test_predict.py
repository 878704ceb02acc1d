"""`evigil predict`: what it says, and what it says when it cannot."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evigil.classifier.layer import Layer
from evigil.classifier.locked import load, save, train
from evigil.cli import main
from evigil.gating import sample_gate
from evigil.predict import predict
from evigil.quality.ev import characterise
from evigil.quality.run import gate
from evigil.smallrna.counts import sample_metrics
from evigil.tables import read_json, write_json

FEATURES = [f"hsa-miR-{i}" for i in range(20)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """Hold a locked model, `model`, and a table of one sample, `one.csv`."""
    folder = tmp_path_factory.mktemp("predict")
    rng = np.random.default_rng(1)
    names = [f"S{i:02}" for i in range(24)]
    counts = pd.DataFrame(rng.poisson(20_000, (24, 20)), index=names, columns=FEATURES)
    counts.iloc[::2, 0] *= 2
    sheet = pd.DataFrame({"sample": names, "patient": names, "reference": True})
    sheet["label"] = np.arange(24) % 2.0
    specimen = characterise(sheet.assign(biofluid="plasma"), {})
    reference = gate(sheet, sample_metrics(counts), {}, specimen).reference
    save(train(counts, sheet, names, sheet, 1, [0.95], 0.95, reference), folder / "model")
    counts.iloc[:1].to_csv(folder / "one.csv")
    return folder


def predicted(folder: Path, table: str, output: Path) -> int:
    model, counts = str(folder / "model"), str(folder / table)
    return main(["predict", "--model", model, "--counts", counts, "--output", str(output)])


def test_a_model_of_a_confounded_study_says_so_at_every_score(folder, tmp_path):
    model = load(folder / "model")
    assert model.manifest["confounding"] == {"verdict": "", "reason": ""}
    counts = pd.read_csv(folder / "one.csv", index_col=0)
    sheet = pd.DataFrame({"sample": counts.index, "patient": counts.index, "day": np.nan})
    (few,) = predict(model, counts, sheet)["reasons"]
    assert few.startswith("not estimable: the nominal threshold")

    reason = "confounded: cases and controls differ in site (V 0.95); caution: age (AUC 0.66)"
    model.manifest["confounding"] = {"verdict": "confounded", "reason": reason}
    save(model, tmp_path)
    told = predict(load(tmp_path), counts, sheet)
    said = "the model's study is confounded: cases and controls differ in site (V 0.95)"
    assert told["reasons"].tolist() == [f"{few}; {said}"]
    assert told["score"].notna().all()

    model.manifest["confounding"]["verdict"] = "caution"
    assert predict(model, counts, sheet)["reasons"].tolist() == [few]
    del model.manifest["confounding"]  # locked before studies were audited
    save(model, tmp_path)
    assert predict(load(tmp_path), counts, sheet)["reasons"].tolist() == [few]


def test_how_many_were_scored(folder, tmp_path, capsys):
    assert predicted(folder, "one.csv", tmp_path / "scores.tsv") == 0
    assert capsys.readouterr().out == f"1 sample scored: {tmp_path}/scores.tsv\n"
    assert len(pd.read_csv(tmp_path / "scores.tsv", sep="\t")) == 1


def test_a_sample_that_fails_its_gate_has_no_score(folder, tmp_path, capsys):
    counts = pd.read_csv(folder / "one.csv", index_col=0)
    low = pd.concat([counts, (counts // 1000).set_axis(["low"])])
    low.to_csv(tmp_path / "two.csv")
    assert predicted(folder, str(tmp_path / "two.csv"), tmp_path / "scores.tsv") == 0
    said = capsys.readouterr().out
    assert said == f"1 sample scored, 1 without a score: {tmp_path}/scores.tsv\n"


def test_serum_and_heparin_have_no_score_by_a_model_of_plasma(folder):
    counts = pd.read_csv(folder / "one.csv", index_col=0)
    model = load(folder / "model")
    names = ["plasma", "serum", "heparin"]
    sheet = pd.DataFrame({"sample": names, "patient": names, "day": 0.0})
    sheet["biofluid"] = ["plasma", "serum", "plasma"]
    sheet["anticoagulant"] = ["EDTA", None, "heparin"]
    four = pd.concat([counts] * 3).set_axis(names)
    scores = predict(model, four, sheet).set_index("sample")
    assert scores["score"].notna().to_dict() == {"plasma": True, "serum": False, "heparin": False}
    assert scores.loc["serum", "reasons"].startswith("mixed_biofluid 1 is above 0")
    assert scores.loc["heparin", "reasons"].startswith("heparin 1 is above 0")


def test_the_reference_of_another_run_judges_as_that_run_did(folder, tmp_path):
    """What `quality/reference.json` says after it was written and read, it says in a model too."""
    rng = np.random.default_rng(2)
    names = [f"S{i:02}" for i in range(24)]
    other = pd.DataFrame(rng.poisson(30_000, (24, 20)), index=names, columns=FEATURES)
    other.iloc[3] //= 3  # fails in the other run, and is good enough for the model's own
    sheet = pd.DataFrame({"sample": names, "patient": names, "reference": True, "day": 0.0})
    specimen = characterise(sheet.assign(biofluid="plasma"), {})
    limits = {"transcriptome_reads": {"fail_below": 300_000.0}}
    run = gate(sheet, sample_metrics(other), limits, specimen, other)
    write_json(run.reference, tmp_path / "reference.json")
    model = load(folder / "model")
    own = predict(model, other, sheet.assign(biofluid="plasma")).set_index("sample")
    assert own["score"].notna().all()

    model.manifest["quality_reference"] = read_json(tmp_path / "reference.json")
    scores = predict(model, other, sheet.assign(biofluid="plasma")).set_index("sample")
    of_run = sample_gate(run.samples, "smallrna").set_index("sample")
    pd.testing.assert_series_equal(scores["gate"], of_run["gate"])
    assert scores.loc["S03", "gate"] == "fail" and scores["score"].isna().sum() == 1
    assert of_run.loc["S03", "reasons"] in scores.loc["S03", "reasons"]


def test_none_of_the_features(folder, tmp_path, capsys):
    table = pd.read_csv(folder / "one.csv", index_col=0)
    table.rename(columns=lambda name: name.removeprefix("hsa-")).to_csv(tmp_path / "other.csv")
    assert predicted(folder, str(tmp_path / "other.csv"), tmp_path / "scores.tsv") == 1
    assert capsys.readouterr().err == (
        f"{tmp_path}/other.csv: none of the model's 20 features is in its header or first column; "
        "first: hsa-miR-0 (did you mean 'miR-0'?)\n"
    )


@pytest.mark.parametrize("output", ["/proc/o.tsv", "folder"])
def test_an_output_that_cannot_be_written(folder, tmp_path, capsys, output):
    (tmp_path / "folder").mkdir()
    assert predicted(folder, "one.csv", tmp_path / output) == 1
    err = capsys.readouterr().err
    assert err.startswith(f"{tmp_path / output}: cannot be written or read (")
    assert err.count("\n") == 1


ACCESSIONS = [f"P{10000 + i}" for i in range(30)]


@pytest.fixture(scope="module")
def proteins(tmp_path_factory) -> Path:
    """Hold locked models of log2 values, `proteomics` and `lipids`, and the table `table.tsv`."""
    folder = tmp_path_factory.mktemp("proteins")
    rng = np.random.default_rng(2)
    names = [f"S{i:02}" for i in range(24)]
    values = pd.DataFrame(rng.normal(22, 1.5, (24, 30)), index=names, columns=ACCESSIONS)
    values.iloc[::2, :5] += 2
    values = values.mask(rng.random(values.shape) < 0.1)
    sheet = pd.DataFrame({"sample": names, "patient": names, "reference": True})
    sheet["label"] = np.arange(24) % 2.0
    specimen = characterise(sheet.assign(biofluid="plasma"), {})
    metrics = pd.DataFrame({"sample": names, "format": "matrix", "proteins": 30})
    reference = gate(sheet, None, {}, specimen, proteins=metrics, intensities=values).reference
    for name, how in (("proteomics", "median"), ("lipids", "none")):
        layer = Layer(name, "log2", how)
        model = train(values, sheet, names, sheet, 1, [0.95], 0.95, reference, layer)
        save(model, folder / name)
    values.T.rename_axis("protein").to_csv(folder / "table.tsv", sep="\t")
    return folder


@pytest.mark.parametrize("layer", ["proteomics", "lipids"])
def test_a_table_of_log2_values(proteins, tmp_path, capsys, layer):
    table = pd.read_csv(proteins / "table.tsv", sep="\t", index_col=0)
    table.loc[ACCESSIONS[:20], "S03"] = np.nan
    table.to_csv(tmp_path / "few.tsv", sep="\t")
    (tmp_path / "sheet.tsv").write_text("sample\tpatient\tcondition\nS03\ta\t?\nS04\tb\t?\n")
    sheet = ["--samples", str(tmp_path / "sheet.tsv")]
    command = ["predict", "--model", str(proteins / layer), "--counts", str(tmp_path / "few.tsv")]
    assert main([*command, "--output", str(tmp_path / "all.tsv")]) == 0
    assert main([*command, *sheet, "--output", str(tmp_path / "two.tsv")]) == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("23 samples scored, 1 without a score")
    assert said[1].startswith("1 sample scored, 1 without a score")
    whole = pd.read_csv(tmp_path / "all.tsv", sep="\t").set_index("sample")
    two = pd.read_csv(tmp_path / "two.tsv", sep="\t").set_index("sample")
    assert two.loc["S04", "score"] == pytest.approx(whole.loc["S04", "score"], abs=1e-9)
    assert (
        "of the 30 features of the model were measured; 15 are needed" in two.loc["S03", "reasons"]
    )
    assert set(whole["model"]) == {layer}


def test_linear_values_for_a_model_of_log2_values(proteins, tmp_path, capsys):
    table = 2 ** pd.read_csv(proteins / "table.tsv", sep="\t", index_col=0)
    table.to_csv(tmp_path / "linear.tsv", sep="\t")
    command = ["predict", "--model", str(proteins / "proteomics"), "--output", "scores.tsv"]
    assert main([*command, "--counts", str(tmp_path / "linear.tsv")]) == 1
    said = capsys.readouterr().err
    assert said.startswith(f"{tmp_path}/linear.tsv: the model takes log2, but the largest value is")
