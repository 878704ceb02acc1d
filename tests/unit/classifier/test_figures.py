"""The classifier's pictures."""

import numpy as np
import pytest

from evigil.classifier.figures import roc_points, write_figures
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
        write_figures(predictions, stems)
    for name in ("roc.svg", "roc.png", "scores.svg", "scores.png"):
        content = (tmp_path / "one" / name).read_bytes()
        assert content == (tmp_path / "two" / name).read_bytes()
        assert len(content) > 5000
