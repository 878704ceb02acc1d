"""The result tables of monitoring, in the form that ``docs/outputs.md`` describes."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from evigil.config import RELEASE
from evigil.monitoring.admission import event_days
from evigil.monitoring.judge import is_refused, single_threshold
from evigil.monitoring.options import RULES, Options
from evigil.monitoring.reference import Reference

VISITS = [
    *("patient", "marker", "sample", "day", "value", "y", "below_detection", "gate"),
    *("in_baseline", "expected", "threshold", "z", "risk", "call", "reasons", "score_source"),
]
KEYS = ["patient", "marker", "sample", "day"]
RULE_COLUMNS = [*KEYS, "rule", "statistic", "threshold", "alarm"]


def visits_table(table: pd.DataFrame, judged: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Write `visits.tsv`: ``expected`` and ``threshold`` (of the primary rule) in marker units."""
    return table.assign(
        below_detection=0,
        in_baseline=table["in_baseline"].astype(int),
        expected=options.to_value(judged["expected"]),
        threshold=judged[f"{options.primary_rule}_threshold"],
        z=judged["z"],
        risk=np.nan,
    )[VISITS]


def rules_table(table: pd.DataFrame, judged: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Write `rules.tsv`: each draw by each rule.

    The statistic of ``single`` is the value, in marker units, that of ``peb`` is z; an alarm (0 or
    1) means statistic > threshold. All three are empty where the rule did not judge the draw.
    """
    tested = judged["peb_alarm"].notna()
    parts = {
        "single": (
            table["value"].where(judged["single_alarm"].notna()),
            judged["single_threshold"],
        ),
        "peb": (judged["z"], pd.Series(options.z_limit, table.index).where(tested)),
    }
    stacked = [
        table[KEYS].assign(
            rule=rule,
            statistic=statistic,
            threshold=threshold,
            alarm=judged[f"{rule}_alarm"].astype("Int64"),
            position=np.arange(len(table)),
        )
        for rule, (statistic, threshold) in parts.items()
    ]
    return pd.concat(stacked).sort_values(["position", "rule"], ignore_index=True)[RULE_COLUMNS]


def patients_table(table: pd.DataFrame, call: pd.Series) -> pd.DataFrame:
    """Write `patients.tsv`: where each patient stands after the last draw of each marker."""
    rows = table.assign(
        call=call, event_day=event_days(table), alarm_day=table["day"].where(call == "alert")
    )
    groups = rows.groupby(["patient", "marker"], sort=True)
    last = rows.loc[~rows.duplicated(["patient", "marker"], keep="last")]
    last = last.set_index(["patient", "marker"]).sort_index()
    return pd.DataFrame(
        {
            "n_visits": groups.size(),
            "last_day": last["day"],
            "last_value": last["value"],
            "last_call": last["call"],
            "first_alarm_day": groups["alarm_day"].min(),
            "event_day": last["event_day"],
            "next_day": np.nan,
        }
    ).reset_index()


def reference_entry(
    reference: Reference,
    options: Options,
    false_positive_rate: Mapping[str, Any],
    diagnostics: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Write one marker's entry of `reference.json`."""
    parameters = reference.parameters
    return {
        "mu": None if parameters is None else parameters.mu,
        "tau2": None if parameters is None else parameters.tau2,
        "sigma2": None if parameters is None else parameters.sigma2,
        "sigma2_run": None,
        "slope": None,
        "ar1": None,
        "loglik": reference.loglik,
        "method": reference.method,
        "n_patients": reference.n_patients,
        "n_draws": reference.n_draws,
        "draws_per_patient": {str(n): k for n, k in sorted(Counter(reference.sizes).items())},
        "scale": options.scale,
        "false_positive_rate": dict(false_positive_rate),
        "diagnostics": None if diagnostics is None else dict(diagnostics),
        "limits": {
            "specificity": options.specificity,
            "per": options.per,
            "planned_visits": options.planned_visits,
            "z": options.z_limit,
            "single": single_threshold(reference, options),
        },
        "refused": {rule: is_refused(rule, reference, options) or None for rule in RULES},
        "cautions": list(reference.cautions),
        "excluded": dict(reference.excluded),
        "ids_sha256": reference.ids_sha256,
        "version": RELEASE,
    }
