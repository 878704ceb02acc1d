"""The locked model: trained once on all training samples, stored, and checked before it is read."""

import hashlib
import io
import json
import zipfile
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evigil.classifier.folds import require_patients
from evigil.classifier.layer import SMALLRNA, Layer
from evigil.classifier.log_model import LogPipeline
from evigil.classifier.model import Fitted, LockedPipeline, fit_model
from evigil.classifier.samples import select_training, supplied
from evigil.classifier.skops_file import canonical
from evigil.classifier.steps import describe
from evigil.classifier.thresholds import threshold_table, why_not
from evigil.confounding import NOT_AUDITED, Finding
from evigil.errors import UserError
from evigil.intact import require_intact
from evigil.tables import read_json, whole, write_json

MODEL = "model.skops"
MANIFEST = "manifest.json"

# what may be built when a model is read, beside what skops itself trusts
TRUSTED = [
    "evigil.classifier.calibration.Platt",
    "evigil.classifier.log_model.LogPipeline",
    "evigil.classifier.model.LockedPipeline",
    "evigil.matrix.impute.CensoredImputer",
    "evigil.matrix.log_scale.MedianShift",
    "evigil.matrix.log_scale.Unchanged",
    "evigil.matrix.normalise.MedianOfRatios",
]
# what reading a zip that is no model can end in
MALFORMED = (KeyError, TypeError, ValueError, AttributeError, ImportError, OSError)
MANIFEST_KEYS = frozenset(
    ("layer", "features", "thresholds", "operating_specificity", "controls", "quality_reference")
    + ("kit", "isolation_method", "versions")
)
LIBRARIES = ("evigil", "numpy", "scikit-learn", "scipy", "skops")
HANDLING = ("kit", "isolation_method")


class LockedModel(NamedTuple):
    """A model that scores and is never fitted again.

    Attributes
    ----------
    pipeline
        Values of the manifest's features to calibrated logits.
    manifest
        What is known of it, as in ``manifest.json``.
    """

    pipeline: LockedPipeline | LogPipeline
    manifest: dict[str, Any]


def train(
    counts: pd.DataFrame,
    training: pd.DataFrame,
    usable: Collection[str],
    samples: pd.DataFrame,
    seed: int,
    specificities: list[float],
    operating_specificity: float,
    quality_reference: dict[str, Any],
    layer: Layer = SMALLRNA,
    audited: Finding = NOT_AUDITED,
) -> LockedModel:
    """Train the model on all training samples.

    Parameters
    ----------
    counts, training, usable, seed, specificities, operating_specificity, layer
        As in `evigil.classifier.repeat.cross_validate`.
    samples
        Column ``sample`` and, where the study has them, ``kit`` and ``isolation_method``; of the
        training samples only these two are looked at.
    quality_reference
        The frozen limits of the gates, copied into the manifest.
    audited
        What the confounding audit found of the study; it travels with the model.

    Raises
    ------
    UserError
        As `cross_validate` does.
    """
    from threadpoolctl import threadpool_limits

    labelled, _ = select_training(counts, training, usable, layer)
    counts = supplied(counts, labelled, layer)
    require_patients(labelled)
    with threadpool_limits(1):
        try:
            fitted = fit_model(counts, labelled, [seed], layer)
        except UserError as error:
            raise UserError(f"classifier: locked model: {error}") from error
    levels = sorted({*specificities, operating_specificity})
    manifest = {
        "layer": layer.name,
        "features": fitted.features.tolist(),
        "penalty": _penalty(fitted),
        **describe(fitted, layer),
        "calibration": _calibration(fitted),
        "operating_specificity": operating_specificity,
        "thresholds": _thresholds(threshold_table(fitted.control_scores, levels)),
        "controls": {
            "mean": float(fitted.control_scores.mean()),
            "sd": float(fitted.control_scores.std(ddof=1)),
            "n": len(fitted.control_scores),
        },
        "training": _training(labelled),
        **_handling(samples, labelled["sample"]),
        "quality_reference": quality_reference,
        "confounding": {"verdict": audited.verdict, "reason": audited.reason},
        "versions": {name: version(name) for name in LIBRARIES},
    }
    return LockedModel(fitted.pipeline, manifest)


def save(model: LockedModel, directory: str | Path) -> None:
    """Write ``model.skops`` and ``manifest.json``: the same model gives the same bytes."""
    import skops.io

    data = canonical(skops.io.dumps(model.pipeline))
    content = {key: value for key, value in model.manifest.items() if key != "sha256"}
    checksums = {MODEL: hashlib.sha256(data).hexdigest(), MANIFEST: _content_hash(content)}
    with whole(Path(directory) / MODEL) as part:
        part.write_bytes(data)
    write_json({**content, "sha256": checksums}, Path(directory) / MANIFEST)


