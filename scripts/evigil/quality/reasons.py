"""Why a metric got its verdict, in one plain sentence."""

from collections.abc import Hashable, Mapping
from math import isfinite, isnan
from typing import Any


def reason(row: Mapping[Hashable, Any]) -> str:
    """Say why; nothing for a metric that passed.

    Parameters
    ----------
    row
        ``metric, kind, value, low, high, denominator, minimum, verdict, limit, side, source, n,
        note, lacking, wide, widest`` of one metric of one sample; ``detail`` if there is more.
    """
    verdict = row["verdict"]
    if verdict == "not_supplied":
        return row["lacking"] or "not measured"
    if verdict == "":
        return row["note"] or "no limit"
    if verdict == "pass":
        return ""
    if row.get("short"):
        return f"{row['metric']} cannot be computed: {row['lacking'] or 'too few reads'}"
    if row["wide"]:
        bounds = f"{_number(row['low'], row['kind'])} to {_number(row['high'], row['kind'])}"
        return f"{row['metric']}: its 95 % interval, {bounds}, is wider than {row['widest']:g}"
    detail = f": {row['detail']}" if row.get("detail") else ""
    below = row["side"] == "below"
    limit = _number(row["limit"], row["kind"])
    if row["source"] == "fitted":
        limit += f", the limit fitted on {int(row['n'])} reference samples"
    if isnan(row["value"]):
        return f"{row['metric']} cannot be computed: no reads"
    value = _number(row["value"], row["kind"])
    interval = f"(95 % interval {_number(row['low'], row['kind'])} to "
    interval += f"{_number(row['high'], row['kind'])})"
    if verdict == "not_evaluable":
        reads = f"{row['denominator']:,.0f} reads"
        few = f"{reads}, fewer than {row['minimum']:,.0f}, cannot tell it from {limit}"
        return f"{row['metric']} {value} {interval}: {few}"
    if row["value"] < row["limit"] if below else row["value"] > row["limit"]:
        return f"{row['metric']} {value} is {row['side']} {limit}{detail}"
    beyond = "above" if below else "below"
    return f"{row['metric']} {value} {interval} is not clearly {beyond} {limit}{detail}"


def _number(value: float, kind: str) -> str:
    if kind in ("share", "fraction"):
        return f"{100 * value:.4g} %"
    if not isfinite(value):
        return "unbounded"
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 1000 else f"{value:.4g}"
