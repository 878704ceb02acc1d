"""Score samples with a locked model and the quality limits frozen in it."""

from pathlib import Path

import pandas as pd

from evigil.classifier.locked import LockedModel, load
from evigil.classifier.scores import assemble
from evigil.errors import UserError, hint
from evigil.features.layout import NoSampleError
from evigil.features.tables import read_feature_table
from evigil.quality.ev import characterise, specimen_metrics
from evigil.quality.gates import judge, summarise
from evigil.quality.measured import smallrna_metrics
from evigil.quality.outliers import outlier_distances, outlier_metrics
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
        Shape (n_samples, n_features), samples as index.
    samples
        ``sample, patient, day`` and, where known, ``kit``, ``isolation_method`` and what else
        the sheet says of specimens; size distributions are not read.
    metrics
        ``smallrna/samples.tsv`` where the samples have more than counts.

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
    measured = sample_metrics(counts) if metrics is None else metrics
    layer, reference = model.manifest["layer"], model.manifest["quality_reference"]
    rows = smallrna_metrics(measured)
    # a model that was locked before profiles were compared has none
    if profiles := reference.get("outliers", {}).get(layer):
        rows = pd.concat([rows, outlier_metrics(outlier_distances(counts, profiles), layer)])
    # nor has one that was locked before specimens were judged
    if "biofluid" in reference:
        specimen = characterise(samples, {}, reference)
        rows = pd.concat([rows, specimen_metrics(specimen, measured["sample"])])
    gates = judge(rows, reference)
    return assemble(model, counts, samples, summarise(gates, samples["sample"], [layer]), [])


def predict_table(
    model: str | Path, counts: str | Path, samples: str | Path | None, output: str | Path
) -> pd.DataFrame:
    """Score the samples of a count table and write ``scores.tsv``.

    Parameters
    ----------
    model
        Folder of a locked model.
    counts
        Count table, either way round.
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
    if samples is None:
        names = _sample_names(counts, locked.manifest["features"])
        sheet = pd.DataFrame({"sample": names, "patient": names, "day": float("nan")})
    else:
        smallrna = {"counts": str(counts)}
        config = {"project": "predict", "samples": str(samples), "smallrna": smallrna}
        sheet = Study.from_config(config).specimens
    values, _, _ = read_counts(counts, sheet["sample"])
    scores = predict(locked, values, sheet)
    write_table(scores, output)
    return scores


def _sample_names(path: str | Path, features: list[str]) -> list[str]:
    """Return the samples of a table that has no sheet: what stands across from the features."""
    try:
        return list(read_feature_table(path, features).values.columns)
    except NoSampleError as error:
        first = min(features)
        raise UserError(
            f"{path}: none of the model's {len(features):,} features is in its header or first "
            f"column; first: {first}{hint(first, error.names)}"
        ) from None
