"""What a count table measured, in the form of the gates."""

import pandas as pd

from evigil.quality.measured import count_table_metrics, no_metrics


def test_rows():
    samples = pd.DataFrame(
        {
            "sample": ["b", "a"],
            "transcriptome_reads": [10, 0],
            "features_detected": [3, 0],
            "top_feature_reads": [6, 0],
            "top_feature_share": [0.6, float("nan")],
        }
    )
    table = count_table_metrics(samples)
    assert table.columns.tolist() == ["sample", "layer", "metric", "numerator", "denominator"]
    assert table["metric"].tolist()[:7] == sorted(table["metric"].unique())
    assert set(table["layer"]) == {"smallrna"}
    rows = table.set_index(["sample", "metric"])[["numerator", "denominator"]].fillna(-1)
    assert rows.loc["b"].T.to_dict("list") == {
        "adapter_dimer_share": [-1, -1],
        "clade_contamination": [-1, -1],
        "features_detected": [3, -1],
        "mirna_share": [-1, -1],
        "protocol_contradiction": [-1, -1],
        "top_feature_share": [6, 10],
        "transcriptome_reads": [10, -1],
    }
    assert rows.loc[("a", "top_feature_share")].tolist() == [0, 0]


def test_no_sample():
    samples = pd.DataFrame(
        columns=["sample", "transcriptome_reads", "features_detected", "top_feature_reads"]
    )
    for table in (count_table_metrics(samples), no_metrics()):
        assert table.shape == (0, 5)
