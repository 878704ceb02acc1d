"""What is known of a specimen before any molecule of it: particles, purity, handling."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evigil.metrics_specimen import SPECIMEN
from evigil.quality.measured import COLUMNS, no_metrics
from evigil.quality.nta import Sizes, read_distribution, sizes
from evigil.sheets.columns import NO, YES

CHARACTERISED = (
    *("sample", "role", "biofluid", "reference_biofluid", "anticoagulant", "heparinase"),
    *("isolation_method", "isolation_instrument", "particle_method", "particles_per_ml"),
    *("particles_source", "distribution_particles_per_ml", "particle_disagreement"),
    *("particles_per_ml_input", "protein_ug_per_ml", "particles_per_ug_protein"),
    *("mode_diameter_nm", "mean_diameter_nm", "d10_nm", "d50_nm", "d90_nm", "detergent_loss"),
    *("detergent_blank_particles_per_ml", "mixed_biofluid", "heparin", "hours_to_plasma"),
    *("not_platelet_depleted", "residual_platelets", "a414", "lipaemia", "freeze_thaw"),
    *("storage_days", "storage_temperature"),
)
"""Columns of ``quality/specimen.tsv``."""

TEXTS = (
    *("sample", "role", "biofluid", "reference_biofluid", "anticoagulant", "heparinase"),
    *("isolation_method", "isolation_instrument", "particle_method", "particles_source"),
)

TRUTH = dict.fromkeys(YES, 1.0) | dict.fromkeys(NO, 0.0)
WITHOUT_HEPARIN = re.compile(r"heparin[\s-]*free|\b(?:no|non|without)\b[\s-]*heparin", re.I)


def characterise(
    samples: pd.DataFrame,
    distributions: Mapping[str, str | Path],
    reference: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Put together what sheet and size distributions say of each specimen.

    What the sheet gives counts before what the distribution comes to. The share lost to detergent
    is ``1 - (N_detergent - N_detergent_alone) / (N_untreated * detergent_dilution)``; without
    particles of detergent alone nothing is subtracted.

    Parameters
    ----------
    samples
        ``sample``, ``reference``, which marks the quality reference, ``role`` (default sample) and
        those of `evigil.metrics_specimen.SHEET_FACTS` that the sheet has.
    distributions
        By sample: the path of its size distribution, where it has one.
    reference
        ``quality/reference.json`` of the study that new samples are compared with; without it the
        samples marked ``reference`` are the reference.

    Returns
    -------
    pandas.DataFrame
        ``quality/specimen.tsv``: `CHARACTERISED`, sorted by sample; NaN where not supplied.

    Raises
    ------
    UserError
        If a distribution cannot be read.
    """
    table = samples.sort_values("sample", ignore_index=True)
    table["role"] = _texts(table, "role").fillna("sample")
    read = {name: sizes(read_distribution(path)) for name, path in sorted(distributions.items())}
    measured = pd.DataFrame(
        [read.get(name, Sizes(*[np.nan] * 6)) for name in table["sample"]], columns=Sizes._fields
    ).astype(float)
    given, counted = _numbers(table, "particles_per_ml"), measured["particles_per_ml"]
    particles = given.fillna(counted)
    source = np.select([given.notna(), counted.notna()], ["sheet", "size_distribution"], "")
    volumes = _ratio(_numbers(table, "elution_volume_ml"), _numbers(table, "input_volume_ml"))
    biofluid = _texts(table, "biofluid").map(_blood_product, na_action="ignore")
    usual = _usual(biofluid, table) if reference is None else reference["biofluid"]
    known = {
        "biofluid": biofluid,
        "reference_biofluid": pd.Series(usual or np.nan, table.index, dtype=object),
        "particles_per_ml": particles,
        "particles_source": pd.Series(source, table.index).mask(source == ""),
        "distribution_particles_per_ml": counted,
        "particle_disagreement": np.maximum(_ratio(given, counted), _ratio(counted, given)),
        "particles_per_ml_input": particles * volumes,
        "particles_per_ug_protein": _ratio(particles, _numbers(table, "protein_ug_per_ml")),
        "mode_diameter_nm": _numbers(table, "mode_diameter_nm").fillna(measured["mode_nm"]),
        "mean_diameter_nm": measured["mean_nm"],
        **{column: measured[column] for column in ("d10_nm", "d50_nm", "d90_nm")},
        "detergent_loss": _detergent_loss(table, particles),
        "mixed_biofluid": (biofluid != usual).astype(float).where(biofluid.notna() & (usual != "")),
        "heparin": _heparin(table),
        "not_platelet_depleted": 1 - _truth(_texts(table, "platelet_depleted")),
    }
    columns = {
        name: known[name]
        if name in known
        else (_texts(table, name) if name in TEXTS else _numbers(table, name))
        for name in CHARACTERISED
    }
    return pd.DataFrame(columns)


