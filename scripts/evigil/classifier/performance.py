"""How well the classifier does: ``performance.json``."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.classifier.folds import first_draws, patient_weights
from evigil.classifier.logistic import fit_logistic
from evigil.classifier.thresholds import controls_needed, why_not
from evigil.config import RELEASE
from evigil.confounding import Finding
from evigil.stats.bootstrap import patient_multiplicities, percentile_interval
from evigil.stats.intervals import share
from evigil.stats.roc import delong, within_fold_auc_weighted

Floats = NDArray[np.float64]

BOOTSTRAPS = 2000
BREAKDOWNS = ("stage", "diagnosis", "sex", "site", "control_type")
LATER = f"not available in version {RELEASE}"


def summarise(
    predictions: pd.DataFrame,
    thresholds: pd.DataFrame,
    samples: pd.DataFrame,
    manifest: dict[str, Any],
    seed: int,
    audited: Finding,
) -> dict[str, Any]:
    """Summarise the schemes that there are into ``performance.json``.

    Parameters
    ----------
    predictions
        ``predictions.tsv``: schemes ``nested_cv`` and ``held_out``.
    thresholds
        Of every outer fold: ``repeat, fold, specificity, kind, n_controls, threshold,
        calibration``.
    samples
        ``sample`` and, where known, the columns by which the operating points are broken down:
        stage, diagnosis, sex, site, control_type.
    manifest
        Of the locked model: its layer, and the thresholds that judge the hold-out.
    seed
        Seed of the patient bootstrap.
    audited
        What the confounding audit found: of a confounded study no random-fold figure is the
        headline.

    Returns
    -------
    dict
        Ready for JSON; what is not estimable is None with a reason.
    """
    facts = samples.set_index("sample")
    schemes = predictions["scheme"].unique()
    model = manifest["layer"]
    results = [_nested(predictions, thresholds, facts, seed, model)]
    if "held_out" in schemes:
        results.append(_held_out(predictions, manifest, facts))
    return {
        "headline": _headline(audited, model),
        "verdict": audited.verdict,
        "results": results,
        "permutation": {"n": None, "p": None, "p_stratified": None, "reason": LATER},
    }


def _headline(audited: Finding, model: str) -> dict[str, Any]:
    if audited.confounded:
        return {"scheme": None, "model": None, "reason": audited.no_headline}
    reason = f"nested cross-validation; confounding audit: {audited.reason}"
    return {"scheme": "nested_cv", "model": model, "reason": reason}


def _nested(
    predictions: pd.DataFrame,
    thresholds: pd.DataFrame,
    facts: pd.DataFrame,
    seed: int,
    model: str,
) -> dict[str, Any]:
    rows = predictions[predictions["scheme"] == "nested_cv"]
    rows = rows.astype({"repeat": int, "fold": int}).sort_values(["repeat", "sample"])
    repeats = [part for _, part in rows.groupby("repeat")]
    points = []
    for specificity, kind in thresholds[["specificity", "kind"]].drop_duplicates().to_numpy():
        own = (thresholds["specificity"] == specificity) & (thresholds["kind"] == kind)
        table = thresholds[own]
        smallest = int(table["n_controls"].min())
        limits = table.set_index(["repeat", "fold"])["threshold"]
        reason = (
            why_not(smallest, specificity, kind)
            if smallest < controls_needed(specificity, kind)
            else None
        )
        calls = [
            part["score"].to_numpy()
            > limits.loc[list(zip(part["repeat"], part["fold"], strict=True))].to_numpy()
            for part in repeats
        ]
        place = {"specificity": specificity, "kind": kind, "threshold": float(limits.mean())}
        points.append(_operating_point(place, reason, calls, repeats[0], facts))
    fallbacks = thresholds.drop_duplicates(["repeat", "fold"])["calibration"] == "base_rate"
    return {
        "scheme": "nested_cv",
        "model": model,
        **_class_sizes(repeats[0]),
        "auc": _nested_auc(repeats, seed),
        "operating_points": _kinds_in_order(points),
        "calibration": _calibration(repeats)
        | {"base_rate_folds": int(fallbacks.sum()), "folds": len(fallbacks)},
        **_probability_scores(repeats),
    }


def _held_out(
    predictions: pd.DataFrame, manifest: dict[str, Any], facts: pd.DataFrame
) -> dict[str, Any]:
    rows = predictions[predictions["scheme"] == "held_out"].sort_values("sample")
    points = []
    for limit in manifest["thresholds"]:
        place = {key: limit[key] for key in ("specificity", "kind", "threshold")}
        threshold = np.nan if limit["threshold"] is None else limit["threshold"]
        calls = [rows["score"].to_numpy() > threshold]
        points.append(_operating_point(place, limit["reason"], calls, rows, facts))
    own = rows[first_draws(rows["patient"].to_numpy(str))]
    estimate, low, high = delong(own["label"], own["score"])
    return {
        "scheme": "held_out",
        "model": manifest["layer"],
        **_class_sizes(rows),
        "auc": {
            **_with_interval(estimate, low, high, "the hold-out has one class only"),
            "method": "locked model scored once, first draw of each patient; DeLong interval",
        },
        "operating_points": _kinds_in_order(points),
        "calibration": _calibration([rows]),
        **_probability_scores([rows]),
    }


def _class_sizes(rows: pd.DataFrame) -> dict[str, int]:
    patients = rows.groupby("label")["patient"].nunique()
    return {"n_cases": int(patients.get(1, 0)), "n_controls": int(patients.get(0, 0))}


def _nested_auc(repeats: list[pd.DataFrame], seed: int) -> dict[str, Any]:
    first = repeats[0]
    patients = first["patient"].to_numpy(str)
    strata = first.groupby("patient")["label"].transform("max").to_numpy()
    drawn = patient_multiplicities(patients, BOOTSTRAPS, seed, strata)
    weights = patient_weights(patients) * np.vstack([np.ones(len(patients)), drawn])
    by_repeat = np.array(
        [
            within_fold_auc_weighted(part["label"], part["score"], part["fold"], weights)
            for part in repeats
        ]
    )
    low, high = percentile_interval(by_repeat[:, 1:].mean(axis=0))
    estimates = by_repeat[:, 0]
    return {
        **_with_interval(estimates.mean(), low, high, "no outer fold has both classes"),
        "sd_over_repeats": _finite(estimates.std(ddof=1)) if len(repeats) > 1 else None,
        "method": f"case-control pairs within an outer fold, mean over "
        f"{len(repeats)} repeat{'s' * (len(repeats) > 1)}; "
        f"patient bootstrap ({BOOTSTRAPS}), conditional on the fitted models, too narrow",
    }


def _with_interval(estimate: float, low: float, high: float, one_class: str) -> dict[str, Any]:
    """Return an AUC with its interval, or with the reason why either is missing.

    An AUC of exactly 1 or 0 has no variance, neither resampled nor estimated: an interval from 1 to
    1 would claim a certainty that the data do not have.
    """
    why = None
    if np.isnan(estimate):
        why = one_class
    elif estimate in (0.0, 1.0):
        why = "complete separation"
    elif np.isnan(low):
        why = "fewer than two samples in a class"
    return {
        "estimate": _finite(estimate),
        "low": None if why else _finite(low),
        "high": None if why else _finite(high),
        "reason": f"not estimable: {why}" if why else None,
    }


def _operating_point(
    place: dict[str, Any],
    reason: str | None,
    calls: list[NDArray[np.bool_]],
    rows: pd.DataFrame,
    facts: pd.DataFrame,
) -> dict[str, Any]:
    """Describe one operating point; `calls` are those of each repeat, in the order of `rows`."""
    estimable = reason is None
    point: dict[str, Any] = {**place, "estimable": estimable, "reason": reason}
    if not estimable:
        return point | {
            "threshold": None,
            "sensitivity": None,
            "achieved_specificity": None,
            "by": None,
        }
    # one draw per patient: exact intervals are for independent trials
    own = first_draws(rows["patient"].to_numpy(str))
    called = np.array(calls)[:, own]
    rows = rows[own]
    everybody = np.ones(len(rows), dtype=bool)
    by = {
        column: {
            level: _rates(called, rows["label"].to_numpy(), members)
            for level, members in _levels(rows["sample"], facts[column])
        }
        for column in BREAKDOWNS
        if column in facts
    }
    return point | _rates(called, rows["label"].to_numpy(), everybody) | {"by": by}


def _levels(names: pd.Series, column: pd.Series) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    values = column.reindex(names)
    for level in sorted(values.dropna().unique(), key=str):
        yield _level_name(level), (values == level).to_numpy()


def _level_name(level: Any) -> str:
    is_whole = isinstance(level, float) and level.is_integer()
    return str(int(level)) if is_whole else str(level)


def _rates(
    called: NDArray[np.bool_], labels: NDArray, members: NDArray[np.bool_]
) -> dict[str, Any]:
    return {
        "sensitivity": _mean_share(called[:, members & (labels == 1)], "no case"),
        "achieved_specificity": _mean_share(~called[:, members & (labels == 0)], "no control"),
    }


def _mean_share(hits: NDArray[np.bool_], absent: str) -> dict[str, Any]:
    """Return the mean over repeats, with k, n and exact interval of the first repeat."""
    repeats, n = hits.shape
    result = share(int(hits[0].sum()), n)
    if not n:
        return result | {"repeats": repeats, "reason": f"not estimable: {absent}"}
    return result | {"estimate": float(hits.mean()), "repeats": repeats, "reason": None}


def _calibration(repeats: list[pd.DataFrame]) -> dict[str, Any]:
    values = np.array([_calibration_line(part) for part in repeats])
    if np.isnan(values).any():
        reason = (
            "not estimable: the scores do not differ, or separate the classes completely, or "
            "there is one class only"
        )
        return {"intercept": None, "slope": None, "reason": reason}
    intercept, slope = values.mean(axis=0)
    return {"intercept": float(intercept), "slope": float(slope), "reason": None}


def _calibration_line(rows: pd.DataFrame) -> tuple[float, float]:
    """Calibration in the large (slope held at 1) and calibration slope; 0 and 1 are perfect."""
    from scipy.optimize import brentq
    from scipy.special import expit

    label, score = rows["label"].to_numpy(float), rows["score"].to_numpy()
    cases, controls = score[label == 1], score[label == 0]
    overlap = len(cases) and len(controls) and cases.min() < controls.max()
    if not overlap or np.ptp(score) == 0 or controls.min() >= cases.max():
        return np.nan, np.nan
    weights = patient_weights(rows["patient"].to_numpy(str))
    reach = np.abs(score).max() + 30
    intercept = brentq(
        lambda shift: float(weights @ (expit(score + shift) - label)), -reach, reach, xtol=1e-10
    )
    slope, _ = fit_logistic(score[:, None], label, weights, penalty=0.0)
    return float(intercept), float(slope[0])


def _probability_scores(repeats: list[pd.DataFrame]) -> dict[str, Any]:
    brier = [
        np.average(
            (part["probability"] - part["label"]) ** 2,
            weights=patient_weights(part["patient"].to_numpy(str)),
        )
        for part in repeats
    ]
    return {
        "brier": float(np.mean(brier)),
        "net_benefit": None,
        "net_benefit_reason": LATER,
    }


def _kinds_in_order(points: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort by specificity, the nominal point before the assured one."""
    return sorted(points, key=lambda point: (point["specificity"], point["kind"] != "nominal"))


def _finite(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
