"""The classifier's pictures."""

import re

import matplotlib
import numpy as np
import pandas as pd
import pytest

from evigil.classifier.figures import roc_points, write_figures
from evigil.confounding import Finding
from evigil.stats.roc import within_fold_auc


@pytest.fixture(scope="module")
def predictions(cross_validations):
    return cross_validations[0].predictions


def test_area_under_the_curve_is_the_mean_over_folds(predictions):
    points = roc_points(predictions)
    assert points["true_positive_rate"].is_monotonic_increasing
    assert points["true_positive_rate"].iloc[-1] == 1
    by_fold = [
        within_fold_auc(part["label"], part["score"], part["fold"])
        for _, part in predictions.groupby("fold")
    ]
    assert points["true_positive_rate"].iloc[:-1].mean() == pytest.approx(
        np.mean(by_fold), abs=0.01
    )


def test_two_runs_give_the_same_bytes(predictions, tmp_path):
    for run in ("one", "two"):
        stems = {name: tmp_path / run / name for name in ("roc", "scores")}
        write_figures(predictions, stems, Finding("clear", "clear: nothing"))
    for name in ("roc.svg", "roc.png", "scores.svg", "scores.png"):
        content = (tmp_path / "one" / name).read_bytes()
        assert content == (tmp_path / "two" / name).read_bytes()
        assert len(content) > 5000


WHY = "confounded: cases and controls differ in batch (V 1.00)"
CONFOUNDED = Finding("confounded", WHY, f"{WHY}; others are not available")
CAUTION = Finding("caution", "caution: cases and controls differ in age (AUC 0.66)")


def drawn(predictions, audited, folder) -> dict[str, str]:
    """Draw both, and give the words in each."""
    stems = {name: folder / name for name in ("roc", "scores")}
    # letters stay letters, so that the words of a picture can be read
    with matplotlib.rc_context({"svg.fonttype": "none"}):
        write_figures(predictions, stems, audited)
    svgs = {name: stem.with_suffix(".svg").read_text() for name, stem in stems.items()}
    return {name: " ".join(re.findall(r">([^<>\n]+)</text>", svg)) for name, svg in svgs.items()}


def test_of_a_confounded_study_nothing_of_random_folds_is_drawn(predictions, tmp_path):
    words = drawn(predictions, CONFOUNDED, tmp_path)
    for said in words.values():
        assert "Not drawn. Confounded: cases and controls differ in batch (V 1.00)" in said
        assert "nested" not in said and "specificity" not in said and "Score" not in said
    held_out = predictions.assign(scheme="held_out", repeat=np.nan, fold=np.nan)
    words = drawn(pd.concat([predictions, held_out]), CONFOUNDED, tmp_path)
    for said in words.values():
        assert "Confounded: cases and controls differ in batch (V 1.00)" in said
        assert "locked model, hold-out" in said and "nested" not in said


def test_a_caution_is_said_on_top(predictions, tmp_path):
    for said in drawn(predictions, CAUTION, tmp_path).values():
        assert "Confounding audit: caution: cases and controls differ in age (AUC 0.66)." in said
        assert "nested cross-validation" in said
