"""Order statistics of control scores."""

import numpy as np
import pytest
from scipy.stats import binom

from evigil.classifier.thresholds import (
    controls_needed,
    rank,
    threshold_at,
    threshold_table,
    why_not,
)


@pytest.mark.parametrize(
    ("n", "specificity", "expected"),
    [
        (9, 0.9, None),  # below 1/(1-s)
        (10, 0.9, 9),
        (20, 0.95, 19),  # .95 * 20 must not become 20 by rounding
        (40, 0.95, 38),
        (41, 0.95, 39),
        (100, 0.99, 99),
        (99, 0.99, None),
    ],
)
def test_nominal_rank(n, specificity, expected):
    assert rank(n, specificity, "nominal") == expected


@pytest.mark.parametrize(
    ("specificity", "needed"), [(0.9, 29), (0.95, 59), (0.98, 149), (0.99, 299)]
)
def test_assured_needs_the_documented_number_of_controls(specificity, needed):
    assert controls_needed(specificity, "assured") == needed
    assert rank(needed - 1, specificity, "assured") is None
    assert rank(needed, specificity, "assured") == needed


@pytest.mark.parametrize("n", [29, 50, 137, 400])
def test_assured_rank_is_the_smallest_that_holds(n):
    # P(specificity above the k-th of n >= s) = P(Bin(n, s) <= k - 1)
    k = rank(n, 0.9, "assured")
    assert binom.cdf(k - 1, n, 0.9) >= 0.95
    assert binom.cdf(k - 2, n, 0.9) < 0.95


def test_table():
    scores = np.random.default_rng(0).permutation(np.arange(1, 41)) / 10
    table = threshold_table(scores, [0.95, 0.9])
    assert table["specificity"].tolist() == [0.9, 0.9, 0.95, 0.95]
    assert threshold_at(table, 0.9) == 3.6
    assert threshold_at(table, 0.9, "assured") == 4.0
    assert threshold_at(table, 0.95) == 3.8
    assert np.isnan(threshold_at(table, 0.95, "assured"))
    assert why_not(40, 0.95, "assured") == (
        "not estimable: the assured threshold at specificity 0.95 needs 59 training controls, "
        "there are 40"
    )
