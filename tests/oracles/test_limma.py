"""Log-scale models beside limma, edgeR and lme4; golden/limma.R made the values."""

import importlib.util
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evigil.differential.blocks import feature_correlations
from evigil.differential.detection import detection_table
from evigil.differential.linear import fit_log_scale
from evigil.differential.voom import fit_blocked_counts
from evigil.matrix.normalise import TMM
from evigil.stats.mixed_design import random_intercept_design

HERE = Path(__file__).parent
_spec = importlib.util.spec_from_file_location("limma_cases", HERE / "limma_cases.py")
assert _spec is not None and _spec.loader is not None
limma_cases = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(limma_cases)

SITES = ["site2", "site3", "site4"]


def golden(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / "golden" / "limma" / f"{name}.tsv", sep="\t", index_col=0)


def fact(name: str) -> float:
    return float(golden("facts").loc[name, "value"])


def assert_equal(table: pd.DataFrame, name: str, tolerance: float) -> None:
    """Hold every golden column of every golden feature, relative where numbers are large."""
    expected = golden(name)
    found = table.loc[expected.index, expected.columns]
    np.testing.assert_allclose(
        found.to_numpy(float), expected.to_numpy(float), rtol=tolerance, atol=tolerance
    )


@pytest.fixture(scope="module")
def alzheimer(shared):
    return limma_cases.alzheimer(shared)


def test_missing_values_and_covariates(alzheimer):
    fit = fit_log_scale(alzheimer.values, alzheimer.design, ["case"])
    assert_equal(fit.table, "alzheimer", 1e-9)
    freedom = fact("alzheimer_prior_freedom")
    assert fit.facts["prior_degrees_of_freedom"] == pytest.approx(freedom, rel=1e-9)
    assert fit.facts["prior_variance"] == pytest.approx(fact("alzheimer_prior_variance"), rel=1e-9)


def test_small_p_values_are_relative(alzheimer):
    expected = golden("alzheimer")["p_value"]
    found = fit_log_scale(alzheimer.values, alzheimer.design, ["case"]).table["p_value"]
    np.testing.assert_allclose(found.loc[expected.index], expected, rtol=1e-9)


def test_trend_of_the_prior_variance(alzheimer):
    fit = fit_log_scale(alzheimer.values, alzheimer.design, ["case"], trend=True)
    assert_equal(fit.table, "alzheimer_trend", 1e-9)


def test_several_coefficients_where_nothing_is_missing(alzheimer):
    complete = alzheimer.values.dropna(axis=1)
    fit = fit_log_scale(complete, alzheimer.design, SITES)
    assert_equal(fit.table, "alzheimer_f_complete", 1e-9)


def test_several_coefficients_on_what_was_observed(alzheimer):
    fit = fit_log_scale(alzheimer.values, alzheimer.design, SITES)
    assert_equal(fit.table, "alzheimer_f", 1e-9)


def test_three_against_three(shared):
    data = limma_cases.magnet(shared)
    assert_equal(fit_log_scale(data.values, data.design, ["vesicles"]).table, "magnet", 1e-9)


def test_blocks():
    data = limma_cases.repeated()
    fit = fit_log_scale(data.values, data.design, ["case"], block=data.block)
    correlation = fit.facts["block_correlation"]
    assert correlation == pytest.approx(fact("repeated_correlation"), abs=1e-9)
    assert_equal(fit.table, "repeated", 1e-8)
    each = feature_correlations(
        data.values.to_numpy(), data.design.to_numpy(), data.block.to_numpy()
    )
    table = pd.DataFrame({"correlation": each}, index=data.values.columns)
    assert_equal(table, "repeated_correlations", 1e-8)


def test_peptides():
    data = limma_cases.repeated()
    fit = fit_log_scale(data.values, data.design, ["case"], peptides=data.peptides)
    assert_equal(fit.table, "repeated_peptides", 1e-9)
    expected = fact("repeated_peptides_prior_freedom")
    assert fit.facts["prior_degrees_of_freedom"] == pytest.approx(expected)


def test_counts_with_blocks():
    data = limma_cases.blocked_counts()
    fit = fit_blocked_counts(data.values, data.design, ["case"], data.block)
    expected = fact("blocked_counts_correlation")
    assert fit.facts["block_correlation"] == pytest.approx(expected, abs=1e-7)
    assert_equal(fit.table, "blocked_counts_voom", 1e-6)


def test_real_counts_with_blocks(shared):
    data = limma_cases.gse71008(shared)
    fit = fit_blocked_counts(data.values, data.design, ["case"], data.block)
    expected = fact("gse71008_correlation")
    assert fit.facts["block_correlation"] == pytest.approx(expected, abs=1e-7)
    assert_equal(fit.table, "gse71008_voom", 1e-6)


def test_tmm_of_real_counts(shared):
    counts = limma_cases.gse71008(shared).values
    factors = TMM().fit(counts).size_factors(counts) / counts.sum(axis=1)
    assert_equal(factors.to_frame("norm_factor"), "gse71008_tmm", 1e-12)


def test_tmm_of_simulated_counts():
    counts = limma_cases.blocked_counts().values
    factors = TMM().fit(counts).size_factors(counts) / counts.sum(axis=1)
    np.testing.assert_allclose(factors, golden("blocked_counts_tmm")["norm_factor"], rtol=1e-12)


def test_random_intercepts_beside_lme4():
    data = limma_cases.repeated()
    expected = golden("repeated_lme4")
    values = data.values[expected.index].to_numpy()
    fits = random_intercept_design(values, data.design.to_numpy(), data.block.to_numpy())
    found = [fits.coefficients[:, -1], fits.standard_errors[:, -1], fits.tau2, fits.sigma2]
    for ours, column in zip(found, expected.columns, strict=False):
        np.testing.assert_allclose(ours, expected[column], rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(fits.loglik, expected["loglik"], rtol=1e-11)


def test_detection_beside_fisher_and_a_general_optimiser():
    data = limma_cases.detections()
    expected = golden("detections")
    table = detection_table(data.values > 0, data.design, ["case"])
    np.testing.assert_allclose(table["statistic"], expected["statistic"], atol=1e-7)
    # the optimiser's own end is that far from the maximum
    np.testing.assert_allclose(table["log_odds_ratio"], expected["log_odds_ratio"], atol=1e-4)
    plain = detection_table(data.values > 0, data.design[["intercept", "case"]], ["case"])
    np.testing.assert_allclose(plain["p_value"], expected["fisher"], rtol=1e-9)
