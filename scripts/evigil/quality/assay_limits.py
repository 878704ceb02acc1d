"""``quality/limits.tsv``: precision, linearity and detection limits of every feature."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from evigil.analytical import WHOLE
from evigil.quality.detection import Limits, Line, detection_limits, linearity
from evigil.quality.precision import Components, coefficient_of_variation, components, cv_interval
from evigil.tables import read_matrix, read_table

ASSAY = (
    *("layer", "feature", "replicated", "replicates", "cv_analytical", "cv_low", "cv_high"),
    *("cv_within_run", "cv_between_run", "levels", "slope", "slope_low", "slope_high"),
    *("unit", "blanks", "lob", "low_replicates", "lod", "loq", "reason"),
)
"""Columns of ``quality/limits.tsv``."""

# What the row of a layer has the median of.
MEDIANS = ("cv_analytical", "cv_within_run", "cv_between_run", "slope", "lob", "lod", "loq")


Scale = Literal["counts", "log2", "linear"]


class Layer(NamedTuple):
    """A layer's values as they were measured."""

    values: pd.DataFrame
    """Samples as index, features as columns."""
    scale: Scale
    copies_per_read: pd.Series | None = None
    """By sample; brings counts to copies in the sample. Without it counts are reads."""


def read_layers(
    matrices: Mapping[str, str | Path], scales: Mapping[str, Scale], spike_ins: str | Path | None
) -> dict[str, Layer]:
    """Read the matrices of layers, by name, and what a read of small RNA stands for.

    Parameters
    ----------
    matrices
        ``.h5ad`` files by layer.
    scales
        Scale of each layer's values.
    spike_ins
        ``smallrna/spike_ins.tsv``, where there are spike-ins.
    """
    copies = None
    if spike_ins is not None:
        copies = read_table(spike_ins).groupby("sample")["copies_per_read"].first()
    return {
        name: Layer(read_matrix(path), scales[name], copies if name == "smallrna" else None)
        for name, path in matrices.items()
    }


def assay_limits(
    layers: Mapping[str, Layer], samples: pd.DataFrame, usable: Mapping[str, Iterable[str]]
) -> pd.DataFrame:
    """Measure how exact every feature is, from replicates, dilutions and blanks of the sheet.

    Replicates are samples of one specimen (``replicate_of``) at one ``dilution`` (none is 1). Their
    CV is of normalised values, counts by median of ratios and 0 left out. Linearity and limits are
    of amounts: copies by spike-ins, else reads, which show no dilution (no slope); intensities.

    Parameters
    ----------
    layers
        By name.
    samples
        ``sample``, and of the sheet ``role, replicate_of, dilution, run`` where it has them.
    usable
        By layer: the samples whose gates let them be used. Blanks need none.

    Returns
    -------
    pandas.DataFrame
        `ASSAY`, sorted by layer: its row ``ALL`` (medians, and in ``reason`` what was not
        measured), then its features by name, those with nothing measured left out.
    """
    parts = [
        _of_layer(name, layers[name], samples, set(usable.get(name, ()))) for name in sorted(layers)
    ]
    if not parts:
        return pd.DataFrame({column: pd.Series(dtype=object) for column in ASSAY})
    return pd.concat(parts, ignore_index=True)


def _of_layer(name: str, layer: Layer, samples: pd.DataFrame, usable: set[str]) -> pd.DataFrame:
    known = samples[samples["sample"].isin(layer.values.index)].sort_values("sample")
    role = known.get("role", pd.Series("sample", known.index)).fillna("sample")
    blanks = known["sample"][role == "blank"]
    marked = _marked(known[role != "blank"], usable)
    values = layer.values.reindex(marked["sample"])
    amounts, unit = _amounts(layer, values)
    precise = components(_logs(layer, values), marked["group"], marked["run"])
    origins, dilutions = marked["origin"], marked["dilution"]
    line = linearity(amounts if unit != "reads" else amounts[:0], *_rows(origins, dilutions, unit))
    empty = _amounts(layer, layer.values.reindex(blanks))[0]
    limits = detection_limits(empty, amounts, origins, dilutions)
    if not marked["run"].any():  # nothing is known of runs: the variance is of both
        precise = precise._replace(within_run=np.full(len(precise.total), np.nan))
    table = _table(precise, line, limits)
    table.insert(0, "feature", layer.values.columns.astype(str))
    measured = table[["cv_analytical", "slope", "lob"]].notna().any(axis=1)
    table = table.assign(unit=unit, reason=_reasons(precise))[measured].sort_values("feature")
    whole = _whole(table, unit, marked, len(blanks))
    return pd.concat([whole, table], ignore_index=True).assign(layer=name)[[*ASSAY]]


