"""Diagnostics of the reference's z."""

import numpy as np
import pandas as pd
import pytest

from evigil.monitoring.diagnostics import diagnose


def test_values():
    z = pd.Series([1.0, 2.0, -3.0, 0.0])
    found = diagnose(z, pd.Series(["a", "a", "a", "b"]))
    assert found["mean"] == 0
    assert found["sd"] == pytest.approx(np.sqrt(14 / 3))
    assert found["kurtosis"] == pytest.approx((98 / 4) / (14 / 4) ** 2 - 3)
    assert found["largest_residual"] == -3
    assert found["lag1"] is None  # two pairs are none


def test_independent_draws_raise_no_warning():
    z = np.random.default_rng(0).normal(size=(200, 5))
    found = diagnose(pd.Series(z.ravel()), pd.Series(np.repeat(np.arange(200), 5)))
    assert abs(found["lag1"]) < 0.1 and found["warnings"] == []


def test_draws_that_follow_each_other_warn():
    z = np.random.default_rng(0).normal(size=(200, 5)).cumsum(axis=1)
    found = diagnose(pd.Series(z.ravel()), pd.Series(np.repeat(np.arange(200), 5)))
    assert found["lag1"] > 0.5 and "correlated beyond the model" in found["warnings"][0]


def test_no_draw():
    found = diagnose(pd.Series([], dtype=float), pd.Series([], dtype=object))
    assert found["mean"] is None and found["warnings"] == []
