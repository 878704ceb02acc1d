"""Adjusted p-values, worked by hand."""

import numpy as np
import pytest

from evigil.stats.multiple import benjamini_hochberg, holm


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])


def test_benjamini_hochberg_by_hand():
    assert benjamini_hochberg([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.02, 0.04, 0.04, 0.02])


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_what_was_not_tested_counts_for_nothing(adjust):
    p = np.array([0.01, np.nan, 0.03])
    adjusted = adjust(p)
    assert np.isnan(adjusted[1])
    assert adjusted[[0, 2]] == pytest.approx(adjust([0.01, 0.03]))
    assert np.isnan(p[1]) and p[0] == 0.01  # the input is left alone


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_nothing_to_test(adjust):
    assert np.isnan(adjust([np.nan, np.nan])).all()
    assert adjust([]).shape == (0,)


@pytest.mark.parametrize("adjust", [holm, benjamini_hochberg])
def test_never_above_one_and_never_below_the_p_value(adjust):
    p = np.random.default_rng(0).uniform(size=300)
    adjusted = adjust(p)
    assert (adjusted >= p).all() and adjusted.max() <= 1
    order = np.argsort(p)
    assert (np.diff(adjusted[order]) >= 0).all()
