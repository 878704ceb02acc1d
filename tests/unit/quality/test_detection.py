"""Limits of detection and linearity, by hand."""

import numpy as np
import pytest

from evigil.quality.detection import detection_limits, linearity


def column(*values):
    return np.array(values, float)[:, None]


@pytest.mark.parametrize("power", [0, 1, 2])
def test_slope(power):
    dilutions = [1, 2, 4, 1, 2, 4]
    values = [100 / d**power for d in dilutions[:3]] + [7 / d**power for d in dilutions[3:]]
    found = linearity(column(*values), list("AAABBB"), dilutions)
    assert found.slope == pytest.approx([power], abs=1e-12)
    assert found.low == pytest.approx(found.slope, abs=1e-6) and found.levels == [3]


def test_slope_by_hand():
    # x = 0, -ln 2, -2 ln 2; residuals h, -2h, h with ln y = x + residual: slope stays 1
    h = 0.1
    values = np.exp(np.array([0, -1, -2]) * np.log(2) + np.array([h, -2 * h, h]))
    found = linearity(values[:, None], list("AAA"), [1, 2, 4])
    assert found.slope == pytest.approx([1])
    # one degree of freedom: t = 12.7062; s² = 6 h², squares of x 2 (ln 2)²
    assert found.high - found.slope == pytest.approx(
        [12.7062047 * np.sqrt(6 * h**2 / (2 * np.log(2) ** 2))], rel=1e-6
    )


def test_no_slope():
    for values, origins, dilutions in (
        (column(4, 2), "AA", [1, 2]),
        (column(4, 2, 0), "AAA", [1, 2, 4]),  # not detected at the third
        (column(4, 2, 1), "AAB", [1, 2, 4]),
        (column(4, 3, 2), "AAA", [1, 1, 2]),
        (np.empty((0, 1)), "", []),
    ):
        found = linearity(values, list(origins), dilutions)
        assert np.isnan([found.slope, found.low, found.high]).all() and found.levels == [0]


def test_limits_by_hand():
    blanks = column(1, 2, 3)
    # A's and B's highest dilutions: 2 + 8 over 4 - 2; A's first is no low sample
    values = column(100, 104, 4, 6, 5, 9)
    origins, dilutions = list("AAAABB"), [1, 1, 8, 8, 4, 4]
    found = detection_limits(blanks, values, origins, dilutions)
    assert found.lob == pytest.approx([2 + 1.6448536])
    c = 1.6448536 / (1 - 1 / (4 * (4 - 2)))
    assert found.lod == pytest.approx(found.lob + c * np.sqrt(5))
    assert (found.blanks, found.low_values) == (3, 4)
    # 5 and 7 are below the LoD of 7.85: the next level is 102, with a CV of 2.8 %
    assert found.loq == [102]


def test_quantitation_needs_every_level_above():
    values = column(100, 110, 50, 52, 20, 40, 12, 12)
    dilutions = [1, 1, 2, 2, 4, 4, 8, 8]
    found = detection_limits(column(0, 0), values, ["A"] * 8, dilutions)
    assert found.loq == [51]  # 12 repeats exactly, but 30 above it has a CV of 47 %


def test_missing_values_and_too_few():
    nan = np.nan
    blanks = np.array([[1, 1, nan], [3, nan, nan]])
    values = np.array([[5.0, 5, 5], [6, 6, 6]])
    found = detection_limits(blanks, values, list("AA"), [2, 2])
    assert found.blanks.tolist() == [2, 1, 0]
    assert found.lob[0] == pytest.approx(2 + 1.6448536 * np.sqrt(2))
    assert np.isnan(found.lob[1:]).all() and np.isnan(found.lod[1:]).all()
    assert np.isnan(found.loq[1:]).all()
    # two values of one low sample: c = 1.645 / (1 - 1/4)
    assert found.lod[0] == pytest.approx(found.lob[0] + 1.6448536 / 0.75 * np.sqrt(0.5))
    none = detection_limits(np.empty((0, 2)), np.empty((0, 2)), [], [])
    assert np.isnan([none.lob, none.lod, none.loq]).all() and none.low_values.tolist() == [0, 0]
    neat = detection_limits(column(0, 1), column(5, 6), list("AA"), [1, 1])
    assert np.isnan(neat.lod) and neat.lob > 0
