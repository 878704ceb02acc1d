"""Limits of the gates: absolute ones, and those fitted on the quality reference and frozen."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.errors import UserError, hint
from evigil.metrics import LIMITS, METRIC_NAMES, METRICS, Metric, gate_faults

# Fewer samples than these do not fit a limit (ours).
MINIMUM_REFERENCE = 20
# How far from the median of the reference a sample may lie, in robust standard deviations (ours).
REACH = 3.0
# The median absolute deviation of a normal distribution is its standard deviation over this.
MAD_TO_SD = 1.482602218505602
# A share of the signal of 0 has no logit.
LEAST_FRACTION = 1e-6


def fit_reference(
    metrics: pd.DataFrame,
    reference_samples: Iterable[str],
    gates: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """Settle the limits of every metric, once: ``quality/reference.json``.

    A limit is what the config says, else the metric's absolute default, else fitted: the median of
    the reference plus (bad = high) or minus (bad = low) three robust standard deviations
    (1.4826 x median absolute deviation), on the logit scale for shares and the log scale otherwise
    (ours): a logarithm is taken as it is. A fitted limit can only warn. Labels are not seen.

    Parameters
    ----------
    metrics
        ``sample, layer, metric, numerator, denominator``.
    reference_samples
        Those that limits are fitted on; the others change nothing.
    gates
        ``quality.gates`` of the config, by metric: ``fail_below, warn_below, fail_above,
        warn_above, critical, off``. Limits that are set replace the metric's default ones.

    Returns
    -------
    dict
        ``n``, ``samples_sha256`` and, in ``metrics``, for each metric everything that `judge`
        needs; ready for JSON. A limit that is not set is None.

    Raises
    ------
    UserError
        For a metric that is not known, or limits that contradict each other.
    """
    _check(gates)
    chosen = sorted(set(reference_samples) & set(metrics["sample"]))
    measured = metrics[metrics["sample"].isin(chosen)]
    return {
        "n": len(chosen),
        "samples_sha256": hashlib.sha256("\n".join(chosen).encode()).hexdigest(),
        "metrics": {
            name: _settle(METRICS[name], measured[measured["metric"] == name], gates.get(name, {}))
            for name in sorted(set(metrics["metric"]))
        },
    }


def _check(gates: Mapping[str, Mapping[str, Any]]) -> None:
    faults = [
        f"config: quality.gates: unknown metric {name!r}{hint(name, METRIC_NAMES)}; "
        f"allowed: {', '.join(METRIC_NAMES)}"
        for name in gates
        if name not in METRIC_NAMES
    ]
    if faults := faults or gate_faults(gates):
        raise UserError("\n".join(faults))


def _settle(metric: Metric, measured: pd.DataFrame, gate: Mapping[str, Any]) -> dict[str, Any]:
    own = {name: gate[name] for name in LIMITS if gate.get(name) is not None}
    absolute = own or dict(metric.limits)
    critical = gate.get("critical")
    settled: dict[str, Any] = {
        "layer": metric.layer,
        "kind": metric.kind,
        "minimum": metric.minimum,
        "critical": metric.critical if critical is None else bool(critical),
        "lacking": metric.lacking,
        "widest": metric.widest,
        **{name: float(absolute[name]) if name in absolute else None for name in LIMITS},
        "n": None,
        "source": "config" if own else "default" if absolute else "none",
        "note": "" if absolute else metric.note,
    }
    if gate.get("off"):
        return settled | dict.fromkeys(LIMITS) | {"source": "off", "note": "switched off"}
    if metric.fitted and not absolute:
        return settled | _fitted(metric, measured)
    return settled


def _fitted(metric: Metric, measured: pd.DataFrame) -> dict[str, Any]:
    scaled = _scaled(metric, measured)
    n = len(scaled)
    if n < MINIMUM_REFERENCE:
        note = f"no limit: the quality reference has {n} samples, fewer than {MINIMUM_REFERENCE}"
        return {"n": n, "note": note}
    median = float(np.median(scaled))
    spread = MAD_TO_SD * float(np.median(np.abs(scaled - median)))
    if spread == 0:
        return {"n": n, "note": "no limit: most samples of the quality reference are equal"}
    sign, name = (1, "warn_above") if metric.bad == "high" else (-1, "warn_below")
    limit = median + sign * REACH * spread
    unscaled = _unscaled(metric, limit)
    return {"n": n, "source": "fitted", name: float(unscaled)}


def _scaled(metric: Metric, measured: pd.DataFrame) -> NDArray[np.float64]:
    """Return the reference's values where they are symmetric enough for a median and a spread."""
    numerator = measured["numerator"].to_numpy(float)
    if metric.kind in ("share", "ratio", "log2_ratio"):
        denominator = measured["denominator"].to_numpy(float)
        known = denominator > 0
        k, n = numerator[known], denominator[known]
        # Half a read keeps 0 and 1 finite.
        return np.log((k + 0.5) / (n - k + 0.5 if metric.kind == "share" else n + 0.5))
    known = numerator[np.isfinite(numerator)]
    if metric.kind == "log2":
        return known
    if metric.kind == "fraction":
        inside = np.clip(known, LEAST_FRACTION, 1 - LEAST_FRACTION)
        return np.log(inside / (1 - inside))
    return np.log(np.maximum(known, 0.5))


def _unscaled(metric: Metric, limit: float) -> float:
    if metric.kind == "log2":
        return limit
    if metric.kind in ("share", "fraction"):
        return float(1 / (1 + np.exp(-limit)))
    return float(np.exp(limit))
