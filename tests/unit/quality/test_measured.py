"""What a count table measured, in the form of the gates."""

import pandas as pd

from evigil.metrics import MEASURED, METRICS
from evigil.quality.measured import COLUMNS, no_metrics, smallrna_metrics


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
    table = smallrna_metrics(samples)
    assert table.columns.tolist() == [*COLUMNS]
    of_reads = sorted(m.name for m in METRICS.values() if m.numerator in MEASURED)
    assert table["metric"].tolist()[: len(of_reads)] == of_reads
    assert set(table["layer"]) == {"smallrna"}
    rows = table.set_index(["sample", "metric"])[["numerator", "denominator"]].fillna(-1)
    supplied = {"features_detected": [3, -1], "top_feature_share": [6, 10]}
    supplied["transcriptome_reads"] = [10, -1]
    found = rows.loc["b"].T.to_dict("list")
    assert found["mirna_share"] == found["haemolysis_index"] == [-1, -1]
    # a numerator alone is no ratio: the sheet gives no genome_reads
    assert found["transcriptome_genome_ratio"] == [-1, -1]
    assert {name: parts for name, parts in found.items() if parts[0] != -1} == supplied
    assert rows.loc[("a", "top_feature_share")].tolist() == [0, 0]


def test_what_more_there_is_to_say():
    samples = pd.DataFrame(
        {"sample": ["a", "b"], "protocol_contradiction": [1, 0], "protocol_reason": ["why", None]}
    )
    rows = smallrna_metrics(samples).set_index(["sample", "metric"])["detail"]
    assert rows["a", "protocol_contradiction"] == "why"
    assert rows["b", "protocol_contradiction"] == rows["a", "mirna_share"] == ""


def test_no_sample():
    samples = pd.DataFrame(
        columns=["sample", "transcriptome_reads", "features_detected", "top_feature_reads"]
    )
    for table in (smallrna_metrics(samples), no_metrics()):
        assert table.shape == (0, 6)
