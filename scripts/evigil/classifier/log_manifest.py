"""What the manifest of a model of log2 values says beside what every manifest does."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evigil.classifier.layer import LOG2, Layer
from evigil.classifier.log_model import LogPipeline, least


def describe(
    pipeline: LogPipeline, features: pd.Index, layer: Layer, stage: Mapping[str, Any] | None
) -> dict[str, Any]:
    """Describe the steps before the classifier.

    Parameters
    ----------
    pipeline, features
        The fitted model and its features.
    layer
        What the values are.
    stage
        What the layer's stage froze, its roll-up among it: the offsets of the ions of the model's
        proteins are repeated, so that ions of a new sample can be rolled up alike.

    Returns
    -------
    dict
        ``scale, normalisation, imputation, least_features`` and, where ions were rolled up,
        ``roll_up``: by format, the offsets by protein and ion.
    """
    profile = getattr(pipeline.normalise_, "profile_", None)
    return {
        "scale": LOG2,
        "normalisation": {
            "method": layer.normalisation,
            "profile": None if profile is None else _listed(profile),
        },
        "imputation": {"method": "censored normal", "values": _listed(pipeline.impute_.values_)},
        "least_features": least(len(features)),
        "roll_up": _roll_up(stage, set(features)),
    }


def _listed(values: np.ndarray) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]


def _roll_up(stage: Mapping[str, Any] | None, features: set[str]) -> dict[str, Any]:
    by_format = (stage or {}).get("roll_up") or {}
    return {
        name: {
            **frozen,
            "offsets": {p: ions for p, ions in frozen["offsets"].items() if p in features},
        }
        for name, frozen in by_format.items()
    }