def specimen_metrics(specimen: pd.DataFrame, sequenced: Iterable[str] = ()) -> pd.DataFrame:
    """Bring what is known of specimens into the form of the gates.

    Parameters
    ----------
    specimen
        As `characterise` returns it. Blanks have no specimen to be judged.
    sequenced
        Samples of the small RNA layer: heparin is judged in these.

    Returns
    -------
    pandas.DataFrame
        ``sample, layer, metric, numerator, denominator, detail``, sorted by sample and metric.
    """
    judged = specimen[specimen["role"] != "blank"]
    of_layer = judged["sample"].isin(set(sequenced))
    tables = []
    for metric in SPECIMEN:
        rows = judged if metric.layer == "specimen" else judged[of_layer]
        table = rows[["sample"]].assign(layer=metric.layer, metric=metric.name)
        table["numerator"] = rows[metric.numerator].astype(float)
        tables.append(table.assign(denominator=np.nan, detail=_details(metric.name, rows)))
    joined = pd.concat([table for table in tables if len(table)] or [no_metrics()])
    return joined.sort_values(["sample", "metric"], ignore_index=True)[[*COLUMNS]]


def usual_biofluid(specimen: pd.DataFrame) -> str:
    """Return the biofluid of most of the quality reference, empty where none is known."""
    known = specimen["reference_biofluid"].dropna()
    return str(known.iloc[0]) if len(known) else ""


def mixed(specimen: pd.DataFrame) -> set[str]:
    """Return the samples that are not of the biofluid of the quality reference."""
    return set(specimen["sample"][specimen["mixed_biofluid"] == 1])


def _details(metric: str, rows: pd.DataFrame) -> list[str] | str:
    if metric == "mixed_biofluid":
        pairs = zip(rows["biofluid"], rows["reference_biofluid"], strict=True)
        return [f"{own} is not pooled with {usual}" for own, usual in pairs]
    if metric == "heparin":
        return [f"{tube}, not treated with heparinase" for tube in rows["anticoagulant"]]
    if metric == "particle_disagreement":
        pairs = zip(rows["particles_per_ml"], rows["distribution_particles_per_ml"], strict=True)
        return [f"the sheet says {sheet:.3g}, the file {file:.3g}" for sheet, file in pairs]
    if metric == "detergent_loss":
        alone = rows["detergent_blank_particles_per_ml"].notna()
        return ["" if known else "no count of detergent alone" for known in alone]
    return ""


def _numbers(table: pd.DataFrame, column: str) -> pd.Series:
    return pd.Series(table.get(column, np.nan), index=table.index, dtype=float)


def _texts(table: pd.DataFrame, column: str) -> pd.Series:
    cells = table[column] if column in table else [np.nan] * len(table)
    texts = [np.nan if pd.isna(cell) else str(cell) for cell in cells]
    return pd.Series(texts, index=table.index, dtype=object)


def _ratio(above: pd.Series, below: pd.Series) -> pd.Series:
    return above / below.where(below > 0)


def _truth(cells: pd.Series) -> pd.Series:
    return cells.map(lambda cell: TRUTH.get(cell.strip().lower()), na_action="ignore").astype(float)


def _blood_product(cell: str) -> str:
    lower = cell.strip().lower()
    return next((product for product in ("serum", "plasma") if product in lower), lower)


def _usual(biofluid: pd.Series, table: pd.DataFrame) -> str:
    """Return the commonest biofluid of the quality reference; of two, plasma, else by name.

    Nothing where none is known.
    """
    specimens = biofluid[table["role"] == "sample"].dropna()
    reference = specimens[table["reference"].reindex(specimens.index).astype(bool)]
    counts = (reference if len(reference) else specimens).value_counts()
    return min(counts.index, key=lambda b: (-counts[b], b != "plasma", b), default="")


def _heparin(table: pd.DataFrame) -> pd.Series:
    tubes = _texts(table, "anticoagulant")
    treated = _truth(_texts(table, "heparinase")) == 1
    values = tubes.map(_on_heparin, na_action="ignore").astype(float)
    return values.mask(treated & tubes.notna(), 0.0)


def _on_heparin(tube: str) -> bool:
    text = tube.lower()
    return "heparin" in text and "heparinase" not in text and not WITHOUT_HEPARIN.search(text)


def _detergent_loss(table: pd.DataFrame, particles: pd.Series) -> pd.Series:
    left = _numbers(table, "detergent_particles_per_ml")
    left -= _numbers(table, "detergent_blank_particles_per_ml").fillna(0.0)
    return 1 - _ratio(left.clip(lower=0), particles * _numbers(table, "detergent_dilution"))
