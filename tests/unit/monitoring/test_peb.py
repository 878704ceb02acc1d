"""PEB is the conditional normal law of one random intercept, and never looks ahead."""

import numpy as np
import pytest

from evigil.monitoring.peb import Parameters, conditional_normal, personal_expectation

CARET = Parameters(0.346847, 0.464629, 0.135567)


def closed_form(y: np.ndarray, p: Parameters) -> tuple[np.ndarray, np.ndarray]:
    n = np.arange(len(y))
    mean = (np.cumsum(y) - y) / np.maximum(n, 1)
    weight = n * p.tau2 / (n * p.tau2 + p.sigma2)
    return p.mu * (1 - weight) + mean * weight, p.sigma2 + p.tau2 * (1 - weight)


@pytest.mark.parametrize("n", [1, 2, 3, 8, 9, 40])
def test_equals_the_published_form(n):
    y = np.random.default_rng(n).normal(size=n)
    expected, variance = personal_expectation(y, np.zeros(n, int), np.arange(n), CARET)
    mean, spread = closed_form(y, CARET)
    np.testing.assert_allclose(expected, mean, rtol=0, atol=1e-12)
    np.testing.assert_allclose(variance, spread, rtol=0, atol=1e-12)


def test_series_of_all_lengths_together_are_as_each_alone():
    rng = np.random.default_rng(3)
    length = rng.integers(1, 20, 60)
    series = np.repeat(np.arange(60), length)
    before = np.concatenate([np.arange(n) for n in length])
    y = rng.normal(size=len(series))
    expected, variance = personal_expectation(y, series, before, CARET)
    for k in range(60):
        rows = series == k
        alone = personal_expectation(y[rows], series[rows], before[rows], CARET)
        assert (expected[rows] == alone[0]).all() and (variance[rows] == alone[1]).all()


def test_general_form_equals_the_matrix_formula():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(5, 7, 7))
    covariance = root @ root.transpose(0, 2, 1) + np.eye(7)
    y, mean = rng.normal(size=(2, 5, 7))
    before = np.tile([0, 1, 1, 3, 4, 4, 2], (5, 1))
    expected, variance = conditional_normal(y, mean, covariance, before)
    for i in range(5):
        for j in range(7):
            b = before[i, j]
            gain = covariance[i, j, :b] @ np.linalg.pinv(covariance[i, :b, :b])
            assert expected[i, j] == pytest.approx(mean[i, j] + gain @ (y - mean)[i, :b], abs=1e-9)
            spread = covariance[i, j, j] - gain @ covariance[i, :b, j]
            assert variance[i, j] == pytest.approx(spread, abs=1e-9)


def test_later_draws_change_no_digit():
    y = np.random.default_rng(1).normal(size=33)
    whole = personal_expectation(y, np.zeros(33, int), np.arange(33), CARET)
    for n in range(1, 33):
        part = personal_expectation(y[:n], np.zeros(n, int), np.arange(n), CARET)
        assert (part[0] == whole[0][:n]).all() and (part[1] == whole[1][:n]).all()


def test_under_the_model_z_is_independent_standard_normal():
    rng = np.random.default_rng(2)
    y = rng.normal(size=(20_000, 1)) * 0.9 + rng.normal(size=(20_000, 5)) * 0.4
    series, before = np.repeat(np.arange(20_000), 5), np.tile(np.arange(5), 20_000)
    p = Parameters(0.0, 0.81, 0.16)
    expected, variance = personal_expectation(y.ravel(), series, before, p)
    z = ((y.ravel() - expected) / np.sqrt(variance)).reshape(y.shape)
    np.testing.assert_allclose(np.cov(z.T), np.eye(5), atol=0.04)


def test_no_draw():
    expected, variance = personal_expectation(
        np.array([]), np.array([], int), np.array([], int), CARET
    )
    assert len(expected) == len(variance) == 0
