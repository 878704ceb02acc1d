"""A ready count table: reading it, and what its counts say of each sample."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from evigil.features.tables import read_feature_table


def read_counts(
    path: str | Path, samples: Iterable[str]
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Read a table of counts in any of the forms below; feature names stay as given.

    Parameters
    ----------
    path
        TSV or CSV (also ``.gz``), ``.xlsx`` (first sheet) or ``.h5ad``.
    samples
        Names in the sample sheet; those that the table lacks are said, not refused.

    Returns
    -------
    values
        Reads, int64, shape (n_samples, n_features), both sorted.
    var
        Text columns that describe the features, indexed by them.
    messages
        What the user should know, one line each.

    Raises
    ------
    UserError
        One line with file, row, column and value.
    """
    table = read_feature_table(path, samples)
    return table.values, table.var, table.messages


def sample_metrics(values: pd.DataFrame) -> pd.DataFrame:
    """Describe each sample by its counts.

    Parameters
    ----------
    values
        Reads, shape (n_samples, n_features).

    Returns
    -------
    pandas.DataFrame
        ``sample``, ``transcriptome_reads`` (sum), ``features_detected`` (with a read),
        ``top_feature_reads`` (the largest count) and ``top_feature_share`` (of the sum; missing
        for a sample without a read), sorted by sample.
    """
    total = values.sum(axis=1)
    top = values.max(axis=1)
    table = pd.DataFrame(
        {
            "transcriptome_reads": total,
            "features_detected": (values > 0).sum(axis=1),
            "top_feature_reads": top,
            "top_feature_share": (top / total).where(total > 0),
        }
    )
    return table.rename_axis("sample").reset_index().sort_values("sample", ignore_index=True)
