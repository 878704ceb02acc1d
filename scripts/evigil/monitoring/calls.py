"""One call of the closed set for every visit, and why."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evigil.monitoring.judge import is_refused
from evigil.monitoring.options import Options
from evigil.monitoring.reference import Reference

CALLS = (
    "no_significant_change",
    "rising",
    "alert",
    "indeterminate",
    "not_reportable",
    "not_monitored",
)


def call_visits(
    table: pd.DataFrame,
    judged: pd.DataFrame,
    references: Mapping[str, Reference],
    options: Options,
) -> pd.DataFrame:
    """Call every visit by the primary rule.

    A failed draw is ``not_reportable`` before anything else is said of it; a draw before or on
    treatment is ``not_monitored``; a refused rule leaves ``indeterminate``.

    Parameters
    ----------
    table, judged
        As for and from `evigil.monitoring.judge.judge`.
    references
        By marker.
    options
        Of the monitoring block.

    Returns
    -------
    pandas.DataFrame
        Same index: ``call``, ``reasons`` (joined by ``; ``, empty where there is nothing to say).
    """
    rule = options.primary_rule
    refused = table["marker"].map(
        {marker: is_refused(rule, reference, options) for marker, reference in references.items()}
    )
    alarm, rising = judged[f"{rule}_alarm"], judged[f"{rule}_rising"]
    monitored = table["usable"] & (table["unmonitored"] == "")
    call = np.select(
        [~table["usable"], ~monitored, refused != "", alarm == 1, rising == 1],
        ["not_reportable", "not_monitored", "indeterminate", "alert", "rising"],
        default="no_significant_change",
    )
    empty = pd.Series("", index=table.index)
    parts = [
        table["reasons"].astype(str),
        empty.mask(table["value"].isna() & (table["reasons"] == ""), "no value"),
        table["unmonitored"],
        empty.mask(monitored, refused),
        table["restart"],
        empty.mask(table["treatment"] != "", "during " + table["treatment"].astype(str)),
    ]
    return pd.DataFrame({"call": call, "reasons": _join(parts)}, index=table.index)


def _join(parts: list[pd.Series]) -> pd.Series:
    """Join what is not empty."""
    text = parts[0]
    for part in parts[1:]:
        gap = np.where((text != "") & (part != ""), "; ", "")
        text = text + gap + part
    return text
