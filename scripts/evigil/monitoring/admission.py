"""Which draws may teach the rules what a disease-free value is."""

import numpy as np
import pandas as pd

from evigil.monitoring.draws import treatment_intervals
from evigil.monitoring.options import Options

# The whole text of a cause, in lower case, that clears the disease; any other text does not:
# "lung cancer, no other cause" and "non-small cell lung cancer" must never pass for unrelated.
OTHER_CAUSES = frozenset(
    ("other", "other cause", "unrelated", "not disease", "non-cancer", "not cancer")
    + ("accident", "cardiovascular", "heart disease", "infection", "stroke")
)


def admission(table: pd.DataFrame, options: Options) -> pd.Series:
    """Say of each draw that the reference selectors match why it stays out of the reference.

    Parameters
    ----------
    table
        As from `evigil.monitoring.draws.prepare`.
    options
        Of the monitoring block.

    Returns
    -------
    pandas.Series
        Same index: empty text for an admitted draw, the first reason that keeps it out otherwise;
        missing for a draw that the selectors do not match.
    """
    follow_up = follow_up_days(table)
    reasons = np.select(
        [
            ~table["usable"],
            on_or_before_treatment(table),
            recurs(table),
            died_of_disease(table),
            follow_up.isna() | (follow_up < options.min_follow_up_days),
        ],
        [
            "no usable value",
            "on or before treatment",
            "patient with recurrence",
            "patient who died of the disease",
            f"less than {options.min_follow_up_days:g} days of follow-up after it",
        ],
        default="",
    )
    return pd.Series(reasons, index=table.index, dtype=object).where(table["reference"])


def follow_up_days(table: pd.DataFrame) -> pd.Series:
    """Days from each draw to the patient's last follow-up, or without one to their last row."""
    last_row = table.groupby("patient")["day"].transform("max")
    return table["last_follow_up"].astype(float).fillna(last_row) - table["day"]


def on_or_before_treatment(table: pd.DataFrame) -> pd.Series:
    """Tell which draws were taken on or before any treatment, surgery included."""
    people = table.drop_duplicates("patient")
    intervals = treatment_intervals(people["patient"], people["treatments"])
    last_end = table["patient"].map(intervals.groupby("patient")["end"].max()).astype(float)
    return (table["unmonitored"] != "") | (table["day"] <= last_end)


def recurs(table: pd.DataFrame) -> pd.Series:
    """Tell which draws are of a patient with a recurrence at any recorded time."""
    seen = table["status"].eq("recurrence").groupby(table["patient"]).transform("any")
    return table["recurrence"].notna() | seen


def died_of_disease(table: pd.DataFrame) -> pd.Series:
    """Tell which draws are of a patient who died of the disease.

    A reference must be free of the disease beyond doubt: every death counts, unless its cause is
    one of `OTHER_CAUSES`, word for word.
    """
    cause = table["death_cause"].astype(object).where(table["death_cause"].notna(), "")
    words = cause.astype(str).str.strip().str.lower()
    died = table["death"].notna() | (words != "")
    return died & ~words.isin(OTHER_CAUSES)


def event_days(table: pd.DataFrame) -> pd.Series:
    """Day of recurrence of each draw's patient, or missing.

    Where only the status of a draw says so, the first such draw is the event.
    """
    seen = table["day"].where(table["status"].eq("recurrence"))
    first_seen = seen.groupby(table["patient"]).transform("min")
    return table["recurrence"].astype(float).fillna(first_seen)
