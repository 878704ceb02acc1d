"""Without a difference between the classes the classifier finds none, and keeps its specificity."""

import numpy as np
import pytest

from evigil.classifier.grid import GRID
from evigil.classifier.model import fit_model
from evigil.classifier.thresholds import threshold_at, threshold_table
from evigil.stats.roc import within_fold_auc

ELASTIC_NET = tuple(c for c in GRID if c.l1_ratio > 0)


def mean_auc(cohort, repeat_of, seeds) -> float:
    """Labels shuffled by patient, one repeat for each seed."""
    patients = cohort.training.groupby("patient")["label"].max()
    areas = []
    for seed in seeds:
        shuffled = np.random.default_rng(seed).permutation(patients.to_numpy())
        label = cohort.training["patient"].map(dict(zip(patients.index, shuffled, strict=True)))
        run = repeat_of(cohort._replace(training=cohort.training.assign(label=label)), seed=seed)
        rows = run.predictions
        areas.append(within_fold_auc(rows["label"], rows["score"], rows["fold"]))
    return float(np.mean(areas))


def test_shuffled_labels(cohort_of, repeat_of, monkeypatch):
    monkeypatch.setattr("evigil.classifier.model.GRID", ELASTIC_NET)
    cohort = cohort_of(75, 75, n_features=100, effect=1.0)
    assert mean_auc(cohort, repeat_of, range(10)) == pytest.approx(0.5, abs=0.05)


@pytest.mark.slow
def test_shuffled_labels_whole_grid(cohort_of, repeat_of):
    cohort = cohort_of(75, 75, n_features=600, effect=1.0)
    assert mean_auc(cohort, repeat_of, range(10)) == pytest.approx(0.5, abs=0.05)


@pytest.mark.slow
def test_noisy_copies_of_a_patient_give_nothing_away(cohort_of, repeat_of):
    # a leak between draws of a patient would give an AUC near 1; SE of one repeat is .053
    cohort = cohort_of(60, 60, n_features=300, effect=0, draws=4)
    seeds = range(10)
    assert mean_auc(cohort, repeat_of, seeds) == pytest.approx(0.5, abs=3 * 0.053 / np.sqrt(10))


@pytest.mark.slow
def test_specificity_on_fresh_controls(cohort_of):
    achieved = {0.9: [], 0.95: []}
    for seed in range(80):
        cohort = cohort_of(60, 2100, n_features=1000, effect=0.3, seed=seed)
        rows = cohort.training.iloc[:160].reset_index(drop=True)
        fitted = fit_model(cohort.counts, rows, [seed])
        fresh = fitted.score(cohort.counts.loc[cohort.training["sample"].iloc[160:]])
        table = threshold_table(fitted.control_scores, list(achieved))
        for specificity, shares in achieved.items():
            shares.append(np.mean(fresh <= threshold_at(table, specificity)))
    for specificity, shares in achieved.items():
        assert -0.01 <= np.mean(shares) - specificity <= 0.04
