"""Batch: what goes with how samples were handled, layer by layer, before and after correction."""

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.gating import usable
from evigil.matrix.normalise import MedianOfRatios
from evigil.quality.control_charts import control_charts, specimens
from evigil.quality.covariates import covariates
from evigil.quality.embedding import COMPONENTS, Points, components, mixing, silhouette, without
from evigil.quality.partition import SHARES, Encoded, encode, joined, partition
from evigil.quality.replicates import REPLICATES, replicate_groups, replicates

BATCH = [
    *("layer", "covariate", "kind", "type", "n", "levels", "explained", "explained_90", "unique"),
    *("expected", "silhouette", "silhouette_corrected", "mixing", "mixing_corrected", "note"),
]
PCS = [f"pc{i + 1}" for i in range(COMPONENTS)]
COORDINATES = ["layer", "correction", "sample", *PCS, "pc1_share", "pc2_share"]
# Features that fewer of the samples have say more of detection than of batches (ours).
DETECTED = 0.5

Floats = NDArray[np.float64]


class Layer(NamedTuple):
    """A matrix, shape (n_samples, n_features), and its scale: ``counts``, ``log2``, ``linear``."""

    values: pd.DataFrame
    scale: str


class Batch(NamedTuple):
    """``quality/batch.tsv`` and what stands beside it."""

    batch: pd.DataFrame
    variance: pd.DataFrame
    components: pd.DataFrame
    replicates: pd.DataFrame
    control_charts: pd.DataFrame


def describe(
    sheet: pd.DataFrame,
    technical: Collection[str],
    outcomes: Collection[str],
    gates: pd.DataFrame,
    quality_samples: pd.DataFrame,
    layers: Mapping[str, Layer],
) -> Batch:
    """Describe batches in every layer.

    Parameters
    ----------
    sheet
        `Study.samples`: ``sample, role`` and the columns of the sheets.
    technical
        ``quality.technical``.
    outcomes
        Columns that are compared; a correction leaves their part in.
    gates, quality_samples
        ``quality/gates.tsv``, ``quality/samples.tsv``: samples that failed are left out, but for
        the control charts.
    layers
        By name.
    """
    table, kinds, of_sheet = compared(sheet, technical, outcomes, gates)
    counted, groups = set(specimens(sheet)["sample"]), replicate_groups(sheet)
    parts: list[tuple[pd.DataFrame, ...]] = []
    for name, layer in sorted(layers.items()):
        values, measured = log_values(layer, usable(quality_samples, name))
        own = [s for s in values.index if s in counted]
        shown = values.loc[own, measured.loc[own].notna().mean() >= DETECTED] if own else values[:0]
        layered = (*_layer(shown, table.loc[own], kinds, of_sheet), replicates(measured, groups))
        parts.append(tuple(part.assign(layer=name) for part in layered))
    batch, variance, points, repeated = (
        _stacked([part[i] for part in parts], columns)
        for i, columns in enumerate((BATCH, SHARES, COORDINATES, REPLICATES))
    )
    charts = control_charts(gates, sheet, technical)
    return Batch(batch, variance, points, repeated, charts)


def compared(
    sheet: pd.DataFrame, technical: Collection[str], outcomes: Collection[str], gates: pd.DataFrame
) -> tuple[pd.DataFrame, dict[str, str], list[str]]:
    """Return the covariates of every sample, the kind of each, and those that are of the sheet."""
    found = covariates(sheet, technical, gates, {}, {})
    others = [c for c in dict.fromkeys(outcomes) if c in sheet and c not in found.kinds]
    table = found.values.join(sheet.set_index("sample")[others])
    kinds = {**found.kinds, **dict.fromkeys(others, "outcome")}
    return table, kinds, [str(c) for c in table if c not in found.measured]


