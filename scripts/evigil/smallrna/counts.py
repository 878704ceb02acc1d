"""Counts of samples: reading a ready table, and what the counts of each sample say of it."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from evigil.features.tables import read_feature_table
from evigil.metrics import MEASURED
from evigil.rna.paths import PANELS
from evigil.rna.spike_ins import read_spike_ins
from evigil.smallrna.blood import blood_metrics
from evigil.smallrna.cohort import Cohort, Counts, with_table
from evigil.smallrna.spike_ins import fit_spike_ins
from evigil.tables import read_table

#: Verdicts on the protocol that a sample cannot be used with.
CONTRADICTIONS = ("contradicts", "none_fits", "trimmed", "mixed", "discordant")
SHARES = {
    "top_feature_share": ("top_feature_reads", "transcriptome_reads"),
    "mirna_share": ("mirna_reads", "assigned_reads"),
    "q30_share": ("q30_bases", "bases_read"),
    "adapter_dimer_share": ("adapter_dimers", "sequenced_reads"),
    "clade_share": ("clade_reads", "inserts"),
}


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
    """Describe each sample of a count table by its counts.

    Parameters
    ----------
    values
        Reads, shape (n_samples, n_features); a feature that is missing was not supplied.

    Returns
    -------
    pandas.DataFrame
        The columns of ``smallrna/samples.tsv``: ``sample``, ``transcriptome_reads`` (sum),
        ``features_detected`` (with a read), ``top_feature_reads`` (the largest count),
        ``top_feature_share`` (of the sum; missing for a sample without a read) and those of
        `evigil.smallrna.blood.blood_metrics`; the others are missing. Sorted by sample.
    """
    table = pd.DataFrame(
        {
            "transcriptome_reads": values.sum(axis=1).astype("int64"),
            "features_detected": (values > 0).sum(axis=1),
            "top_feature_reads": values.max(axis=1).fillna(0).astype("int64"),
        }
    )
    return measured(table.join(blood_metrics(values)).rename_axis("sample").reset_index())


def library_metrics(cohort: Cohort) -> pd.DataFrame:
    """Describe each sequenced sample, with the columns of `sample_metrics`, none left out."""
    counts, x = cohort.counts, cohort.counts.layers["X"]
    wanted = pd.Index(read_table(PANELS, text=("mirna",))["mirna"]).append(
        pd.Index(["hsa-miR-23a-3p"])
    )
    at = counts.var.index.get_indexer(wanted)
    there = at >= 0
    values = pd.DataFrame(x[:, at[there]].toarray(), counts.samples, wanted[there])
    contradicts = cohort.metrics["protocol_verdict"].isin(CONTRADICTIONS).astype(int)
    table = cohort.metrics.assign(protocol_contradiction=contradicts)
    return measured(table.join(blood_metrics(values), on="sample"))


def measured(table: pd.DataFrame) -> pd.DataFrame:
    """Add the shares, and bring the columns of ``smallrna/samples.tsv`` into their order."""
    table = table.reindex(columns=["sample", *MEASURED])
    for share, (part, whole) in SHARES.items():
        table[share] = table[part] / table[whole].where(table[whole] > 0)
    return table.sort_values("sample", ignore_index=True)


def spike_table(cohort: Cohort, sheet: str | None, samples: pd.DataFrame) -> pd.DataFrame:
    """Fit the reads of the spike-ins to their amounts, sample by sample.

    Parameters
    ----------
    cohort
        The sequenced samples.
    sheet
        The sheet of spike-ins; none has no rows.
    samples
        The sample sheet.

    Returns
    -------
    pandas.DataFrame
        As from `evigil.smallrna.spike_ins.fit_spike_ins`.
    """
    counts = cohort.counts
    amounts = read_spike_ins(sheet) if sheet else pd.DataFrame({"name": [], "amount": []})
    # by what they are: a feature that shares its name with another class has the class behind it
    spikes = np.flatnonzero(counts.var["biotype"] == "spike_in")
    place = pd.Series(spikes, counts.var["members"].iloc[spikes])
    at = place.reindex(amounts["name"]).to_numpy(np.int64)
    reads = pd.DataFrame(counts.layers["X"][:, at].toarray(), counts.samples, list(amounts["name"]))
    long = reads.rename_axis("sample").reset_index()
    long = long.melt("sample", var_name="name", value_name="reads")
    sequenced = samples[samples["sample"].isin(counts.samples)]
    return fit_spike_ins(long, amounts, sequenced)


def join_table(
    cohort: Cohort, table: str | None, samples: Iterable[str]
) -> tuple[Counts, pd.DataFrame, list[str]]:
    """Join the count table, if there is one, to the sequenced samples.

    Parameters
    ----------
    cohort
        The sequenced samples.
    table
        The count table, if there is one.
    samples
        Names in the sample sheet.

    Returns
    -------
    counts, metrics, messages
        Of all samples, sorted; messages as from `read_counts`.

    Raises
    ------
    UserError
        As `read_counts` does.
    """
    metrics = library_metrics(cohort)
    if table is None:
        return cohort.counts, metrics, []
    sequenced = set(cohort.counts.samples)
    values, var, messages = read_counts(table, [s for s in samples if s not in sequenced])
    both = [table.dropna(axis=1, how="all") for table in (metrics, sample_metrics(values))]
    return with_table(cohort.counts, values, var), measured(pd.concat(both)), messages
