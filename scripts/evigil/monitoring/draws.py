"""The draws that a monitoring follows, from a marker series or from a classifier's scores."""

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.monitoring.options import Options
from evigil.sheets.days import parse_treatments

COLUMNS = [
    *("patient", "marker", "sample", "day", "value", "status", "visit_reason", "run", "kit"),
    *("isolation_method", "instrument", "reference", "gate", "reasons", "score_source"),
]
PATIENT_FACTS = ["surgery", "recurrence", "death", "death_cause", "last_follow_up", "treatments"]
TEXT = [c for c in COLUMNS if c not in ("day", "value", "reference")]
FAILED_GATES = ("fail", "not_evaluable")


def draws_from_series(series: pd.DataFrame, gates: pd.DataFrame | None = None) -> pd.DataFrame:
    """Take the draws of a long marker table.

    Parameters
    ----------
    series
        Columns of ``Study.monitoring_series``.
    gates
        ``quality/samples.tsv``: ``sample, layer, gate, reasons``; its ``specimen`` rows are joined
        by `sample`. A draw without a sample in it was not judged: ``not_supplied``.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, in the order of `series`.
    """
    table = series.reindex(columns=[c for c in COLUMNS if c not in ("gate", "reasons")])
    judged = pd.DataFrame(columns=["sample", "gate", "reasons"]) if gates is None else gates
    if gates is not None:
        judged = gates.loc[gates["layer"] == "specimen", ["sample", "gate", "reasons"]]
    table = table.assign(sample=table["sample"].astype(object)).merge(
        judged.astype(object), on="sample", how="left"
    )
    return table.assign(
        gate=table["gate"].fillna("not_supplied"),
        reasons=table["reasons"].fillna(""),
        score_source="series",
        reference=table["reference"].fillna(False).astype(bool),
    )[COLUMNS]


def draws_from_scores(scores: pd.DataFrame, samples: pd.DataFrame) -> pd.DataFrame:
    """Take a classifier's score of each visit as the marker's value.

    Parameters
    ----------
    scores
        ``classifiers/<name>/scores.tsv``; the marker is its `model`, the value its `score` (logit).
    samples
        Columns of ``Study.monitoring_samples``; samples without a score are left out.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, in the order of `scores`.
    """
    kept = ["sample", "model", "score", "gate", "reasons", "score_source"]
    table = scores[kept].merge(samples.astype({"sample": object}), on="sample", how="inner")
    table = table.rename(
        columns={"model": "marker", "score": "value", "isolation_instrument": "instrument"}
    ).reindex(columns=COLUMNS)
    return table.assign(
        gate=table["gate"].fillna("not_supplied"),
        reasons=table["reasons"].fillna(""),
        reference=table["reference"].fillna(False).astype(bool),
    )


def prepare(draws: pd.DataFrame, patients: pd.DataFrame, options: Options) -> pd.DataFrame:
    """Sort the draws and add what the rules need of each.

    Parameters
    ----------
    draws
        `COLUMNS`.
    patients
        Columns of ``Study.patient_days``, in days.
    options
        Of the monitoring block.

    Returns
    -------
    pandas.DataFrame
        Sorted by patient, marker, day and sample, with the patient's facts and ``y``, ``usable``
        (it has a finite value and its gate did not fail), ``unmonitored`` (why the visit is not
        monitored, or empty), ``treatment`` (name of a treatment it falls into, or empty).

    Raises
    ------
    UserError
        If the scale is logarithmic and a usable value is not above 0.
    """
    # Text as plain objects: categories would bring in levels that no draw has.
    table = draws.reindex(columns=COLUMNS).astype(dict.fromkeys(TEXT, object))
    if options.markers is not None:
        table = table[table["marker"].isin(options.markers)]
    table = table.sort_values(
        ["patient", "marker", "day", "sample", "value"], ignore_index=True, kind="stable"
    )
    facts = patients.drop_duplicates("patient").astype({"patient": object}).set_index("patient")
    facts = facts.reindex(columns=PATIENT_FACTS)
    table = table.join(facts, on="patient")
    table["usable"] = np.isfinite(table["value"].astype(float)) & ~table["gate"].isin(FAILED_GATES)
    table["y"] = _to_y(table, options)
    table["unmonitored"] = np.select(
        [
            table["status"].eq("pre_treatment"),
            table["day"] <= table["surgery"].astype(float),
            table["status"].eq("on_treatment"),
        ],
        ["drawn before treatment", "drawn on or before the day of surgery", "drawn on treatment"],
        default="",
    )
    table["treatment"] = _treatment_at_draw(table)
    return table


def treatment_intervals(patients: pd.Series, treatments: pd.Series) -> pd.DataFrame:
    """Return ``patient, name, start, end`` of each treatment, in days; an open end is infinite."""
    rows = [
        (patient, name, float(start), float(end) if end else np.inf)
        for patient, cell in zip(patients, treatments, strict=True)
        if isinstance(cell, str)
        for name, start, end in parse_treatments(cell)
    ]
    return pd.DataFrame(rows, columns=["patient", "name", "start", "end"]).astype(
        {"patient": object, "name": object, "start": float, "end": float}
    )


def _to_y(table: pd.DataFrame, options: Options) -> pd.Series:
    value = table["value"].astype(float).where(table["usable"])
    if options.scale == "linear":
        return value
    wrong = table[value <= 0]
    if len(wrong):
        row = wrong.iloc[0]
        raise UserError(
            f"monitoring: patient {row['patient']}, marker {row['marker']}, day {row['day']:g}: "
            f"value {row['value']:g} has no logarithm; values above 0 are allowed, or set "
            "scale: linear"
        )
    return pd.Series(np.log(value), index=table.index)


def _treatment_at_draw(table: pd.DataFrame) -> pd.Series:
    people = table.drop_duplicates("patient")
    intervals = treatment_intervals(people["patient"], people["treatments"])
    pairs = table[["patient", "day"]].reset_index().merge(intervals, on="patient")
    inside = pairs[(pairs["start"] <= pairs["day"]) & (pairs["day"] <= pairs["end"])]
    names = inside.groupby("index")["name"].agg(lambda names: ", ".join(sorted(set(names))))
    return names.reindex(table.index).fillna("").astype(object)
