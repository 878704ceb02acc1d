"""What the audit holds against the label: columns of the sheets, and what was measured."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from evigil.sheets.columns import AUDITED

Kind = Literal["technical", "biological", "derived"]

# Metrics of the gates that are audited. What is computed from the features themselves can be the
# disease, so it is capped at caution; depth and read quality are of the run.
METRICS: Mapping[str, Kind] = {
    "transcriptome_reads": "technical",
    "q30_share": "technical",
    "adapter_dimer_share": "technical",
    "insert_length_mode": "technical",
    "mirna_share": "derived",
    "top_feature_share": "derived",
    "clade_contamination": "derived",
    "haemolysis_index": "derived",
    "platelet_index": "derived",
    "protein_identifications": "derived",
    "category_3_excess": "derived",
    "platelet_ev_safe_share": "derived",
    "erythrocyte_ev_safe_share": "derived",
    "coagulation_index": "derived",
}


#: Columns of ``proteomics/samples.tsv`` that say how a sample was handled, and their names here.
HANDLED = {"table_batch": "batch", "plate": "plate", "format": "format"}


class Covariates(NamedTuple):
    """Covariates of the samples.

    Attributes
    ----------
    values
        Index sample, a column each: floats are numbers, text is a category.
    kinds
        By column: technical, biological or derived.
    measured
        Those that are not of the sheet: what an entry cannot have lowers nothing.
    """

    values: pd.DataFrame
    kinds: dict[str, Kind]
    measured: frozenset[str]


def covariates(
    sheet: pd.DataFrame,
    technical: Iterable[str],
    gates: pd.DataFrame,
    layers: Mapping[str, pd.DataFrame],
    limits: Mapping[str, pd.DataFrame | None] | None = None,
    handled: Mapping[str, pd.DataFrame] | None = None,
) -> Covariates:
    """Put together what is audited.

    Parameters
    ----------
    sheet
        ``sample`` and columns of the sheets.
    technical
        ``quality.technical``: further columns, always categories.
    gates
        ``quality/gates.tsv``.
    layers
        Values of each layer, shape (n_samples, n_features): what is missing in them is audited.
    limits
        Detection limits of each layer, of the same shape; None where it has none.
    handled
        ``<layer>/samples.tsv``, by sample, of layers whose tables say how samples were handled.
    """
    columns = {c: _column(sheet, c) for c in sheet if c in AUDITED}
    kinds: dict[str, Kind] = {c: AUDITED[c] for c in columns}
    for name in technical:
        columns[name], kinds[name] = _as_text(sheet[name]), "technical"
    table = pd.DataFrame(columns).set_axis(sheet["sample"])
    known = gates[gates["metric"].isin(list(METRICS)) & gates["value"].notna()]
    found = known.pivot(index="sample", columns="metric", values="value").reindex(table.index)
    kinds |= {str(name): METRICS[str(name)] for name in found}
    parts = [table, found]
    for layer, values in layers.items():
        parts.append(missing(values, layer).reindex(table.index))
        kinds |= {f"missing_share:{layer}": "derived", f"missing_pattern:{layer}": "technical"}
    for layer, limit in (limits or {}).items():
        if limit is not None:
            name = f"detection_limit:{layer}"
            parts.append(limit_rank(limit).to_frame(name).reindex(table.index))
            kinds[name] = "technical"
    for layer, runs in (handled or {}).items():
        for column, name in HANDLED.items():
            if column in runs and runs[column].nunique() > 1:
                parts.append(runs[column].to_frame(f"{name}:{layer}").reindex(table.index))
                kinds[f"{name}:{layer}"] = "technical"
    joined = pd.concat(parts, axis=1)
    return Covariates(joined, kinds, frozenset(joined.columns) - frozenset(table.columns))


def missing(values: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Return, per sample, the share of features that are missing, and which ones, as a category."""
    holes = values.isna().to_numpy()
    patterns = np.unique(np.packbits(holes, axis=1), axis=0, return_inverse=True)[1].ravel()
    table = {
        f"missing_share:{layer}": holes.mean(axis=1) if holes.size else np.zeros(len(values)),
        f"missing_pattern:{layer}": [f"pattern {i + 1}" for i in patterns],
    }
    return pd.DataFrame(table, index=values.index)


def limit_rank(limits: pd.DataFrame) -> pd.Series:
    """Return how high a sample's detection limits are among all: the mean rank, from 0 to 1.

    Features whose limit is the same in all samples say nothing and are left out.
    """
    varying = limits.loc[:, limits.nunique() > 1]
    return varying.rank(pct=True).mean(axis=1)


def _column(sheet: pd.DataFrame, name: str) -> pd.Series:
    column = sheet[name].reset_index(drop=True)
    if name == "collected":
        return column.map(lambda day: float(date.fromisoformat(day).toordinal()), "ignore").astype(
            float
        )
    return column


def _as_text(column: pd.Series) -> pd.Series:
    return column.reset_index(drop=True).map(str, "ignore").astype(object)
