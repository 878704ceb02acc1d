"""Reading a run's results for the pages."""

import pandas as pd
import pytest

from evigil.confounding import COLUMNS
from evigil.reports.index import read_classifiers, write_index
from evigil.reports.inputs import Facts, read_results
from evigil.reports.patient import write_pages
from evigil.tables import write_json, write_table

DOUBTS = pd.DataFrame(
    {"sample": ["a", "b"], "verdict": ["warn", "pass"], "reason": ["as b", "no two are alike"]}
)


@pytest.fixture
def results(cohort, tmp_path):
    blocks, facts = cohort
    for block in blocks:
        folder = tmp_path / "monitoring" / block.name
        for name in ("visits", "rules", "patients"):
            write_table(getattr(block, name), folder / f"{name}.tsv")
        write_json(block.reference, folder / "reference.json")
        write_json(block.evaluation, folder / "evaluation.json")
    write_table(facts.quality, tmp_path / "quality" / "samples.tsv")
    write_table(pd.DataFrame(columns=list(COLUMNS)), tmp_path / "quality" / "confounding.tsv")
    write_table(DOUBTS, tmp_path / "quality" / "identity.tsv")
    write_table(pd.DataFrame(columns=["layer", "feature"]), tmp_path / "quality" / "blanks.tsv")
    misev = ["sample", "section", "item", "status", "value", "note"]
    write_table(pd.DataFrame(columns=misev), tmp_path / "quality" / "misev.tsv")
    (tmp_path / "quality" / "figures").mkdir()
    (tmp_path / "quality" / "figures" / "gates.png").write_bytes(b"picture")
    model = {"sha256": {"model.skops": "ab12" * 16}}
    write_json(model, tmp_path / "classifiers" / "crc" / "model" / "manifest.json")
    write_json({"results": []}, tmp_path / "classifiers" / "crc" / "performance.json")
    return tmp_path


@pytest.fixture
def config(cohort):
    return {
        "project": "demo",
        "classifiers": {"crc": {"model": None}},
        "monitoring": {b.name: dict(b.settings) for b in cohort[0]},
        "reports": {"date": None},
    }


def test_pages_from_files_are_the_pages_from_tables(cohort, results, config, tmp_path):
    blocks, facts = cohort
    units = {"watch": {"PSA": "ng/ml"}, "tumour": {"PSA": "ng/ml"}}
    read, said = read_results(config, facts.patient_days, "0.1.0", units, results)
    names = ["P-01", "series", "two", "huge"]
    first = write_pages(names, blocks, facts, tmp_path / "a")
    second = write_pages(names, read, said, tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]


def test_a_study_without_monitoring_is_read(results, config):
    config["monitoring"] = {}
    blocks, facts = read_results(config, pd.DataFrame({"patient": []}), "0.1.0", None, results)
    assert blocks == []
    assert len(facts.quality) == 4
    assert facts.doubts == ("a: as b",)


def test_a_locked_model_leaves_a_trace(results, config, tmp_path):
    assert [(c.name, c.locked) for c in read_classifiers(config, results)] == [("crc", "")]
    write_json({"sha256": {"model.skops": "cd34" * 16}}, tmp_path / "given" / "manifest.json")
    scores = pd.DataFrame(
        {"sample": list("abcd"), "score": [1.0, -1.0, 2.0, None], "positive": [1, 0, 1, None]}
    )
    write_table(scores, results / "classifiers" / "crc" / "scores.tsv")
    config["classifiers"]["crc"]["model"] = str(tmp_path / "given")
    (found,) = read_classifiers(config, results)
    assert found.locked == (
        "3 samples scored with a locked model (sha256 cd34cd34cd34), 2 positive; 1 without a score"
    )
    path = tmp_path / "index.html"
    write_index(Facts("demo", "0.1.0"), [], [found], [], path)
    text = path.read_text()
    assert f"Classifier crc: {found.locked}." in text and "No headline figure" not in text

    reason = "confounded: cases and controls differ in site (V 0.95); caution: age (AUC 0.66)"
    manifest = {"sha256": {"model.skops": "cd34" * 16}, "confounding": {"verdict": "confounded"}}
    manifest["confounding"]["reason"] = reason
    write_json(manifest, tmp_path / "given" / "manifest.json")
    (found,) = read_classifiers(config, results)
    assert found.locked.endswith(
        "; the model's study is confounded: cases and controls differ in site (V 0.95)"
    )


def test_a_given_model_is_named_by_its_own_manifest(results, config, tmp_path):
    folder = tmp_path / "elsewhere"
    write_json({"sha256": {"model.skops": "cd34" * 16}}, folder / "manifest.json")
    config["classifiers"]["crc"]["model"] = str(folder)
    blocks, _ = read_results(config, pd.DataFrame({"patient": []}), "0.1.0", None, results)
    assert [b.model_sha256 for b in blocks] == ["", "cd34" * 16]
