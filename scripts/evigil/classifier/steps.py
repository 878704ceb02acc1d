"""What a manifest says of the steps between the values and the classifier."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from evigil.classifier.layer import LOG2, Layer
from evigil.classifier.log_model import LogPipeline, least
from evigil.classifier.model import Fitted, LockedPipeline


def describe(fitted: Fitted, layer: Layer) -> dict[str, Any]:
    """Describe the steps before the classifier.

    Parameters
    ----------
    fitted
        The model.
    layer
        What the values are. The offsets of the ions of the model's proteins are repeated, so
        that ions of a new sample can be rolled up alike.

    Returns
    -------
    dict
        Of counts ``normalisation``; of log2 values also ``scale, imputation, least_features`` and
        ``roll_up`` (by format, the offsets by protein and ion; empty where no ions were).
    """
    if isinstance(fitted.pipeline, LogPipeline):
        return _log2(fitted.pipeline, fitted.features.tolist(), layer)
    return {"normalisation": _of_counts(fitted.pipeline)}


def _of_counts(pipeline: LockedPipeline) -> dict[str, Any]:
    normalise = pipeline.normalise_
    return {
        "method": normalise.method_,
        "log_reference": _listed(normalise.log_reference_),
        "log_center": float(normalise.log_center_),
        "scale": float(normalise.scale_),
        "prior": float(normalise.prior),
    }


def _log2(pipeline: LogPipeline, features: list[str], layer: Layer) -> dict[str, Any]:
    profile = getattr(pipeline.normalise_, "profile_", None)
    return {
        "scale": LOG2,
        "normalisation": {
            "method": layer.normalisation,
            "profile": None if profile is None else _listed(profile),
        },
        "imputation": {"method": "censored normal", "values": _listed(pipeline.impute_.values_)},
        "least_features": least(len(features)),
        "roll_up": _roll_up(layer.roll_up or {}, set(features)),
    }


def _listed(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _roll_up(by_format: Mapping[str, Any], features: set[str]) -> dict[str, Any]:
    return {
        name: {
            **frozen,
            "offsets": {p: ions for p, ions in frozen["offsets"].items() if p in features},
        }
        for name, frozen in by_format.items()
    }
