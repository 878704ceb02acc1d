"""The contrasts on the overview."""

import re

import pandas as pd
import pytest

from evigil.reports.contrasts import read_contrasts
from evigil.reports.index import what_ran, write_index
from evigil.reports.inputs import Facts
from evigil.tables import write_json, write_table

REASON = "caution: cases and controls differ in age (AUC 0.66)"
CONFIG = {"differential": {"contrasts": {"crc": {}}}}
FACTS = {
    "formula": "~ age + condition",
    "samples": {"n": 30, "case": 20, "control": 10, "left_out": [{"sample": "s", "reason": "r"}]},
    "features": {"n": 900, "tested": 800, "significant": 12},
    "p_values": {"verdict": "uniform", "meaning": "flat"},
}


@pytest.fixture
def results(tmp_path):
    def make(form="two_group", fold=-0.25, verdict=None):
        folder = tmp_path / "differential" / "crc"
        design = {
            "form": form,
            "question": "condition: CRC against healthy",
            "confounding": {"verdict": verdict, "reason": REASON},
            "layers": {"smallrna": FACTS},
        }
        write_json(design, folder / "design.json")
        table = pd.DataFrame(
            {
                "feature": ["miR-<1>", "miR-2", "miR-3"],
                "base_mean": [100.0, 1234.5, 0.0],
                "log2_fold_change": [fold, fold, None],
                "low": [-0.4, -0.4, None],
                "high": [-0.1, 0.1, None],
                "p_value": [0.001, 0.2, None],
                "q_value": [0.002, None, None],
            }
        )
        write_table(table, folder / "smallrna.tsv")
        write_table(table, folder / "smallrna.detection.tsv")
        (folder / "figures").mkdir()
        for name in ("volcano", "features"):
            (folder / "figures" / f"smallrna.{name}.png").write_bytes(name.encode())
        return tmp_path

    return make


def page(results, tmp_path) -> str:
    contrasts = read_contrasts(CONFIG, results)
    write_index(Facts("demo", "0.1"), [], [], [], tmp_path / "index.html", contrasts)
    return (tmp_path / "index.html").read_text(encoding="utf-8")


def test_the_overview_shows_a_contrast(results, tmp_path):
    html = page(results(), tmp_path)
    assert "Condition: CRC against healthy. Model: ~ age + condition." in html
    assert "12 of 800 features with q &lt; 0.05" in html
    assert "miR-&lt;1&gt;" in html and "miR-3" not in html
    assert "−0.25" in html and "−0.40 to −0.10" in html
    assert f"was not examined: {REASON}" in html
    links = re.findall(r'href="(\.\./differential/[^"]+)"', html)
    assert links == [f"../differential/crc/smallrna{end}.tsv" for end in ("", ".detection")]
    assert "data:image/png;base64,dm9sY2Fubw==" in html  # volcano


def test_without_fold_changes_the_features_are_shown(results, tmp_path):
    html = page(results("lrt", None), tmp_path)
    assert "log2 fold change" not in html
    assert "data:image/png;base64,ZmVhdHVyZXM=" in html  # features


def test_a_study_without_contrasts(tmp_path):
    assert read_contrasts({"differential": None}, tmp_path) == []
    assert what_ran(Facts("demo", "0.1"), [], []) == []


def test_the_audit_is_said_with_the_contrast(results, tmp_path):
    html = page(results(verdict="caution"), tmp_path)
    assert f"<strong>Confounding audit:</strong> C{REASON[1:]}." in html
