"""A count table becomes a matrix, and its counts describe each sample."""

import numpy as np
import pandas as pd
import pytest

from evigil.errors import UserError
from evigil.metrics import MEASURED
from evigil.smallrna.counts import read_counts, sample_metrics


def test_counts_are_whole_and_sorted(tmp_path):
    path = tmp_path / "counts.tsv"
    path.write_text("mirna\tclass\tb\ta\nhsa-miR-21-5p\tmiRNA\t3\t4\nHSA-let-7a\tmiRNA\t0\t1\n")
    values, var, messages = read_counts(path, ["a", "b", "c"])
    assert values.to_dict("index") == {
        "a": {"HSA-let-7a": 1, "hsa-miR-21-5p": 4},
        "b": {"HSA-let-7a": 0, "hsa-miR-21-5p": 3},
    }
    assert values.dtypes.eq("int64").all()
    assert var["class"].to_dict() == {"HSA-let-7a": "miRNA", "hsa-miR-21-5p": "miRNA"}
    assert messages == [
        f"{path}: features in rows, 2 samples of the sheet",
        f"{path}: 1 sample ('c') of the sheet not in this table: not supplied",
    ]


def test_counts_must_be_whole(tmp_path):
    path = tmp_path / "counts.tsv"
    path.write_text("f\ta\nx\t0.5\n")
    with pytest.raises(UserError, match="row 2, column 'a': '0.5' is not whole"):
        read_counts(path, ["a"])


def test_metrics():
    values = pd.DataFrame(
        [[0, 0, 0], [6, 3, 1], [0, 5, 0]], index=["z", "y", "x"], columns=["f", "g", "h"]
    )
    table = sample_metrics(values)
    assert table.columns.tolist() == ["sample", *MEASURED]
    assert table.dropna(axis=1, how="all").to_dict("list") == {
        "sample": ["x", "y", "z"],
        "transcriptome_reads": [5, 10, 0],
        "features_detected": [1, 3, 0],
        "top_feature_reads": [5, 6, 0],
        "top_feature_share": [1.0, 0.6, pytest.approx(np.nan, nan_ok=True)],
    }
    pd.testing.assert_frame_equal(sample_metrics(values.iloc[::-1, ::-1]), table)


def test_real_plasma_ev_counts(shared):
    folder = shared("counts/gse71008/samples.tsv").parent
    sheet = pd.read_csv(folder / "samples.tsv", sep="\t")
    values, var, messages = read_counts(folder / "mature_mirna_counts.tsv", sheet["sample"])
    assert values.shape == (150, 2391)
    assert var.shape == (2391, 0)
    assert len(messages) == 1
    assert values.at["Sample_1S3", "hsa-let-7a-5p"] == 2460
    assert (values > 0).all().sum() == 424
