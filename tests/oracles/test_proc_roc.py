"""ROC figures beside R's pROC 1.18 on its aSAH data."""

import pandas as pd
import pytest

from evigil.stats.roc import auc, delong, delong_paired


@pytest.fixture
def asah(shared):
    data = pd.read_csv(shared("oracle/roc/pROC_aSAH.csv"))
    return data.assign(case=(data["outcome"] == "Poor").astype(int))


def test_auc_and_interval(asah):
    assert delong(asah["case"], asah["s100b"]) == pytest.approx(
        (0.7313686, 0.6301182, 0.8326189), abs=5e-8
    )
    assert auc(asah["case"], asah["wfns"]) == pytest.approx(0.8236789, abs=5e-8)


def test_paired_difference(asah):
    difference, p = delong_paired(asah["case"], asah["s100b"], asah["wfns"])
    assert difference == pytest.approx(0.7313686 - 0.8236789, abs=1e-7)
    assert p == pytest.approx(0.0271758, abs=5e-8)
