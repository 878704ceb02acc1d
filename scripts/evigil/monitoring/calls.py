"""One call of the closed set for every visit, and why."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evigil.monitoring.draws import FAILED_GATES
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
NO_VALUE = "no value"
NOT_FINITE = "the value is not a finite number"
NO_JUDGEMENT = "the rule gave no judgement: its limit is not a finite number"


def call_visits(
    table: pd.DataFrame,
    judged: pd.DataFrame,
    references: Mapping[str, Reference],
    options: Options,
) -> pd.DataFrame:
    """Call every visit by the primary rule.

    A failed draw is ``not_reportable`` before anything else is said of it; a draw before or on
    treatment is ``not_monitored``; a refused rule, or one that gave no judgement, leaves
    ``indeterminate``: ``no_significant_change`` is said of judged draws only.

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
        Same index: ``call``, ``reasons`` (joined by ``; ``, empty where there is nothing to say):
        what decided the call first, warnings of the sample's quality last.
    """
    rule = options.primary_rule
    refused = table["marker"].map(
        {marker: is_refused(rule, reference, options) for marker, reference in references.items()}
    )
    alarm, rising = judged[f"{rule}_alarm"], judged[f"{rule}_rising"]
    monitored = table["usable"] & (table["unmonitored"] == "")
    unjudged = alarm.isna()
    call = np.select(
        [~table["usable"], ~monitored, (refused != "") | unjudged, alarm == 1, rising == 1],
        ["not_reportable", "not_monitored", "indeterminate", "alert", "rising"],
        default="no_significant_change",
    )
    empty = pd.Series("", index=table.index)
    quality = table["reasons"].astype(str)
    failed = table["gate"].isin(FAILED_GATES)
    absent = ~failed & ~table["usable"]
    parts = [
        quality.where(failed, ""),
        empty.mask(absent, NO_VALUE).mask(absent & table["value"].notna(), NOT_FINITE),
        table["unmonitored"],
        empty.mask(monitored & unjudged, NO_JUDGEMENT).mask(monitored & (refused != ""), refused),
        table["restart"],
        empty.mask(table["treatment"] != "", "during " + table["treatment"].astype(str)),
        quality.mask(failed, ""),
    ]
    return pd.DataFrame({"call": call, "reasons": _join(parts)}, index=table.index)


def _join(parts: list[pd.Series]) -> pd.Series:
    """Join what is not empty."""
    text = parts[0]
    for part in parts[1:]:
        gap = np.where((text != "") & (part != ""), "; ", "")
        text = text + gap + part
    return text
