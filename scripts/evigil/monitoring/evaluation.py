"""What the rules are worth: false alarms without recurrence, alarms before it, and how early."""

from typing import Any

import numpy as np
import pandas as pd

from evigil.config import RELEASE
from evigil.monitoring.admission import died_of_disease, event_days, follow_up_days
from evigil.monitoring.options import RULES, Options
from evigil.stats.intervals import quantile_interval, share

LATER = (
    *("false_alarms_per_patient_year", "sensitivity_lead_positive", "sensitivity_lead_30d"),
    *("sensitivity_0_3m", "sensitivity_3_6m", "sensitivity_6_12m"),
)
NOT_YET = f"not available in version {RELEASE}"
Z95 = 1.959963984540054


def outcomes(table: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Say which draws count, and for what.

    Parameters
    ----------
    table
        As from `evigil.monitoring.draws.prepare`.
    options
        Of the monitoring block.

    Returns
    -------
    pandas.DataFrame
        Same index: `patient`, `day`, `event_day`; ``free`` (the patient has no recurrence and did
        not die of the disease), ``recurs``, ``counts`` (drawn on or before the event or the
        censoring day, as scheduled), ``followed`` (with the follow-up that the reference asks for).
    """
    event = event_days(table)
    end = event.fillna(table["last_follow_up"].astype(float)).fillna(np.inf)
    reason = table["visit_reason"].astype(object)
    scheduled = reason.isna() | reason.isin(["", "scheduled"])
    return pd.DataFrame(
        {
            "patient": table["patient"],
            "day": table["day"],
            "event_day": event,
            "recurs": event.notna(),
            "free": event.isna() & ~died_of_disease(table),
            "scheduled": scheduled,
            "counts": scheduled & (table["day"] <= end),
            "followed": follow_up_days(table) >= options.min_follow_up_days,
        }
    )


def evaluate(outcome: pd.DataFrame, judged: pd.DataFrame, refused: dict[str, str]) -> dict:
    """Evaluate both rules.

    Parameters
    ----------
    outcome
        As from `outcomes`.
    judged
        ``single_alarm, peb_alarm``: 0, 1 or missing, same index; cross-fitted.
    refused
        For each rule, why it was refused, or empty.

    Returns
    -------
    dict
        ``rules`` (measures by rule), ``paired`` (PEB minus single on the same patients) and
        ``with_follow_up`` (the specificities on draws with the follow-up of the reference).
    """
    return {
        "rules": {
            rule: _measures(outcome, judged[f"{rule}_alarm"], refused[rule]) for rule in RULES
        },
        "paired": _paired(outcome, judged),
        "with_follow_up": {
            rule: _specificity(outcome[outcome["followed"]], judged[f"{rule}_alarm"], refused[rule])
            for rule in RULES
        },
    }


def not_estimable(reason: str) -> dict[str, Any]:
    """Return a measure without a value, and why."""
    return {"estimate": None, "low": None, "high": None, "k": None, "n": None, "reason": reason}


def _measures(outcome: pd.DataFrame, alarm: pd.Series, refused: str) -> dict[str, Any]:
    tested = (
        outcome[outcome["counts"] & outcome["recurs"]].assign(alarm=alarm).dropna(subset="alarm")
    )
    sick = tested.groupby("patient")["alarm"].any()
    why = refused or "no patient with recurrence has a draw on or before it that counts"
    first = (
        tested[tested["alarm"] == 1]
        .groupby("patient")
        .agg(alarm_day=("day", "min"), event_day=("event_day", "first"))
    )
    lead = (first["event_day"] - first["alarm_day"]).to_numpy(float)
    return {
        **_specificity(outcome, alarm, refused),
        "sensitivity_per_patient": _share(int(sick.sum()), len(sick), why),
        "lead_days": _lead(lead, len(sick), why),
        **{name: not_estimable(NOT_YET) for name in LATER},
    }


def _specificity(outcome: pd.DataFrame, alarm: pd.Series, refused: str) -> dict[str, Any]:
    tested = outcome[outcome["counts"] & outcome["free"]].assign(alarm=alarm).dropna(subset="alarm")
    by_patient = tested.groupby("patient")["alarm"].agg(["sum", "size"])
    quiet = by_patient["sum"] == 0
    why = refused or "no patient without recurrence has a draw that counts"
    return {
        "specificity_per_test": _clustered_share(
            (by_patient["size"] - by_patient["sum"]).to_numpy(float),
            by_patient["size"].to_numpy(float),
            why,
        ),
        "specificity_per_patient": _share(int(quiet.sum()), len(quiet), why),
    }


def _share(k: int, n: int, reason: str) -> dict[str, Any]:
    return share(k, n) if n else not_estimable(reason)


def _clustered_share(k: np.ndarray, n: np.ndarray, reason: str) -> dict[str, Any]:
    """Share over draws, with an interval that knows that a patient's draws are alike.

    Clopper–Pearson at the effective number of draws [Korn and Graubard 1998, Survey Methodology
    24:193]: draws divided by the design effect, never more than there are. Where no variation is
    seen it is the number of patients.
    """
    from scipy.stats import beta

    draws, patients = n.sum(), len(n)
    if not draws:
        return not_estimable(reason)
    p = k.sum() / draws
    size = float(patients)
    if 0 < p < 1 and patients > 1:
        variance = ((k - p * n) ** 2).sum() * patients / (patients - 1) / draws**2
        size = min(p * (1 - p) / variance, draws)
    low = beta.ppf(0.025, p * size, size - p * size + 1) if p > 0 else 0.0
    high = beta.ppf(0.975, p * size + 1, size - p * size) if p < 1 else 1.0
    return {
        "estimate": float(p),
        "low": float(low),
        "high": float(high),
        "k": int(k.sum()),
        "n": int(draws),
    }


def _lead(lead: np.ndarray, n: int, reason: str) -> dict[str, Any]:
    """Median lead time of the patients with an alarm, k of n; 0 when it came on the event's day."""
    if not len(lead):
        why = "no alarm came on or before a recurrence" if n else reason
        found = not_estimable(why) | {"k": 0 if n else None, "n": n or None}
        return found | {"q1": None, "q3": None, "restricted_mean": None}
    q1, median, q3 = np.quantile(lead, [0.25, 0.5, 0.75])
    low, high = (None if np.isnan(bound) else bound for bound in quantile_interval(lead))
    return {
        "estimate": float(median),
        "low": low,
        "high": high,
        "k": len(lead),
        "n": n,
        "q1": float(q1),
        "q3": float(q3),
        # It needs a horizon, and event times as the intervals that they are.
        "restricted_mean": None,
    }


def _paired(outcome: pd.DataFrame, judged: pd.DataFrame) -> dict[str, Any]:
    """PEB minus single on the patients that both rules tested."""
    both = outcome.assign(peb=judged["peb_alarm"], single=judged["single_alarm"])
    both = both[both["counts"]].dropna(subset=["peb", "single"])
    found = {}
    for name, who, sign in (
        ("sensitivity_per_patient", "recurs", 1),
        ("specificity_per_patient", "free", -1),
    ):
        alarmed = both[both[who]].groupby("patient")[["peb", "single"]].any()
        found[name] = _paired_difference(
            int((alarmed["peb"] & ~alarmed["single"]).sum()),
            int((alarmed["single"] & ~alarmed["peb"]).sum()),
            len(alarmed),
            sign,
        )
    return found


def _paired_difference(only_peb: int, only_single: int, n: int, sign: int) -> dict[str, Any]:
    """Difference of paired shares [Agresti and Min 2005, doi:10.1002/sim.1781].

    Their interval adds half a pair to each of the four cells.
    """
    if not n:
        return not_estimable("no patient was tested by both rules") | {"k": None}
    difference = (only_peb - only_single) / (n + 2)
    spread = (only_peb + only_single + 1) / (n + 2) - difference**2
    reach = Z95 * np.sqrt(spread / (n + 2))
    low, high = sorted(sign * (difference + side * reach) for side in (-1, 1))
    return {
        "estimate": sign * (only_peb - only_single) / n,
        "low": float(max(low, -1)),
        "high": float(min(high, 1)),
        "n": n,
    }