def log_values(layer: Layer, wanted: Collection[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return log2 values of samples, sorted: for comparing, and with nan where not detected.

    Counts are brought to one million by medians of ratios to all these samples, and 1 is added for
    comparing. A sample without a count is left out.
    """
    values = layer.values.sort_index(axis=1).sort_index()
    values = values.loc[[s for s in values.index if s in wanted]].astype(float)
    if layer.scale == "log2":
        return values, values
    if layer.scale == "linear":
        measured = _log2(values.where(values > 0))
        return measured, measured
    # a feature that one source of counts lacks is missing there; it makes no size factor
    whole = values.loc[:, values.notna().all()]
    values = values[whole.sum(axis=1) > 0]
    if values.empty:
        return values, values
    whole = whole.loc[values.index]
    scaler = MedianOfRatios().fit(whole)
    million = values.mul(scaler.scale_ / scaler.size_factors(whole), axis=0)
    return _log2(million + 1), _log2(million.where(million > 0))


def _log2(values: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(np.log2(values), values.index, values.columns)


def _layer(
    values: pd.DataFrame, own: pd.DataFrame, kinds: Mapping[str, str], of_sheet: Collection[str]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the rows of a layer in the tables of covariates, of features and of coordinates."""
    encoded = {c: encode(own[c]) for c in sorted(map(str, own))}
    handled = [c for c in encoded if c in of_sheet]
    shares, together = partition(values, encoded)
    complete = values.fillna(values.mean()).to_numpy()
    before, after = components(complete), None
    going, staying = (
        joined((encoded[c].columns for c in handled if (kinds[c] == "technical") is out), len(own))
        for out in (True, False)
    )
    corrected = without(complete, going, staying)
    if corrected is not None:
        after = components(corrected)
    rows = [
        _row(name, encoded[name], own[name], kinds[name], shares, before, after) for name in encoded
    ]
    rows.append(_all(encoded, together, values, bool(going.shape[1]), after is not None))
    coordinates = _coordinates(values.index, before, after)
    return pd.DataFrame(rows, columns=BATCH), shares, coordinates


def _row(
    name: str,
    encoded: Encoded,
    column: pd.Series,
    kind: str,
    shares: pd.DataFrame,
    before: Points,
    after: Points | None,
) -> dict[str, Any]:
    row: dict[str, Any] = {"covariate": name, "kind": kind, "n": encoded.n, "note": encoded.note}
    row |= {"type": "categorical", "levels": encoded.levels}
    if not encoded.levels and column.dtype != object:
        row |= {"type": "continuous", "levels": np.nan}
    own = shares[shares["covariate"] == name]
    parameters = encoded.columns.shape[1]
    if parameters and len(own):
        row |= _sizes(own["explained"]) | {"unique": own["unique"].mean()}
        row["expected"] = parameters / (len(column) - 1)
    if parameters and encoded.levels:
        for ending, points in (("", before), ("_corrected", after)):
            if points is not None:
                row[f"silhouette{ending}"] = silhouette(points.coordinates, column)
                row[f"mixing{ending}"] = mixing(points.coordinates, column)
    return row


def _all(
    encoded: Mapping[str, Encoded],
    together: pd.Series,
    values: pd.DataFrame,
    removable: bool,
    corrected: bool,
) -> dict[str, Any]:
    """Return the row of all covariates together, with what must be said of the layer."""
    n, features = values.shape
    parameters = sum(e.columns.shape[1] for e in encoded.values())
    notes = []
    if n < 2:
        notes.append(
            f"{n} usable samples: nothing to compare"
            if n != 1
            else "1 usable sample: nothing to compare"
        )
    elif not features:
        notes.append("no feature is detected in half of the samples")
    elif not parameters:
        notes.append("no covariate varies: nothing to compare")
    else:
        if together.isna().all():
            notes.append(f"{n} samples are too few for {parameters} parameters together")
        if not removable:
            notes.append("no technical covariate of the sheet varies: nothing was corrected")
        elif not corrected:
            notes.append("too few samples to correct for the technical covariates")
    row = {"covariate": "ALL", "kind": "", "type": "", "n": n, "note": "; ".join(notes)}
    if together.notna().any():
        row |= _sizes(together) | {"expected": parameters / (n - 1)}
    return row


def _sizes(shares: pd.Series) -> dict[str, float]:
    return {"explained": shares.mean(), "explained_90": shares.quantile(0.9)}


def _coordinates(samples: pd.Index, before: Points, after: Points | None) -> pd.DataFrame:
    tables = []
    for correction, points in (("none", before), ("technical", after)):
        if points is None or not points.coordinates.shape[1]:
            continue
        table = pd.DataFrame(points.coordinates, columns=PCS[: points.coordinates.shape[1]])
        first, second = points.shares[:2]
        facts = {"correction": correction, "pc1_share": first, "pc2_share": second}
        tables.append(table.assign(sample=samples, **facts))
    return _stacked(tables, COORDINATES)


def _stacked(tables: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Put tables below each other; those without a row decide no type."""
    some = [table.reindex(columns=columns) for table in tables if len(table)]
    if not some:
        return pd.DataFrame({c: pd.Series(dtype=object) for c in columns})
    whole = [table.dropna(axis=1, how="all") for table in some]
    return pd.concat(whole, ignore_index=True).reindex(columns=columns)
