import numpy as np
import pytest

from evigil.stats.firth import firth


def test_a_two_by_two_table_gets_half_a_count_in_each_cell():
    group = np.repeat([0.0, 1.0], [12, 8])
    outcome = np.zeros((20, 2), bool)
    outcome[[0, 1, 2, 12, 13, 14, 15, 16], 0] = True
    outcome[12:, 1] = True  # all of one group, none of the other
    fits = firth(outcome, np.column_stack([np.ones(20), group]))
    expected = [np.log(5.5 / 3.5 * 9.5 / 3.5), np.log(8.5 / 0.5 * 12.5 / 0.5)]
    np.testing.assert_allclose(fits.coefficients[:, 1], expected, atol=1e-8)


def test_units_and_origin_of_a_column_change_nothing():
    rng = np.random.default_rng(6)
    x, group = rng.normal(size=40), np.arange(40) % 2.0
    outcome = rng.random((40, 5)) < 0.4
    one = np.ones(40)
    plain = firth(outcome, np.column_stack([one, x, group]))
    moved = firth(outcome, np.column_stack([one, 1e4 + 30 * x, group]))
    np.testing.assert_allclose(moved.coefficients[:, 2], plain.coefficients[:, 2], atol=1e-8)
    np.testing.assert_allclose(moved.loglik - plain.loglik, np.log(30), atol=1e-6)


def test_columns_that_are_held_at_0_stay_there():
    outcome = np.random.default_rng(7).random((30, 3)) < 0.5
    design = np.column_stack([np.ones(30), np.arange(30) % 2])
    null = firth(outcome, design, n_free=1)
    assert (null.coefficients[:, 1] == 0).all()
    assert (null.loglik <= firth(outcome, design).loglik + 1e-12).all()
    assert null.covariance.shape == (3, 2, 2)
    assert null.probability.mean() == pytest.approx(outcome.mean(), abs=0.05)
