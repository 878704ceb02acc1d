"""Score samples with a locked model and the quality limits frozen in it."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from evigil.classifier.layer import COUNTS, LOG2
from evigil.classifier.locked import LockedModel, load
from evigil.classifier.scores import assemble
from evigil.errors import UserError, hint
from evigil.features.layout import NoSampleError
from evigil.features.scale import scale_fault
from evigil.features.tables import read_feature_table
from evigil.proteomics.character import sample_metrics as protein_character
from evigil.quality.ev import characterise, specimen_metrics
from evigil.quality.gates import judge, summarise
from evigil.quality.measured import no_metrics, protein_metrics, smallrna_metrics
from evigil.quality.outliers import outlier_distances, outlier_metrics
from evigil.quality.run import held
from evigil.smallrna.counts import read_counts, sample_metrics
from evigil.study import Study
from evigil.tables import write_table


def predict(
    model: LockedModel,
    counts: pd.DataFrame,
    samples: pd.DataFrame,
    metrics: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Score samples, each as if it were alone.

    Parameters
    ----------
    model
        A locked model.
    counts
        Shape (n_samples, n_features), samples as index; on the scale of the model's layer.
    samples
        ``sample, patient, day`` and, where known, ``kit``, ``isolation_method`` and what else
        the sheet says of specimens; size distributions are not read.
    metrics
        ``samples.tsv`` of the layer, where the samples have more than their values.

    Returns
    -------
    pandas.DataFrame
        The columns of ``classifiers/<name>/scores.tsv``, sorted by sample; gates by the limits
        that were in force when the model was locked.

    Raises
    ------
    UserError
        If a feature of the model is missing.
    """
    layer, reference = model.manifest["layer"], model.manifest["quality_reference"]
    rows = _measured(layer, counts, metrics)
    # a model that was locked before profiles were compared has none
    if profiles := reference.get("outliers", {}).get(layer):
        rows = pd.concat([rows, outlier_metrics(outlier_distances(counts, profiles), layer)])
    # nor has one that was locked before specimens were judged
    if "biofluid" in reference:
        specimen = characterise(samples, {}, reference)
        sequenced = counts.index if layer == "smallrna" else ()
        rows = pd.concat([rows, specimen_metrics(specimen, sequenced)])
    gates = judge(rows, reference)
    inside = {} if layer == "smallrna" else held({layer: counts})
    of_samples = summarise(gates, samples["sample"], [layer], inside)
    return assemble(model, counts, samples, of_samples, [])


def _measured(layer: str, values: pd.DataFrame, metrics: pd.DataFrame | None) -> pd.DataFrame:
    """Return what the gates of the layer judge; what only reads or a search tell is not there."""
    if layer == "smallrna":
        return smallrna_metrics(sample_metrics(values) if metrics is None else metrics)
    if layer != "proteomics":
        return no_metrics()
    if metrics is None:
        features = pd.DataFrame({"protein_group": values.columns, "gene": ""}, values.columns)
        metrics = protein_character(values, features).rename_axis("sample").reset_index()
        metrics = metrics.assign(format="matrix")
    return protein_metrics(metrics)


def predict_table(
    model: str | Path, counts: str | Path, samples: str | Path | None, output: str | Path
) -> pd.DataFrame:
    """Score the samples of a table and write ``scores.tsv``.

    Parameters
    ----------
    model
        Folder of a locked model.
    counts
        Table of what the model was made from, counts or log2 values, either way round.
    samples
        Sample sheet; without one every sample of the table is scored, as its own patient.
    output
        The scores.

    Returns
    -------
    pandas.DataFrame
        What was written, as from `predict`.

    Raises
    ------
    UserError
        If the model was changed, or a table cannot be used.
    """
    locked = load(model)
    is_count = locked.manifest.get("scale", COUNTS) == COUNTS
    if samples is None:
        names = _sample_names(counts, locked.manifest["features"], is_count)
        sheet = pd.DataFrame({"sample": names, "patient": names, "day": float("nan")})
    else:
        table = {"layers": {"table": {"table": str(counts), "scale": LOG2}}}
        entry = {"smallrna": {"counts": str(counts)}} if is_count else table
        config = {"project": "predict", "samples": str(samples), **entry}
        sheet = Study.from_config(config).specimens
    read = read_counts if is_count else _read_log2
    values = read(counts, sheet["sample"])[0]
    scores = predict(locked, values, sheet)
    write_table(scores, output)
    return scores


def _read_log2(path: str | Path, samples: Iterable[str]) -> tuple[pd.DataFrame]:
    values = read_feature_table(path, samples, counts=False).values
    if fault := scale_fault(values.to_numpy(), LOG2):
        raise UserError(f"{path}: {fault.replace('declared log2', 'the model takes log2')}")
    return (values,)


def _sample_names(path: str | Path, features: list[str], counts: bool) -> list[str]:
    """Return the samples of a table that has no sheet: what stands across from the features."""
    try:
        return list(read_feature_table(path, features, counts).values.columns)
    except NoSampleError as error:
        first = min(features)
        raise UserError(
            f"{path}: none of the model's {len(features):,} features is in its header or first "
            f"column; first: {first}{hint(first, error.names)}"
        ) from None
