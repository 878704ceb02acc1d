"""Verdicts on histograms whose shape is known."""

import numpy as np
import pytest

from evigil.differential.p_values import shape

RNG = np.random.default_rng(11)
FLAT = RNG.uniform(size=2000)


@pytest.mark.parametrize(
    ("p_values", "verdict"),
    [
        (FLAT, "uniform"),
        (np.append(FLAT, RNG.uniform(0, 0.01, 300)), "anti-conservative"),
        (RNG.beta(1.6, 1, 2000), "conservative"),
        (np.r_[FLAT, RNG.uniform(0, 0.01, 300), RNG.uniform(0.96, 1, 300)], "bimodal"),
        (np.append(FLAT, RNG.uniform(0.3, 0.34, 300)), "uneven"),
        (FLAT[:99], "too few"),
        (np.full(500, np.nan), "too few"),
    ],
)
def test_shapes(p_values, verdict):
    found = shape(p_values)
    assert found.verdict == verdict
    assert sum(found.counts) == np.isfinite(p_values).sum()


def test_uniform_p_values_are_called_uniform():
    """At 5 % over all bins: binomial limit for 200 draws of a fixed seed."""
    rng = np.random.default_rng(1)
    verdicts = [shape(rng.uniform(size=500)).verdict for _ in range(200)]
    assert verdicts.count("uniform") >= 180


def test_what_is_not_tested_does_not_count():
    assert shape(np.append(FLAT, [np.nan] * 50)) == shape(FLAT)
