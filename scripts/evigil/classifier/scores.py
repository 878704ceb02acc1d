"""The scores of every sample of a study: out-of-fold where a patient trained the model."""

import numpy as np
import pandas as pd

from evigil.classifier.calibration import probability
from evigil.classifier.folds import first_draws
from evigil.classifier.layer import COUNTS
from evigil.classifier.locked import LockedModel
from evigil.classifier.predict import call, score
from evigil.classifier.repeat import CrossValidation
from evigil.confounding import of_model
from evigil.gating import sample_gate, usable

COLUMNS = [
    "sample",
    "patient",
    "day",
    "model",
    "score",
    "probability",
    "threshold",
    "positive",
    "score_source",
    "layers_used",
    "gate",
    "reasons",
]


def assemble(
    model: LockedModel,
    counts: pd.DataFrame,
    samples: pd.DataFrame,
    quality: pd.DataFrame,
    cross_validations: list[CrossValidation],
) -> pd.DataFrame:
    """Assemble ``scores.tsv``.

    Patients that trained the model have out-of-fold scores at all their visits, by the fold models
    that excluded all their draws, averaged over repeats and mapped to the locked model's scale:
    the affine map that takes mean and SD of the training controls' averaged out-of-fold logits to
    those of the locked model's own inner out-of-fold logits of controls. Everybody else is scored
    by the locked model.

    Parameters
    ----------
    model
        The locked model.
    counts
        Shape (n_samples, n_features).
    samples
        ``sample, patient, day`` and, where known, ``kit`` and ``isolation_method``.
    quality
        ``results/quality/samples.tsv``.
    cross_validations
        The repeats; none when the model was trained elsewhere.

    Returns
    -------
    pandas.DataFrame
        The columns of ``scores.tsv``, sorted by sample; no score where the gate forbids one, and
        ``reasons`` says why. There it also says that a model that was trained elsewhere comes from
        a confounded study.
    """
    layer = model.manifest["layer"]
    rows = samples.sort_values("sample", ignore_index=True)
    gates = sample_gate(quality, layer).set_index("sample").reindex(rows["sample"])
    gate = gates["gate"].fillna("not_supplied").to_numpy()
    measured = rows["sample"].isin(counts.index).to_numpy()
    reportable = rows["sample"].isin(usable(quality, layer)).to_numpy() & measured

    names = rows.loc[reportable, "sample"]
    predicted = score(model, counts.loc[names], rows).set_index("sample").reindex(rows["sample"])
    out_of_fold = out_of_fold_scores(model, cross_validations).reindex(rows["sample"]).to_numpy()
    is_out_of_fold = ~np.isnan(out_of_fold) & reportable
    if elsewhere := "" if cross_validations else of_model(model.manifest):
        said = predicted["reasons"].where(predicted["reasons"] == "", predicted["reasons"] + "; ")
        predicted["reasons"] = said + elsewhere
    logits = np.where(is_out_of_fold, out_of_fold, predicted["score"])
    what = "counts" if model.manifest.get("scale", COUNTS) == COUNTS else "values"
    nothing = f"no {layer} {what}"
    table = pd.DataFrame(
        {
            "sample": rows["sample"],
            "patient": rows["patient"],
            "day": rows["day"],
            "model": layer,
            "score": logits,
            "probability": probability(logits),
            "threshold": predicted["threshold"].to_numpy(),
            "score_source": np.where(is_out_of_fold, "oof", "locked"),
            "layers_used": layer,
            "gate": gate,
            "reasons": _reasons(gates["reasons"], predicted["reasons"], measured, nothing),
        }
    )
    scored = ~np.isnan(logits)
    table["positive"] = call(logits, predicted["threshold"].to_numpy())
    table.loc[~scored, ["score_source", "layers_used"]] = None
    return table[COLUMNS]


def out_of_fold_scores(model: LockedModel, cross_validations: list[CrossValidation]) -> pd.Series:
    """Average out-of-fold logits over repeats and map them to the locked model's scale.

    Returns
    -------
    pandas.Series
        Indexed by sample: every training sample and every other visit of their patients.
    """
    if not cross_validations:
        return pd.Series(dtype=float)
    drawn = pd.concat([cv.predictions for cv in cross_validations])
    # a study without further visits has empty tables, whose columns have no type
    tables = [drawn, *(cv.visits for cv in cross_validations if len(cv.visits))]
    average = pd.concat(tables).groupby("sample")["score"].mean()

    controls = drawn.loc[drawn["label"] == 0, ["sample", "patient"]].drop_duplicates()
    controls = controls.sort_values("sample")
    own = average[controls["sample"][first_draws(controls["patient"].to_numpy(str))]]
    target, spread = model.manifest["controls"], own.std()
    # fold models that all fell back to the base rate have no spread to map
    slope = target["sd"] / spread if spread > 0 else 1.0
    return target["mean"] + slope * (average - own.mean())


def held_out(scores: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Return the locked model's scores of the hold-out as rows of ``predictions.tsv``.

    Parameters
    ----------
    scores
        From `assemble`.
    samples
        ``sample, part, label``: the hold-out is ``part == "hold_out"`` with a label.
    """
    own = samples.loc[(samples["part"] == "hold_out") & samples["label"].notna()]
    rows = scores.merge(own[["sample", "label"]], on="sample").dropna(subset="score")
    return pd.DataFrame(
        {
            "scheme": "held_out",
            "model": rows["model"],
            "repeat": pd.array([pd.NA] * len(rows), dtype="Int64"),
            "fold": pd.array([pd.NA] * len(rows), dtype="Int64"),
            "sample": rows["sample"],
            "patient": rows["patient"],
            "label": rows["label"].astype(int),
            "score": rows["score"],
            "probability": rows["probability"],
            "threshold": rows["threshold"],
        }
    ).reset_index(drop=True)


def prediction_table(nested: CrossValidation, held_out_rows: pd.DataFrame) -> pd.DataFrame:
    """Put all repeats, joined, and the hold-out into one ``predictions.tsv``."""
    whole = {"repeat": "Int64", "fold": "Int64"}
    parts = [part for part in (nested.predictions.astype(whole), held_out_rows) if len(part)]
    keys = ["scheme", "model", "repeat", "fold", "sample"]
    return pd.concat(parts).sort_values(keys, ignore_index=True)


def _reasons(
    gates: pd.Series, predicted: pd.Series, measured: np.ndarray, nothing: str
) -> list[str]:
    texts = []
    for gate, reason, is_measured in zip(
        gates.fillna(""), predicted.fillna(""), measured, strict=True
    ):
        parts = [gate, reason, "" if is_measured else nothing]
        texts.append("; ".join(part for part in parts if part))
    return texts
