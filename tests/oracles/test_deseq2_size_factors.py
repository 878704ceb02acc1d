"""Size factors beside R's DESeq2 1.34."""

import numpy as np
import pandas as pd
import pytest

from evigil.matrix.normalise import MedianOfRatios


@pytest.mark.parametrize(
    ("counts", "golden", "method"),
    [
        ("synthetic", "single_factor__r_test_size_factors", "ratio"),
        ("synthetic", "multi_factor__r_test_size_factors", "ratio"),
        ("synthetic", "single_factor__r_test_size_factors_poscount", "poscounts"),
        ("continuous", "continuous__r_test_size_factors", "ratio"),
        ("wide", "wide__r_test_size_factors", "ratio"),
    ],
)
def test_size_factors(shared, counts, golden, method):
    table = pd.read_csv(shared(f"oracle/deseq2/{counts}__test_counts.csv"), index_col=0).T
    expected = pd.read_csv(shared(f"oracle/deseq2/{golden}.csv"), index_col=0).iloc[:, 0]
    fitted = MedianOfRatios(method).fit(table)
    assert sorted(table.index) == sorted(expected.index)
    assert fitted.size_factors(table) == pytest.approx(expected[table.index], rel=1e-9)
    alone = [fitted.size_factors(table.loc[[sample]])[0] for sample in table.index]
    assert np.allclose(alone, expected[table.index], rtol=1e-9, atol=0)
