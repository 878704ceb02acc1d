"""What was measured, in the one form that gates judge: a row per sample, layer and metric."""

import pandas as pd

from evigil.metrics import METRICS

COLUMNS = ("sample", "layer", "metric", "numerator", "denominator")


def count_table_metrics(samples: pd.DataFrame) -> pd.DataFrame:
    """Bring the metrics of count-table samples into the form of the gates.

    Parameters
    ----------
    samples
        ``smallrna/samples.tsv``: ``sample, transcriptome_reads, features_detected,
        top_feature_reads``.

    Returns
    -------
    pandas.DataFrame
        ``sample, layer, metric, numerator, denominator``, sorted by sample and metric. Only shares
        and ratios have a denominator; a metric that a count table cannot have has no numerator.
    """
    parts = {
        "transcriptome_reads": (samples["transcriptome_reads"], None),
        "features_detected": (samples["features_detected"], None),
        "top_feature_share": (samples["top_feature_reads"], samples["transcriptome_reads"]),
    }
    tables = [no_metrics()]
    for metric in METRICS.values():
        numerator, denominator = parts.get(metric.name, (None, None))
        table = pd.DataFrame({"sample": samples["sample"]})
        table = table.assign(layer=metric.layer, metric=metric.name)
        table["numerator"] = float("nan") if numerator is None else numerator.astype(float)
        table["denominator"] = float("nan") if denominator is None else denominator.astype(float)
        tables.append(table)
    joined = pd.concat([table for table in tables if len(table)] or tables[:1])
    return joined.sort_values(["sample", "metric"], ignore_index=True)


def no_metrics() -> pd.DataFrame:
    """Return the table of a study without a layer: its columns, and no row."""
    kinds = {"numerator": float, "denominator": float}
    return pd.DataFrame({c: pd.Series(dtype=kinds.get(c, object)) for c in COLUMNS})
