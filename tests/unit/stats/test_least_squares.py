import numpy as np
import pytest

from evigil.stats.least_squares import blocks_of, least_squares


@pytest.fixture
def world():
    rng = np.random.default_rng(1)
    n, m = 30, 40
    design = np.column_stack([np.ones(n), rng.normal(60, 9, n), np.arange(n) % 2])
    values = 20 + rng.normal(size=(n, m))
    values[rng.random((n, m)) < 0.3] = np.nan
    values[:, :20] = values[:, [0]] + rng.normal(size=20)  # these share a pattern
    return values, design, rng.integers(0, 9, n), rng.uniform(0.3, 3, (n, m))


def direct(y, design, spread):
    """Generalised least squares by the inverse of the covariance of the observed samples."""
    seen = np.isfinite(y)
    x, inverse = design[seen], np.linalg.inv(spread[np.ix_(seen, seen)])
    covariance = np.linalg.inv(x.T @ inverse @ x)
    beta = covariance @ x.T @ inverse @ y[seen]
    rest = y[seen] - x @ beta
    return beta, covariance, rest @ inverse @ rest / (seen.sum() - x.shape[1])


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("correlation", [None, 0.4, -0.05])
def test_beside_the_textbook(world, weighted, correlation):
    values, design, block, weights = world
    blocks = None if correlation is None else blocks_of(block)
    fits = least_squares(values, design, weights if weighted else None, blocks, correlation or 0.0)
    same = (block[:, None] == block) * (correlation or 0.0)
    np.fill_diagonal(same, 1)
    for j in range(values.shape[1]):
        scale = 1 / np.sqrt(weights[:, j]) if weighted else np.ones(len(values))
        beta, covariance, variance = direct(values[:, j], design, same * np.outer(scale, scale))
        np.testing.assert_allclose(fits.coefficients[j], beta, rtol=1e-9, atol=1e-11)
        np.testing.assert_allclose(fits.covariance[j], covariance, rtol=1e-8, atol=1e-14)
        assert fits.variance[j] == pytest.approx(variance, rel=1e-9)
        assert fits.freedom[j] == np.isfinite(values[:, j]).sum() - 3


def test_any_order_of_features_gives_the_same(world):
    values, design, block, _ = world
    order = np.random.default_rng(2).permutation(values.shape[1])
    fits = least_squares(values, design, blocks=blocks_of(block), correlation=0.2)
    other = least_squares(values[:, order], design, blocks=blocks_of(block), correlation=0.2)
    np.testing.assert_allclose(other.coefficients, fits.coefficients[order], rtol=1e-12)


def test_a_column_that_repeats_others_is_left_out_for_its_feature():
    group = np.array([0.0, 0, 0, 1, 1, 1, 0, 1])
    site = np.array([0.0, 0, 0, 1, 1, 1, 1, 0])
    design = np.column_stack([np.ones(8), site, group])
    values = np.column_stack([np.arange(8.0), np.arange(8.0), np.full(8, np.nan)])
    values[6:, 1] = np.nan  # here site and group are one
    fits = least_squares(values, design)
    assert np.isfinite(fits.coefficients[0]).all()
    assert fits.coefficients[1, 1] == pytest.approx(3)
    assert np.isnan(fits.coefficients[1, 2])
    assert list(fits.freedom) == [5, 4, 0]
    assert np.isnan(fits.coefficients[2]).all() and np.isnan(fits.variance[2])
