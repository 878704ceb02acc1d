import numpy as np
import pytest

from evigil.stats.mixed import random_intercept
from evigil.stats.mixed_design import random_intercept_design


def test_a_constant_alone_is_the_simple_model():
    rng = np.random.default_rng(3)
    groups = rng.integers(0, 12, 50)
    values = rng.normal(size=(50, 6)) + rng.normal(size=(12, 6))[groups]
    values[rng.random((50, 6)) < 0.2] = np.nan
    fits = random_intercept_design(values, np.ones((50, 1)), groups)
    for j in range(6):
        seen = np.isfinite(values[:, j])
        one = random_intercept(values[seen, j], groups[seen])
        assert fits.coefficients[j, 0] == pytest.approx(one.mu, abs=1e-9)
        assert fits.tau2[j] == pytest.approx(one.tau2, abs=1e-9)
        assert fits.sigma2[j] == pytest.approx(one.sigma2, abs=1e-9)
        assert fits.loglik[j] == pytest.approx(one.loglik, abs=1e-9)


def test_balanced_pairs_give_the_paired_t_test():
    rng = np.random.default_rng(4)
    patients = np.repeat(np.arange(20), 2)
    time = np.tile([0.0, 1.0], 20)
    values = (rng.normal(size=20)[patients] * 2 + time + rng.normal(size=40))[:, None]
    fits = random_intercept_design(values, np.column_stack([np.ones(40), time]), patients)
    change = values[1::2, 0] - values[::2, 0]
    assert fits.coefficients[0, 1] == pytest.approx(change.mean())
    assert fits.standard_errors[0, 1] == pytest.approx(change.std(ddof=1) / np.sqrt(20))


def test_what_cannot_be_told_apart_is_missing():
    design = np.ones((6, 1))
    values = np.random.default_rng(5).normal(size=(6, 2))
    values[1::2, 1] = np.nan
    fits = random_intercept_design(values, design, [1, 1, 2, 2, 3, 3])
    assert np.isfinite(fits.tau2[0]) and np.isnan(fits.tau2[1])
    assert np.isnan(random_intercept_design(values[:, :1], design, range(6)).loglik[0])