def load(directory: str | Path, layer: str | None = None) -> LockedModel:
    """Read a locked model, after checking that it is what was written.

    Parameters
    ----------
    directory
        Its folder.
    layer
        The layer that it must be of, if one is asked for.

    Raises
    ------
    UserError
        If a file is missing or is not what the manifest's checksums say, if the model would
        build anything that is not on the explicit list, or is of another layer. Nothing is
        deserialised before.
    """
    import skops.io

    folder = Path(directory)
    manifest = _read_manifest(folder / MANIFEST)
    if layer is not None and manifest["layer"] != layer:
        raise UserError(
            f"{folder / MANIFEST}: is a model of the layer {manifest['layer']!r}, but the "
            f"classifier's layer is {layer!r}"
        )
    require_intact(folder / MODEL)
    try:
        data = (folder / MODEL).read_bytes()
    except OSError as error:
        raise UserError(f"{folder / MODEL}: cannot be read ({error.strerror})") from None
    if not zipfile.is_zipfile(io.BytesIO(data)):
        raise UserError(f"{folder / MODEL}: is not a skops file; the model is refused")
    if hashlib.sha256(data).hexdigest() != manifest["sha256"].get(MODEL):
        raise UserError(
            f"{folder / MODEL}: was changed after it was written (sha256 differs from the "
            "manifest's); the model is refused"
        )
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(data=data)) - set(TRUSTED))
        pipeline = None if unknown else skops.io.loads(data, trusted=TRUSTED)
    except MALFORMED as error:
        raise UserError(
            f"{folder / MODEL}: cannot be read as a model ({type(error).__name__}); the model is "
            f"refused; it was written with {_versions(manifest)}"
        ) from None
    if unknown:
        raise UserError(
            f"{folder / MODEL}: holds {', '.join(unknown)}, which a model of this program never "
            "does; the model is refused"
        )
    if not isinstance(pipeline, LockedPipeline | LogPipeline):
        raise UserError(f"{folder / MODEL}: is no model of this program; the model is refused")
    return LockedModel(pipeline, manifest)


def _read_manifest(path: Path) -> dict[str, Any]:
    try:
        manifest = read_json(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError:
        raise UserError(f"{path}: is not JSON; the model is refused") from None
    checksums = manifest.get("sha256") if isinstance(manifest, dict) else None
    if not isinstance(checksums, dict):
        raise UserError(f"{path}: has no sha256; the model is refused")
    content = {key: value for key, value in manifest.items() if key != "sha256"}
    lacking = sorted(MANIFEST_KEYS - set(content))
    if lacking:
        raise UserError(f"{path}: has no {', '.join(lacking)}; the model is refused")
    if _content_hash(content) != checksums.get(MANIFEST):
        raise UserError(
            f"{path}: was changed after it was written (sha256 differs); the model is refused"
        )
    return manifest


def _versions(manifest: dict[str, Any]) -> str:
    return ", ".join(f"{name} {number}" for name, number in sorted(manifest["versions"].items()))


def _content_hash(content: dict[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _penalty(fitted: Fitted) -> dict[str, Any]:
    C, l1_ratio = fitted.candidate
    return {
        "name": "elastic_net" if l1_ratio > 0 else "ridge",
        "C": C,
        "l1_ratio": l1_ratio,
        "inner_log_loss": float(fitted.inner_log_loss.min()),
        "n_nonzero": int(np.count_nonzero(fitted.pipeline.classify_.coef_)),
    }


def _calibration(fitted: Fitted) -> dict[str, Any]:
    calibrate = fitted.pipeline.calibrate_
    note = (
        "the calibrator's slope was not positive: every sample gets the base rate"
        if calibrate.kind == "base_rate"
        else None
    )
    return {
        "kind": calibrate.kind,
        "slope": calibrate.slope_,
        "intercept": calibrate.intercept_,
        "note": note,
    }


def _thresholds(table: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for specificity, kind, n_controls, threshold in table.itertuples(index=False):
        missing = bool(np.isnan(threshold))
        rows.append(
            {
                "specificity": specificity,
                "kind": kind,
                "n_controls": n_controls,
                "threshold": None if missing else threshold,
                "estimable": not missing,
                "reason": why_not(n_controls, specificity, kind) if missing else None,
            }
        )
    return rows


def _training(labelled: pd.DataFrame) -> dict[str, Any]:
    patients = labelled.groupby("label")["patient"].nunique()
    return {
        "n_samples": len(labelled),
        "n_cases": int(patients[1.0]),
        "n_controls": int(patients[0.0]),
        "sha256": hashlib.sha256("\n".join(labelled["sample"]).encode()).hexdigest(),
    }


def _handling(samples: pd.DataFrame, training: pd.Series) -> dict[str, list[str]]:
    """Say which kits and isolation methods the model has seen; empty where the sheet has none."""
    rows = samples[samples["sample"].isin(training)]
    return {
        column: sorted(rows[column].dropna().astype(str).unique()) if column in rows else []
        for column in HANDLING
    }