def _marked(known: pd.DataFrame, usable: set[str]) -> pd.DataFrame:
    """Return the usable samples that have a replicate or a dilution, with origin and group."""
    table = pd.DataFrame({"sample": known["sample"]})
    of = known.get("replicate_of", pd.Series(np.nan, known.index)).astype(object)
    table["origin"] = of.where(of.notna(), known["sample"])
    dilution = pd.Series(known.get("dilution", np.nan), known.index, dtype=float)
    table["dilution"] = dilution.where(dilution > 0, 1.0)
    run = pd.Series(known.get("run", np.nan), known.index, dtype=object)
    table["run"] = run.where(run.notna(), "").astype(str)
    table = table[table["sample"].isin(usable)]
    shared = table[table.groupby("origin")["sample"].transform("size") > 1]
    pairs = zip(shared["origin"], shared["dilution"].map(repr), strict=True)
    return shared.assign(group=[" ".join(pair) for pair in pairs]).reset_index(drop=True)


def _rows(origins: pd.Series, dilutions: pd.Series, unit: str) -> tuple[pd.Series, pd.Series]:
    return (origins[:0], dilutions[:0]) if unit == "reads" else (origins, dilutions)


def _amounts(layer: Layer, values: pd.DataFrame) -> tuple[np.ndarray, str]:
    """Return values as they follow the amount, and their unit."""
    numbers = values.to_numpy(float)
    if layer.scale == "log2":
        return np.exp2(numbers), "intensity"
    if layer.scale == "linear":
        return numbers, "intensity"
    if layer.copies_per_read is None or not layer.copies_per_read.notna().any():
        return numbers, "reads"
    return numbers * layer.copies_per_read.reindex(values.index).to_numpy(float)[:, None], "copies"


def _logs(layer: Layer, values: pd.DataFrame) -> np.ndarray:
    """Return natural logarithms of normalised values; what was not detected is NaN."""
    numbers = values.to_numpy(float)
    if layer.scale == "log2":
        return numbers * np.log(2.0)
    logs = np.log(np.where(numbers > 0, numbers, np.nan))
    if layer.scale == "linear" or not len(numbers):
        return logs
    return logs - np.log(_depth(numbers))[:, None]


def _depth(counts: np.ndarray) -> np.ndarray:
    """Return the size factor of each sample; NaN of one without a read that others have."""
    from evigil.errors import UserError
    from evigil.matrix.normalise import MedianOfRatios

    factors = np.full(len(counts), np.nan)
    supplied = counts[:, ~np.isnan(counts).any(axis=0)]
    read = supplied.sum(axis=1) > 0
    if not read.any():
        return factors
    try:
        factors[read] = MedianOfRatios().fit(supplied[read]).size_factors(supplied[read])
    except UserError:  # nothing in common: depth is all that is left to go by
        factors[read] = supplied[read].sum(axis=1) / supplied[read].sum(axis=1).mean()
    return factors


def _table(precise: Components, line: Line, limits: Limits) -> pd.DataFrame:
    low, high = cv_interval(precise)
    return pd.DataFrame(
        {
            "replicated": precise.groups,
            "replicates": precise.values,
            "cv_analytical": coefficient_of_variation(precise.total),
            "cv_low": low,
            "cv_high": high,
            "cv_within_run": coefficient_of_variation(precise.within_run),
            "cv_between_run": coefficient_of_variation(precise.between_run),
            "levels": line.levels,
            "slope": line.slope,
            "slope_low": line.low,
            "slope_high": line.high,
            "blanks": limits.blanks,
            "lob": limits.lob,
            "low_replicates": limits.low_values,
            "lod": limits.lod,
            "loq": limits.loq,
        }
    )


def _reasons(precise: Components) -> np.ndarray:
    return np.select(
        [precise.groups == 0, precise.total == 0],
        ["fewer than two replicates in which it was detected", "replicates are equal"],
        "",
    )


def _whole(table: pd.DataFrame, unit: str, marked: pd.DataFrame, blanks: int) -> pd.DataFrame:
    """Return the row of a layer."""
    per_group = marked.groupby("group")["sample"].size()
    per_origin = marked.groupby("origin")["dilution"].nunique()
    diluted = marked[marked["dilution"] > 1].groupby("group")["sample"].size()
    lacking = [
        ("no replicates (replicate_of) at one dilution: no CV", not (per_group > 1).any()),
        ("no specimen at three dilutions: no linearity", not (per_origin >= 3).any()),
        ("reads do not follow the amount without spike-ins: no linearity", unit == "reads"),
        ("fewer than two blanks (role blank): no LoB, LoD or LoQ", blanks < 2),
        ("no replicates of a diluted specimen: no LoD or LoQ", not (diluted > 1).any()),
    ]
    medians = table[[*MEDIANS]].median()
    counts = {
        "replicated": int((per_group > 1).sum()),
        "replicates": int(per_group[per_group > 1].sum()),
        "levels": int(per_origin.max()) if len(per_origin) else 0,
        "blanks": blanks,
        "low_replicates": int(diluted[diluted > 1].sum()),
    }
    reason = "; ".join(text for text, so in lacking if so)
    whole = {str(column): value for column, value in medians.items()} | counts
    return pd.DataFrame([whole | {"feature": WHOLE, "unit": unit, "reason": reason}])
