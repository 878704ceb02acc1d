"""Gates: a verdict for every metric of every sample, and one gate per sample and layer."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.errors import UserError
from evigil.metrics import LIMITS
from evigil.quality.reasons import reason
from evigil.stats.intervals import clopper_pearson, poisson_interval

GATES = "sample layer metric value low high limit critical verdict reason".split()
SAMPLES = ["sample", "layer", "gate", "reasons"]
LOWERING = ("fail", "warn", "not_evaluable")

Floats = NDArray[np.float64]


def verdicts(
    low: Floats, high: Floats, warn: Floats, fail: Floats, enough: NDArray[np.bool_]
) -> NDArray[np.str_]:
    """Judge intervals of metrics that are bad when high: what is certain first (docs/methods.md).

    Parameters
    ----------
    low, high
        95 % intervals, shape (n,).
    warn, fail
        Limits, shape (n,). NaN: with one limit only it is both, but a warning limit alone cannot
        fail; with none there is no verdict.
    enough
        Whether the denominator reaches its minimum, shape (n,).

    Returns
    -------
    numpy.ndarray
        ``fail, pass, not_evaluable, warn`` or empty, shape (n,).
    """
    only_warns = np.isnan(fail)
    fail = np.where(only_warns, warn, fail)
    warn = np.where(np.isnan(warn), fail, warn)
    verdict = np.select(
        [
            np.isnan(fail),
            low > fail,
            high <= warn,
            (high > fail) & ~enough,
        ],
        ["", "fail", "pass", "not_evaluable"],
        default="warn",
    )
    return np.where((verdict == "fail") & only_warns, "warn", verdict)


def judge(metrics: pd.DataFrame, reference: Mapping[str, Any]) -> pd.DataFrame:
    """Judge every metric of every sample by frozen limits: each row by itself.

    Parameters
    ----------
    metrics
        ``sample, layer, metric, numerator, denominator`` and, where more is to be said of one,
        ``detail``.
    reference
        As `fit_reference` returns it.

    Returns
    -------
    pandas.DataFrame
        ``quality/gates.tsv``: ``sample, layer, metric, value, low, high, limit, critical, verdict,
        reason``, sorted by the first three. `limit` is the one that the verdict was reached at.

    Raises
    ------
    UserError
        If the reference has no such metric.
    """
    known = reference["metrics"]
    if unknown := sorted(set(metrics["metric"]) - set(known)):
        raise UserError(f"quality reference: no metric {unknown[0]!r}; its limits were never set")
    if metrics.empty:
        return pd.DataFrame({c: pd.Series(dtype=_kind(c)) for c in GATES})
    settled = pd.DataFrame.from_dict(known, orient="index").astype(dict.fromkeys(LIMITS, float))
    table = metrics.join(settled.drop(columns="layer"), on="metric").reset_index(drop=True)
    table["value"], table["low"], table["high"] = _intervals(table)
    table["verdict"], table["limit"], table["side"] = _worse_side(table)
    _widen(table)
    absent = table["numerator"].isna()
    # a plain value with a denominator was supplied with reads, too few of them to compute it from
    table["short"] = absent & table["denominator"].notna() & (table["kind"] == "value")
    table.loc[absent, "verdict"] = np.where(table["short"], "not_evaluable", "not_supplied")[absent]
    table.loc[absent, "limit"] = np.nan
    table["reason"] = [reason(row) for row in table.to_dict("records")]
    return table.sort_values(["sample", "layer", "metric"], ignore_index=True)[GATES]


def _widen(table: pd.DataFrame) -> None:
    """Call what is too uncertain not evaluable: by the metric's own width, whatever the limits."""
    width = (table["high"] - table["low"]).where(np.isfinite(table["value"]), np.inf)
    # limits that were frozen before there was such a rule do not have it
    widest = table["widest"] if "widest" in table else pd.Series(np.nan, table.index)
    table["wide"] = width > widest.astype(float)
    table.loc[table["wide"], "verdict"] = "not_evaluable"
    table.loc[table["wide"], "limit"] = np.nan


def _kind(column: str) -> type:
    return bool if column == "critical" else float if column in GATES[3:7] else object


