"""Technical replicates: the coefficient of variation as worked out by hand."""

import numpy as np
import pandas as pd
import pytest

from evigil.quality.replicates import REPLICATES, replicate_groups, replicates


def test_groups_hold_the_specimen_and_its_replicates():
    sheet = pd.DataFrame({"sample": ["a", "b", "a2", "a1"], "replicate_of": [None, None, "a", "a"]})
    assert replicate_groups(sheet) == {"a": ["a", "a1", "a2"]}
    assert replicate_groups(sheet[["sample"]]) == {}


def test_coefficients_of_variation():
    values = pd.DataFrame(
        {"f": [3.0, 4.0, 7.0, 7.0], "g": [5.0, 5.0, 2.0, np.nan], "h": [1.0, 1.0, 1.0, 3.0]},
        index=["a", "a1", "b", "b1"],
    )
    groups = {"a": ["a", "a1"], "b": ["b", "b1", "gone"], "c": ["c", "gone"]}
    table = replicates(values, groups).set_index("sample")
    assert list(table) == REPLICATES[2:]

    # s² of two values is half the square of their distance
    def cv(*distances: float) -> np.ndarray:
        return np.sqrt(np.exp((np.array(distances) * np.log(2)) ** 2 / 2) - 1)

    assert table.loc["a", "cv"] == pytest.approx(0)
    assert table.loc["a", "cv_90"] == pytest.approx(np.quantile(cv(1, 0, 0), 0.9))
    assert table.loc["b", ["n", "features"]].tolist() == [2, 2]
    assert table.loc["b", "cv"] == pytest.approx(np.median(cv(0, 2)))
    # pooled: f (1 + 0)/2, g of one specimen, h (0 + 4)/2
    pooled = cv(np.sqrt(1 / 2), 0, np.sqrt(2))
    assert table.loc["ALL", "cv"] == pytest.approx(np.median(pooled))
    assert table.loc["ALL", ["n", "features"]].tolist() == [4, 3]
    assert table.loc["a", "correlation"] == pytest.approx(np.corrcoef([3, 5, 1], [4, 5, 1])[0, 1])
    assert table.loc["c", "note"] == "fewer than two of its measurements can be used"
    assert np.isnan(table.loc["c", "cv"]) and table.loc["a", "note"] == ""


def test_flat_measurements_have_no_correlation_and_no_warning():
    values = pd.DataFrame(1.0, index=["a", "b"], columns=list("fgh"))
    table = replicates(values, {"a": ["a", "b"]}).set_index("sample")
    assert np.isnan(table.loc["a", "correlation"]) and table.loc["a", "cv"] == 0


def test_no_replicates_no_rows():
    assert replicates(pd.DataFrame(), {}).empty
