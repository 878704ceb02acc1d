"""Scores of samples by a locked model."""

import numpy as np
import pandas as pd

from evigil.classifier.calibration import probability
from evigil.classifier.layer import COUNTS
from evigil.classifier.locked import HANDLING, LockedModel
from evigil.classifier.log_model import least
from evigil.errors import UserError, hint

# more names than this do not fit one line
NAMED = 5


def score(
    model: LockedModel, counts: pd.DataFrame, samples: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Score samples; what one sample gets does not depend on the others.

    Parameters
    ----------
    model
        A locked model.
    counts
        Shape (n_samples, n_features), samples as index, on the scale of the model's layer;
        features that the model does not use are ignored. A log2 value that is not there is
        missing.
    samples
        Column ``sample`` and, where known, ``kit`` and ``isolation_method``.

    Returns
    -------
    pandas.DataFrame
        ``sample, score`` (calibrated logit), ``probability, threshold`` (nominal, at the operating
        specificity), ``positive, reasons``, sorted by sample.

    Raises
    ------
    UserError
        If a feature of the model is missing from a table of counts, or all are from one of log2
        values.
    """
    features = model.manifest["features"]
    is_count = model.manifest.get("scale", COUNTS) == COUNTS
    (_require_features if is_count else _require_some_feature)(counts, features)
    ordered = counts.sort_index().reindex(columns=features)
    logits = model.pipeline.decision_function(ordered.to_numpy(float))
    threshold, why = operating_threshold(model)
    reasons = handling_reasons(model, ordered.index, samples)
    lacking = ordered.isna().sum(axis=1)
    why_not = _why_not if is_count else _why_not_log2
    reasons = [
        _join(why_not(missing, len(features)), text) if np.isnan(logit) else text
        for logit, missing, text in zip(logits, lacking, reasons, strict=True)
    ]
    return pd.DataFrame(
        {
            "sample": ordered.index.to_numpy(),
            "score": logits,
            "probability": probability(logits),
            "threshold": threshold,
            "positive": call(logits, threshold),
            "reasons": [_join(text, why) for text in reasons],
        }
    )


def _why_not(missing: int, needed: int) -> str:
    if missing:
        return f"{missing} of the {needed} features of the model were not supplied"
    return "no counts in the features of the model"


def _why_not_log2(missing: int, n: int) -> str:
    if n - missing >= least(n):
        return "no value of the features by which the model normalises"
    return f"{n - missing} of the {n} features of the model were measured; {least(n)} are needed"


def operating_threshold(model: LockedModel) -> tuple[float, str]:
    """Return the nominal threshold at the operating specificity, or nan and why there is none."""
    for row in model.manifest["thresholds"]:
        if (
            row["kind"] == "nominal"
            and row["specificity"] == model.manifest["operating_specificity"]
        ):
            return (row["threshold"], "") if row["estimable"] else (np.nan, row["reason"])
    raise ValueError("the manifest has no threshold at its operating specificity")


def call(scores: np.ndarray, threshold: float | np.ndarray) -> pd.Series:
    """Return 1 above the threshold and 0 else; missing where either is missing."""
    positive = pd.Series(scores > threshold, dtype="Int64")
    return positive.mask(np.isnan(scores) | np.isnan(threshold))


def handling_reasons(
    model: LockedModel, names: pd.Index, samples: pd.DataFrame | None
) -> list[str]:
    """Flag a kit or isolation method that training has not seen, per sample in `names`."""
    texts = [""] * len(names)
    if samples is None:
        return texts
    known = samples.set_index("sample").reindex(names)
    for column in HANDLING:
        seen = set(model.manifest[column])
        if column not in known or not seen:
            continue
        for i, value in enumerate(known[column]):
            if pd.notna(value) and str(value) not in seen:
                texts[i] = _join(texts[i], f"{column} {value!r} was not in training")
    return texts


def _require_features(counts: pd.DataFrame, features: list[str]) -> None:
    missing = sorted(set(features) - set(counts.columns))
    if missing:
        more = f" and {len(missing) - NAMED} more" if len(missing) > NAMED else ""
        raise UserError(
            f"counts: {len(missing)} of the model's {len(features)} features are missing: "
            f"{', '.join(missing[:NAMED])}{more}"
        )


def _require_some_feature(values: pd.DataFrame, features: list[str]) -> None:
    if not set(features) & set(values.columns):
        raise UserError(
            f"values: none of the model's {len(features)} features is in the table; "
            f"first: {features[0]}{hint(features[0], values.columns)}"
        )


def _join(*texts: str) -> str:
    return "; ".join(text for text in texts if text)
