"""performance.json: every figure beside one that is computed another way."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize

from evigil.classifier import performance, scores
from evigil.classifier.repeat import join
from evigil.confounding import Finding
from evigil.stats.roc import delong, within_fold_auc

CLEAR = Finding("clear", "clear: nothing found")


@pytest.fixture(scope="module")
def predictions(cross_validations):
    nested = cross_validations[0].predictions
    rng = np.random.default_rng(0)
    n = 40
    score = np.repeat([1.0, -1.0], n // 2) + rng.normal(0, 1, n)
    held_out = pd.DataFrame(
        {
            "scheme": "held_out",
            "model": "smallrna",
            "repeat": pd.array([pd.NA] * n, "Int64"),
            "fold": pd.array([pd.NA] * n, "Int64"),
            "sample": [f"H{i:02d}" for i in range(n)],
            "patient": [f"H{i:02d}" for i in range(n)],
            "label": np.repeat([1, 0], n // 2),
            "score": score,
            "probability": 1 / (1 + np.exp(-score)),
            "threshold": 0.0,
        }
    )
    assert len(nested) == 40
    return scores.prediction_table(join(cross_validations), held_out)


@pytest.fixture(scope="module")
def thresholds(cross_validations):
    return pd.concat([cv.thresholds for cv in cross_validations], ignore_index=True)


@pytest.fixture(scope="module")
def summary(predictions, thresholds, cohort, model):
    return performance.summarise(predictions, thresholds, cohort.samples, model.manifest, 1, CLEAR)


def test_a_confounded_study_has_no_random_fold_headline(
    predictions, thresholds, cohort, model, summary
):
    found = Finding("confounded", "confounded: by run", "confounded: by run; no other figure yet")
    table = performance.summarise(predictions, thresholds, cohort.samples, model.manifest, 1, found)
    assert table["headline"] == {"scheme": None, "model": None, "reason": found.no_headline}
    assert table["verdict"] == "confounded"
    assert table["results"] == summary["results"]


def test_caution_is_named_in_the_reason(predictions, thresholds, cohort, model):
    found = Finding("caution: batch not recorded", "caution: batch not recorded")
    table = performance.summarise(predictions, thresholds, cohort.samples, model.manifest, 1, found)
    assert table["headline"]["scheme"] == "nested_cv"
    assert "caution: batch not recorded" in table["headline"]["reason"]


def test_is_json_with_the_documented_keys(summary):
    json.dumps(summary, allow_nan=False)
    assert set(summary) == {"headline", "verdict", "results", "permutation"}
    assert summary["headline"] == {
        "scheme": "nested_cv",
        "model": "smallrna",
        "reason": "nested cross-validation; confounding audit: clear: nothing found",
    }
    assert summary["verdict"] == "clear"
    assert summary["permutation"] == {
        "n": None,
        "p": None,
        "p_stratified": None,
        "reason": "not available in version 0.1",
    }
    for result in summary["results"]:
        assert {"scheme", "model", "n_cases", "n_controls", "auc", "operating_points"} <= set(
            result
        )
        assert {"calibration", "brier", "net_benefit"} <= set(result)


def test_nested_auc_is_the_mean_of_repeats_within_folds(summary, cross_validations):
    areas = [
        within_fold_auc(cv.predictions["label"], cv.predictions["score"], cv.predictions["fold"])
        for cv in cross_validations
    ]
    auc = summary["results"][0]["auc"]
    assert auc["estimate"] == pytest.approx(np.mean(areas))
    assert auc["sd_over_repeats"] == pytest.approx(np.std(areas, ddof=1))
    assert auc["low"] < auc["estimate"] < auc["high"]
    assert "conditional on the fitted models, too narrow" in auc["method"]


def test_nested_operating_point_is_counted_by_hand(summary, cross_validations):
    point = next(p for p in summary["results"][0]["operating_points"] if p["specificity"] == 0.9)
    assert point["kind"] == "nominal" and point["estimable"]
    hits, clean = [], []
    for cv in cross_validations:
        limit = cv.thresholds.query("specificity == 0.9 and kind == 'nominal'")
        rows = cv.predictions.drop(columns="threshold").merge(limit[["fold", "threshold"]])
        called = rows["score"] > rows["threshold"]
        hits.append(called[rows["label"] == 1])
        clean.append(~called[rows["label"] == 0])
    assert (point["sensitivity"]["k"], point["sensitivity"]["n"]) == (hits[0].sum(), 16)
    assert point["sensitivity"]["estimate"] == pytest.approx(np.mean([h.mean() for h in hits]))
    assert point["achieved_specificity"]["k"] == clean[0].sum()
    by_sex = point["by"]["sex"]
    assert sum(by_sex[s]["sensitivity"]["n"] for s in ("F", "M")) == 16


def test_estimability_is_that_of_the_smallest_training_part(summary):
    points = {(p["specificity"], p["kind"]): p for p in summary["results"][0]["operating_points"]}
    # 24 controls: the smallest training part has 19
    assert points[0.95, "nominal"]["reason"] == (
        "not estimable: the nominal threshold at specificity 0.95 needs 20 training controls, "
        "there are 19"
    )
    assert points[0.95, "nominal"]["sensitivity"] is None
    assert not points[0.9, "assured"]["estimable"]


def test_held_out_is_scored_once_by_the_locked_thresholds(summary, predictions, model):
    result = summary["results"][1]
    rows = predictions[predictions["scheme"] == "held_out"]
    area, low, high = delong(rows["label"], rows["score"])
    assert [result["auc"][key] for key in ("estimate", "low", "high")] == [area, low, high]
    locked_point = model.manifest["thresholds"][0]
    point = result["operating_points"][0]
    assert point["threshold"] == locked_point["threshold"]
    cases = rows[rows["label"] == 1]
    assert point["sensitivity"]["k"] == (cases["score"] > point["threshold"]).sum()
    assert (result["n_cases"], result["n_controls"]) == (20, 20)


def test_calibration_and_brier(summary, predictions):
    rows = predictions[predictions["scheme"] == "held_out"]
    label, score = rows["label"].to_numpy(), rows["score"].to_numpy()

    def loss(line):
        logit = line[0] + line[1] * score
        return np.sum(np.logaddexp(0, logit) - label * logit)

    slope = minimize(loss, [0.0, 1.0]).x[1]
    intercept = minimize(lambda shift: loss([shift[0], 1.0]), [0.0]).x[0]
    result = summary["results"][1]
    assert result["calibration"]["slope"] == pytest.approx(slope, abs=1e-4)
    assert result["calibration"]["intercept"] == pytest.approx(intercept, abs=1e-4)
    assert result["brier"] == pytest.approx(np.mean((rows["probability"] - label) ** 2))


def test_one_class_or_one_score_is_null_with_a_reason(predictions, thresholds, cohort, model):
    rows = predictions.copy()
    rows.loc[rows["scheme"] == "held_out", "label"] = 0
    nested = rows["scheme"] == "nested_cv"
    rows.loc[nested, ["score", "probability"]] = [0.0, 0.5]
    summary = performance.summarise(rows, thresholds, cohort.samples, model.manifest, 1, CLEAR)
    json.dumps(summary, allow_nan=False)
    constant, one_class = summary["results"]
    assert constant["auc"]["estimate"] == 0.5
    assert constant["calibration"]["slope"] is None and constant["calibration"]["reason"]
    assert one_class["auc"]["estimate"] is None
    assert one_class["auc"]["reason"] == "not estimable: the hold-out has one class only"
    assert one_class["operating_points"][0]["sensitivity"]["estimate"] is None
    assert one_class["operating_points"][0]["sensitivity"]["reason"] == "not estimable: no case"


@pytest.mark.parametrize("sign", [1, -1])
def test_complete_separation_has_no_interval(predictions, thresholds, cohort, model, sign):
    rows = predictions.assign(score=sign * (2.0 * predictions["label"] - 1))
    rows["probability"] = 1 / (1 + np.exp(-rows["score"]))
    summary = performance.summarise(rows, thresholds, cohort.samples, model.manifest, 1, CLEAR)
    json.dumps(summary, allow_nan=False)
    for result in summary["results"]:
        auc = result["auc"]
        assert auc["estimate"] == (sign + 1) / 2
        assert auc["low"] is None and auc["high"] is None
        assert auc["reason"] == "not estimable: complete separation"


def test_one_control_in_the_hold_out_has_no_interval(predictions, thresholds, cohort, model):
    held_out = predictions[predictions["scheme"] == "held_out"]
    spare = held_out[held_out["label"] == 0].sort_values("score")
    middle = spare["score"].iloc[-1]
    assert (held_out.loc[held_out["label"] == 1, "score"] < middle).any()
    rows = predictions.drop(spare.index[:-1])
    summary = performance.summarise(rows, thresholds, cohort.samples, model.manifest, 1, CLEAR)
    auc = summary["results"][1]["auc"]
    assert 0 < auc["estimate"] < 1 and auc["low"] is None and auc["high"] is None
    assert auc["reason"] == "not estimable: fewer than two samples in a class"


def test_draws_of_a_patient_count_once(cohort_of, repeat_of, model_of):
    cohort = cohort_of(8, 12, draws=3)
    cv = repeat_of(cohort)
    summary = performance.summarise(
        scores.prediction_table(cv, cv.predictions.iloc[:0]),
        cv.thresholds,
        cohort.samples,
        model_of(cohort).manifest,
        1,
        CLEAR,
    )
    result = summary["results"][0]
    assert (result["n_cases"], result["n_controls"]) == (8, 12)
    assert result["auc"]["sd_over_repeats"] is None
    assert set(cv.thresholds["n_controls"]) == {9, 10}
