"""Limits: the config's, else the default ones, else fitted on the reference alone and frozen."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit
from scipy.stats import median_abs_deviation

from evigil.errors import UserError
from evigil.quality.limits import fit_reference
from evigil.quality.measured import smallrna_metrics


def cohort(n=40, seed=1):
    rng = np.random.default_rng(seed)
    reads = rng.integers(500_000, 2_000_000, n)
    samples = pd.DataFrame(
        {
            "sample": [f"s{i:02d}" for i in range(n)],
            "transcriptome_reads": reads,
            "features_detected": rng.integers(400, 900, n),
            "top_feature_reads": (reads * rng.uniform(0.05, 0.2, n)).astype(int),
        }
    )
    return samples, smallrna_metrics(samples)


def test_fitted_limits_are_robust_and_can_only_warn():
    samples, metrics = cohort()
    limits = fit_reference(metrics, samples["sample"], {})["metrics"]
    log = np.log(samples["features_detected"])
    expected = np.exp(np.median(log) - 3 * median_abs_deviation(log, scale="normal"))
    found = limits["features_detected"]
    assert found["warn_below"] == pytest.approx(expected, rel=1e-9)
    share = logit((samples["top_feature_reads"] + 0.5) / (samples["transcriptome_reads"] + 1.0))
    expected = expit(np.median(share) + 3 * median_abs_deviation(share, scale="normal"))
    assert limits["top_feature_share"]["warn_above"] == pytest.approx(expected, rel=1e-9)
    for name in ("features_detected", "top_feature_share"):
        assert (limits[name]["source"], limits[name]["n"]) == ("fitted", 40)
        assert limits[name]["fail_below"] is limits[name]["fail_above"] is None
        assert not limits[name]["critical"]
    assert limits["transcriptome_reads"]["fail_below"] == 100_000
    assert limits["transcriptome_reads"]["warn_below"] == 200_000
    assert limits["transcriptome_reads"]["critical"]


def test_only_the_reference_is_seen():
    samples, metrics = cohort()
    chosen = samples["sample"][:30]
    alone = fit_reference(metrics[metrics["sample"].isin(chosen)], chosen, {})
    spoilt = metrics.copy()
    spoilt.loc[~spoilt["sample"].isin(chosen), "numerator"] = 0
    shuffled = spoilt.sample(frac=1, random_state=3)
    assert fit_reference(shuffled, [*chosen[::-1], "not measured"], {}) == alone
    assert alone["n"] == 30


def test_reference_is_json_and_comes_back_the_same():
    samples, metrics = cohort()
    reference = fit_reference(metrics, samples["sample"], {})
    assert json.loads(json.dumps(reference, allow_nan=False)) == reference


def test_too_small_a_reference_fits_nothing():
    samples, metrics = cohort()
    limits = fit_reference(metrics, samples["sample"][:19], {})["metrics"]
    assert limits["features_detected"]["warn_below"] is None
    assert limits["features_detected"]["note"] == (
        "no limit: the quality reference has 19 samples, fewer than 20"
    )
    twenty = fit_reference(metrics, samples["sample"][:20], {})["metrics"]
    assert twenty["features_detected"]["warn_below"] > 0


def test_a_reference_without_spread_fits_nothing():
    samples, _ = cohort()
    metrics = smallrna_metrics(samples.assign(features_detected=500))
    limits = fit_reference(metrics, samples["sample"], {})["metrics"]["features_detected"]
    assert limits["warn_below"] is None
    assert limits["note"] == "no limit: most samples of the quality reference are equal"


@pytest.mark.parametrize(
    ("gates", "metric", "expected"),
    [
        ({}, "transcriptome_reads", (100_000, 200_000, True, "default")),
        ({"fail_below": 5}, "transcriptome_reads", (5, None, True, "config")),
        ({"critical": False}, "transcriptome_reads", (100_000, 200_000, False, "default")),
        ({"fail_below": 300.0, "critical": True}, "features_detected", (300, None, True, "config")),
        ({"warn_below": 300.0}, "features_detected", (None, 300, False, "config")),
        ({"off": True}, "transcriptome_reads", (None, None, True, "off")),
    ],
)
def test_settings(gates, metric, expected):
    samples, metrics = cohort()
    empty = dict.fromkeys(["fail_below", "warn_below", "fail_above", "warn_above", "critical"])
    reference = fit_reference(
        metrics, samples["sample"], {metric: {**empty, "off": False, **gates}}
    )
    found = reference["metrics"][metric]
    assert tuple(found[k] for k in ("fail_below", "warn_below", "critical", "source")) == expected


def test_unknown_metric():
    samples, metrics = cohort()
    with pytest.raises(UserError) as caught:
        fit_reference(metrics, samples["sample"], {"features_detectd": {}})
    assert str(caught.value).startswith(
        "config: quality.gates: unknown metric 'features_detectd' (did you mean "
        "'features_detected'?); allowed: transcriptome_reads, transcriptome_genome_ratio, "
    )


def test_contradicting_limits():
    samples, metrics = cohort()
    with pytest.raises(UserError, match="fail_below 9 is above warn_below 2"):
        fit_reference(
            metrics, samples["sample"], {"features_detected": {"fail_below": 9, "warn_below": 2}}
        )


def test_no_layer():
    _, metrics = cohort()
    reference = fit_reference(metrics.iloc[:0], [], {})
    assert (reference["n"], reference["metrics"]) == (0, {})
