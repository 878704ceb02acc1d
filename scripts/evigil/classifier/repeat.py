"""One repeat of the nested cross-validation."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evigil.classifier.calibration import probability
from evigil.classifier.folds import OUTER, deal, patient_labels, require_patients
from evigil.classifier.layer import COUNTS, SMALLRNA, Layer
from evigil.classifier.model import fit_model
from evigil.classifier.samples import select_training, supplied
from evigil.classifier.thresholds import threshold_at, threshold_table
from evigil.errors import UserError
from evigil.tables import read_json, write_json

SCHEME = "nested_cv"


class CrossValidation(NamedTuple):
    """What one repeat leaves.

    Attributes
    ----------
    folds
        ``scheme, repeat, fold, sample, patient, part``.
    predictions
        ``scheme, model, repeat, fold, sample, patient, label, score, probability, threshold``:
        every training sample once, by the model that saw none of its patient's draws.
    thresholds
        ``scheme, model, repeat, fold, specificity, kind, n_controls, threshold,
        calibration`` (``platt``, or ``base_rate`` where the calibrator would reverse the order).
    visits
        ``repeat, fold, sample, patient, score``: every other visit of the test patients, by the
        same models.
    """

    folds: pd.DataFrame
    predictions: pd.DataFrame
    thresholds: pd.DataFrame
    visits: pd.DataFrame


def save(result: CrossValidation, path: str | Path) -> None:
    """Write the tables of a repeat into one file, every number in its shortest exact form."""
    tables = {
        name: {
            "columns": list(table),
            "rows": table.astype(object).where(table.notna(), None).to_numpy().tolist(),
        }
        for name, table in result._asdict().items()
    }
    write_json(tables, path)


def load(path: str | Path) -> CrossValidation:
    """Read what `save` wrote."""
    tables = {
        name: pd.DataFrame(table["rows"], columns=table["columns"])
        for name, table in read_json(path).items()
    }
    tables["thresholds"] = tables["thresholds"].astype({"threshold": float})
    tables["predictions"] = tables["predictions"].astype({"threshold": float})
    tables["visits"] = tables["visits"].astype({"score": float})
    return CrossValidation(**tables)


def join(repeats: list[CrossValidation]) -> CrossValidation:
    """Put the tables of several repeats below each other."""
    return CrossValidation(*(pd.concat(t, ignore_index=True) for t in zip(*repeats, strict=True)))


def cross_validate(
    counts: pd.DataFrame,
    training: pd.DataFrame,
    usable: Collection[str],
    repeat: int,
    seed: int,
    specificities: list[float],
    operating_specificity: float,
    layer: Layer = SMALLRNA,
) -> CrossValidation:
    """Run one repeat: 5 outer folds, in each a model chosen and calibrated by 5 inner folds.

    Parameters
    ----------
    counts
        Shape (n_samples, n_features), samples as index; on the layer's scale.
    training
        Columns ``sample, patient, label``: 1 case, 0 control, missing = only to be scored.
    usable
        Samples whose gates let them take part.
    repeat
        Number of the repeat, from 1.
    seed
        Seed of the study.
    specificities, operating_specificity
        At which thresholds are taken; the operating one is the ``threshold`` of `predictions`.
    layer
        What the values are.

    Raises
    ------
    UserError
        If a class has too few patients, a sample to train on has no counts or too few values, or
        a fold's detection filter leaves no feature.
    """
    from threadpoolctl import threadpool_limits

    labelled, others = select_training(counts, training, usable, layer)
    counts = supplied(counts, labelled, layer)
    require_patients(labelled)
    fold_of = deal(patient_labels(labelled), OUTER, [seed, repeat]) + 1
    parts = []
    # one thread: the last digits of a sum must not depend on the machine's cores
    with threadpool_limits(1):
        for fold in range(1, OUTER + 1):
            parts.append(
                _one_fold(
                    counts,
                    labelled.assign(test=labelled["patient"].map(fold_of) == fold),
                    others[others["patient"].map(fold_of) == fold],
                    {"repeat": repeat, "fold": fold},
                    seed,
                    sorted({*specificities, operating_specificity}),
                    operating_specificity,
                    layer,
                )
            )
    keys = ["repeat", "fold", "sample"]
    folds, predictions, thresholds, visits = (
        pd.concat(tables, ignore_index=True) for tables in zip(*parts, strict=True)
    )
    return CrossValidation(
        folds.sort_values(keys, ignore_index=True),
        predictions.sort_values(keys, ignore_index=True),
        thresholds,
        visits.sort_values(keys, ignore_index=True),
    )


def _one_fold(
    counts: pd.DataFrame,
    rows: pd.DataFrame,
    others: pd.DataFrame,
    place: dict[str, int],
    seed: int,
    specificities: list[float],
    operating_specificity: float,
    layer: Layer,
) -> CrossValidation:
    train, test = rows[~rows["test"]], rows[rows["test"]]
    try:
        fitted = fit_model(counts, train, [seed, place["repeat"], place["fold"]], layer)
    except UserError as error:
        raise UserError(
            f"classifier: repeat {place['repeat']}, fold {place['fold']}: {error}"
        ) from error
    table = threshold_table(fitted.control_scores, specificities).assign(
        calibration=fitted.pipeline.calibrate_.kind
    )
    score = _scored(fitted.score(counts.loc[test["sample"]]), test, layer)
    scheme = {"scheme": SCHEME, "model": layer.name, **place}
    predictions = test[["sample", "patient"]].assign(
        label=test["label"].astype(int),
        score=score,
        probability=probability(score),
        threshold=threshold_at(table, operating_specificity),
    )
    folds = rows[["sample", "patient"]].assign(part=np.where(rows["test"], "test", "train"))
    visits = others[["sample", "patient"]].assign(score=fitted.score(counts.loc[others["sample"]]))
    return CrossValidation(
        _with(folds, {"scheme": SCHEME, **place}),
        _with(predictions, scheme),
        _with(table, scheme),
        _with(visits, place),
    )


def _scored(score: np.ndarray, rows: pd.DataFrame, layer: Layer) -> np.ndarray:
    lacking = rows["sample"][np.isnan(score)]
    if len(lacking):
        what = (
            "no count in the features by which depth is judged; fail it in its gate"
            if layer.scale == COUNTS
            else "too few of the features that most training samples have; fail it in its gate, "
            "or leave it out of `train`"
        )
        raise UserError(f"classifier: sample {', '.join(lacking)} has {what}")
    return score


def _with(table: pd.DataFrame, columns: Mapping[str, Any]) -> pd.DataFrame:
    return table.assign(**columns)[[*columns, *table.columns]]
