"""The classifier on real plasma-EV counts (GSE71008, doi:10.1038/srep19413)."""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest

from evigil.classifier import locked, performance, predict, scores
from evigil.classifier.repeat import cross_validate, join
from evigil.confounding import Finding
from evigil.stats.roc import within_fold_auc

SPECIFICITIES = [0.9, 0.95, 0.98, 0.99]
SEED = 20260101


class Run(NamedTuple):
    counts: pd.DataFrame
    samples: pd.DataFrame
    repeats: list
    model: locked.LockedModel
    summary: dict


@pytest.fixture(scope="module")
def run(shared):
    folder = shared("counts/gse71008")
    counts = pd.read_csv(folder / "mature_mirna_counts.tsv", sep="\t", index_col=0).T.sort_index()
    samples = pd.read_csv(folder / "samples.tsv", sep="\t")
    samples["label"] = (samples["condition"] == "CRC").astype(float)
    training = samples[["sample", "patient", "label"]]
    usable = pd.Index(samples["sample"])
    repeats = [
        cross_validate(counts, training, usable, r, SEED, SPECIFICITIES, 0.95) for r in range(1, 6)
    ]
    model = locked.train(counts, training, usable, samples, SEED, SPECIFICITIES, 0.95, {})
    nothing = repeats[0].predictions.iloc[:0]
    summary = performance.summarise(
        scores.prediction_table(join(repeats), nothing),
        pd.concat([cv.thresholds for cv in repeats]),
        samples,
        model.manifest,
        SEED,
        Finding("clear", "clear"),
    )
    return Run(counts, samples, repeats, model, summary)


def plain_ridge(counts: pd.DataFrame, predictions: pd.DataFrame) -> float:
    """Ridge on log2 CPM, standardised in the fold, over the same folds."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    own = counts.loc[predictions["sample"]].to_numpy(float)
    values = np.log2(1e6 * own / own.sum(axis=1, keepdims=True) + 1)
    label, fold = predictions["label"].to_numpy(), predictions["fold"].to_numpy()
    score = np.empty(len(own))
    for k in np.unique(fold):
        train = fold != k
        model = make_pipeline(StandardScaler(), LogisticRegression(C=0.01, max_iter=1000))
        score[~train] = model.fit(values[train], label[train]).decision_function(values[~train])
    return within_fold_auc(label, score, fold)


def test_auc_is_that_of_the_design(run):
    auc = run.summary["results"][0]["auc"]
    assert 0.62 <= auc["estimate"] <= 0.82
    assert auc["low"] > 0.5


def test_near_plain_ridge_over_the_same_folds(run):
    plain = np.mean([plain_ridge(run.counts, cv.predictions) for cv in run.repeats])
    assert run.summary["results"][0]["auc"]["estimate"] == pytest.approx(plain, abs=0.06)


def test_assured_specificity_is_not_estimable_from_fifty_controls(run):
    points = run.summary["results"][0]["operating_points"]
    assured = {p["specificity"]: p for p in points if p["kind"] == "assured"}
    assert [assured[s]["estimable"] for s in SPECIFICITIES] == [True, False, False, False]
    assert assured[0.95]["reason"].startswith("not estimable: the assured threshold")
    by_stage = assured[0.9]["by"]["stage"]
    assert [by_stage[stage]["sensitivity"]["n"] for stage in "1234"] == [25] * 4


def test_a_sample_alone_in_the_cohort_permuted_and_beside_an_outlier(run):
    together = predict.score(run.model, run.counts).set_index("sample")["score"]
    for name in run.counts.index[::30]:
        alone = predict.score(run.model, run.counts.loc[[name]])["score"].iloc[0]
        assert alone == pytest.approx(together[name], abs=1e-9)
    changed = run.counts.sample(frac=1, random_state=0)
    changed.iloc[0] = 10**8
    again = predict.score(run.model, changed).set_index("sample")["score"]
    names = changed.index[1:]
    assert again[names].to_numpy() == pytest.approx(together[names].to_numpy(), abs=1e-9)
