"""What was measured, in the one form that gates judge: a row per sample, layer and metric."""

import numpy as np
import pandas as pd

from evigil.metrics import MEASURED, METRICS
from evigil.metrics_proteomics import CHARACTER, DISCOVERY

COLUMNS = ("sample", "layer", "metric", "numerator", "denominator", "detail")
# Columns of smallrna/samples.tsv that say more of a metric than its number.
DETAILS = {"protocol_contradiction": "protocol_reason", "clade_contamination": "foreign_clade"}


def smallrna_metrics(samples: pd.DataFrame) -> pd.DataFrame:
    """Bring what was measured of samples into the form of the gates.

    Parameters
    ----------
    samples
        ``smallrna/samples.tsv``, and ``genome_reads`` where the sheet has them; a column that is
        not there, or an empty cell, was not supplied.

    Returns
    -------
    pandas.DataFrame
        ``sample, layer, metric, numerator, denominator, detail``, sorted by sample and metric. Only
        shares and ratios have a denominator, and what could be computed of enough reads: it is
        there where that was supplied. A metric that was not supplied has no numerator.
    """
    tables = [no_metrics()]
    for metric in METRICS.values():
        if metric.layer != "smallrna" or metric.numerator not in MEASURED:
            continue
        table = pd.DataFrame({"sample": samples["sample"]})
        table = table.assign(layer=metric.layer, metric=metric.name)
        table["numerator"] = _numbers(samples, metric.numerator)
        table["denominator"] = _numbers(samples, metric.denominator)
        if metric.supplied_with:
            table["denominator"] = _numbers(samples, metric.supplied_with)
        if metric.denominator:
            table["numerator"] = table["numerator"].where(table["denominator"].notna())
        detail = DETAILS.get(metric.name, "")
        table["detail"] = samples[detail].fillna("") if detail in samples else ""
        tables.append(table)
    joined = pd.concat([table for table in tables if len(table)] or tables[:1])
    return joined.sort_values(["sample", "metric"], ignore_index=True)


def protein_metrics(samples: pd.DataFrame) -> pd.DataFrame:
    """Bring what was measured of the proteins of samples into the form of the gates.

    Parameters
    ----------
    samples
        ``proteomics/samples.tsv``: ``sample``, ``format``, ``proteins`` and what `sample_metrics`
        of the proteomics stage says; a column that is not there, or an empty cell, was not
        supplied. Identifications are of a search for all proteins only.

    Returns
    -------
    pandas.DataFrame
        ``sample, layer, metric, numerator, denominator, detail``, sorted by sample and metric; no
        metric has a denominator.
    """
    formats = [{*str(kind).split(";")} for kind in samples["format"]]
    searched = np.array([bool(DISCOVERY & found) for found in formats], dtype=bool)
    known = samples.assign(identifications=_numbers(samples, "proteins").where(searched))
    tables = [no_metrics()]
    for metric in METRICS.values():
        if metric.layer != "proteomics" or metric.numerator not in (*CHARACTER, "identifications"):
            continue
        table = known[["sample"]].assign(layer=metric.layer, metric=metric.name)
        table["numerator"] = _numbers(known, metric.numerator)
        tables.append(table.assign(denominator=np.nan, detail=""))
    joined = pd.concat([table for table in tables if len(table)] or tables[:1])
    return joined.sort_values(["sample", "metric"], ignore_index=True)


def _numbers(samples: pd.DataFrame, column: str) -> pd.Series:
    found = samples[column] if column in samples else float("nan")
    return pd.Series(found, index=samples.index, dtype=float)


def no_metrics() -> pd.DataFrame:
    """Return the table of a study without a layer: its columns, and no row."""
    kinds = {"numerator": float, "denominator": float}
    return pd.DataFrame({c: pd.Series(dtype=kinds.get(c, object)) for c in COLUMNS})