def _intervals(table: pd.DataFrame) -> tuple[Floats, Floats, Floats]:
    """Return value and 95 % interval: exact for counts, shares and ratios of counts."""
    k, n = table["numerator"].to_numpy(float), table["denominator"].to_numpy(float)
    kind = table["kind"].to_numpy()
    value, low, high = k.copy(), k.copy(), k.copy()
    count = (kind == "count") & ~np.isnan(k)
    low[count], high[count] = poisson_interval(k[count])
    share = (kind == "share") & ~np.isnan(k)
    low[share], high[share] = clopper_pearson(k[share], n[share])
    ratio = np.isin(kind, ("ratio", "log2_ratio")) & ~np.isnan(k)
    # Given their sum, one of two Poisson counts is binomial: its share's odds are the ratio.
    bounds = clopper_pearson(k[ratio], k[ratio] + n[ratio])
    with np.errstate(divide="ignore", invalid="ignore"):
        low[ratio], high[ratio] = (bound / (1 - bound) for bound in bounds)
        parts = share | ratio
        value[parts] = np.where(n[parts] > 0, k[parts] / n[parts], np.nan)
        logarithm = (kind == "log2_ratio") & ~np.isnan(k)
        for bound in (value, low, high):
            bound[logarithm] = np.log2(bound[logarithm])
    return value, low, high


def _worse_side(table: pd.DataFrame) -> tuple[list[str], list[float], list[str]]:
    """Judge below and above; the worse verdict counts, with its limit and its side."""
    low, high = table["low"].to_numpy(float), table["high"].to_numpy(float)
    enough = ~(table["denominator"] < table["minimum"]).to_numpy()
    sides = []
    for side, sign, bounds in (("below", -1, (-high, -low)), ("above", 1, (low, high))):
        fail, warn = (table[f"{what}_{side}"].to_numpy(float) for what in ("fail", "warn"))
        verdict = verdicts(*bounds, sign * warn, sign * fail, enough)
        decisive = np.isin(verdict, ("fail", "not_evaluable"))
        first, second = np.where(decisive, fail, warn), np.where(decisive, warn, fail)
        limit = np.where(np.isnan(first), second, first)
        sides.append((verdict, limit, side))
    order = ["fail", "not_evaluable", "warn", "pass", ""]
    rows = zip(*(zip(v, at, [s] * len(v), strict=True) for v, at, s in sides), strict=True)
    worst = [min(row, key=lambda r: order.index(r[0])) for row in rows]
    return [str(r[0]) for r in worst], [float(r[1]) for r in worst], [r[2] for r in worst]


def summarise(
    gates: pd.DataFrame,
    samples: Iterable[str],
    layers: Iterable[str],
    held: Mapping[str, Collection[str]] | None = None,
) -> pd.DataFrame:
    """Reduce verdicts to one gate per sample and layer, for every sample of the sheet.

    ``fail`` if a critical metric fails; ``not_evaluable`` if more than half of the critical metrics
    that were supplied are; ``warn`` if a metric warns, one that is not critical fails, or a
    critical one is not evaluable; ``not_supplied`` if nothing was measured; else ``pass``.

    Parameters
    ----------
    gates
        As `judge` returns it.
    samples
        Every sample of the sheet.
    layers
        Every layer of the study.
    held
        By layer that nothing is measured of: the samples in it, which pass.

    Returns
    -------
    pandas.DataFrame
        ``quality/samples.tsv``: ``sample, layer, gate, reasons``: a row for ``specimen`` and for
        each layer, sorted by sample and layer.
    """
    keys = pd.MultiIndex.from_product(
        [sorted(set(samples)), sorted({"specimen", *layers})], names=["sample", "layer"]
    )
    gates = gates.reset_index(drop=True)
    verdict, critical = gates["verdict"], gates["critical"].astype(bool)
    judged = critical & verdict.isin([*LOWERING, "pass"])
    unclear = critical & (verdict == "not_evaluable")
    lowers = verdict.isin(["fail", "warn"]) | unclear
    facts = pd.DataFrame(
        {
            "failed": critical & (verdict == "fail"),
            "unclear": unclear,
            "judged": judged,
            "lowers": lowers,
            "supplied": verdict != "not_supplied",
        }
    ).astype(int)
    by = [gates["sample"], gates["layer"]]
    totals = facts.groupby(by).sum().reindex(keys, fill_value=0)
    for layer, inside in (held or {}).items():
        totals.loc[[(s, layer) for s in sorted({*samples} & {*inside})], "supplied"] = 1
    gate = np.select(
        [
            totals["failed"] > 0,
            2 * totals["unclear"] > totals["judged"],
            totals["lowers"] > 0,
            totals["supplied"] == 0,
        ],
        ["fail", "not_evaluable", "warn", "not_supplied"],
        default="pass",
    )
    worst_first = gates[lowers].assign(rank=verdict.map({"fail": 0, "not_evaluable": 1}).fillna(2))
    lines = worst_first.sort_values(["rank", "metric"]).groupby(["sample", "layer"])["reason"]
    reasons = lines.agg("; ".join).reindex(keys).astype(object)
    reasons = reasons.mask(gate == "not_supplied", "not supplied").fillna("")
    table = pd.DataFrame({"gate": gate, "reasons": reasons}, index=keys).reset_index()
    return table[SAMPLES]
