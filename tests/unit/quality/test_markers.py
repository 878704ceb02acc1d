"""Markers as they are entered: what is found, what is not, and what says neither."""

import numpy as np
import pandas as pd

from evigil.quality.markers import entered, marker_faults


def sheet(**columns):
    return pd.DataFrame({"sample": ["a", "b", "c"], **columns})


def test_yes_no_signs_and_signals_are_read():
    table = entered(sheet(marker_CD9=["yes", "-", np.nan], marker_CD81=[2.5, 0.0, np.nan]))
    assert table["assessed_1"].tolist() == [2, 2, 0]
    assert table["detected_1"].tolist() == [2, 0, 0]


def test_what_says_neither_is_named_once_for_each_column():
    given = sheet(
        marker_CD9=["yes", "maybe", "weak"],
        marker_CD81=["+", "0.4", np.nan],
        marker_notes=["blurred", "", "good"],
    )
    assert marker_faults(given) == [
        "sample 'b': column marker_CD9: 'maybe' must be yes or no, + or -, or a signal (and 1 more)"
    ]
    assert marker_faults(given.drop(columns="marker_CD9")) == []
