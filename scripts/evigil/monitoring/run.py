"""Monitoring from draws to calls: the one function that the workflow and notebooks need."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from evigil.monitoring.achieved import false_positive_rate
from evigil.monitoring.admission import admission
from evigil.monitoring.baseline import baselines
from evigil.monitoring.calls import call_visits
from evigil.monitoring.crossfit import FOLDS, judge_cross_fitted
from evigil.monitoring.diagnostics import diagnose
from evigil.monitoring.draws import prepare
from evigil.monitoring.evaluation import NOT_YET, evaluate, outcomes
from evigil.monitoring.judge import is_refused, judge
from evigil.monitoring.options import RULES, Options
from evigil.monitoring.outputs import patients_table, reference_entry, rules_table, visits_table
from evigil.monitoring.reference import Reference, fit_reference, no_reference, read_reference

SEED = 20260101


@dataclass(frozen=True)
class Monitoring:
    """Results of one monitoring block, in the form of the files under ``monitoring/<name>/``."""

    visits: pd.DataFrame
    rules: pd.DataFrame
    patients: pd.DataFrame
    reference: dict[str, Any]
    evaluation: dict[str, Any]


def monitor(
    draws: pd.DataFrame,
    patients: pd.DataFrame,
    settings: Mapping[str, Any],
    seed: int = SEED,
) -> Monitoring:
    """Follow every patient's markers, each visit from earlier visits only.

    Parameters
    ----------
    draws
        From `evigil.monitoring.draws.draws_from_series` or `draws_from_scores`, in any order.
    patients
        Columns of ``Study.patient_days``, in days.
    settings
        The ``monitoring.<name>`` block; what it leaves out has its default.
    seed
        Of the folds of the evaluation and of the bootstrap of the false-positive rate.

    Returns
    -------
    Monitoring
        Visits, rules and patients by the whole reference; the evaluation cross-fitted by patient.

    Raises
    ------
    UserError
        If a value has no logarithm, or a given ``reference.json`` cannot be used.
    """
    options = Options.from_settings(settings)
    table = prepare(draws, patients, options)
    table = table.join(baselines(table))
    admitted = admission(table, options)
    references = _references(table, admitted, options)
    judged = judge(table, references, options)
    called = call_visits(table, judged, references, options)
    return Monitoring(
        visits=visits_table(table.assign(**called), judged, options),
        rules=rules_table(table, judged, options),
        patients=patients_table(table, called["call"]),
        reference={
            marker: _entry(marker, reference, table, admitted, options, seed)
            for marker, reference in references.items()
        },
        evaluation=_evaluation(table, admitted, references, options, seed),
    )


def _references(table: pd.DataFrame, admitted: pd.Series, options: Options) -> dict[str, Reference]:
    markers = sorted(table["marker"].unique())
    if options.reference_file is None:
        rows = {marker: table["marker"] == marker for marker in markers}
        return {m: fit_reference(table[r], admitted[r]) for m, r in rows.items()}
    given = read_reference(options.reference_file, options.scale)
    lacking = f"{Path(options.reference_file).name} has no entry for this marker"
    return {marker: given.get(marker, no_reference(lacking)) for marker in markers}


def _entry(
    marker: str,
    reference: Reference,
    table: pd.DataFrame,
    admitted: pd.Series,
    options: Options,
    seed: int,
) -> dict[str, Any]:
    """Add to a reference what it achieves and whether its draws behave as its model says."""
    diagnostics = None
    rows = table[(table["marker"] == marker) & (admitted == "")]
    if reference.parameters is not None and len(rows):
        people = table[(table["marker"] == marker) & table["patient"].isin(rows["patient"])]
        z = judge(people, {marker: replace(reference, refusals={})}, options)["z"]
        diagnostics = diagnose(z.loc[rows.index], rows["patient"])
    rate = _false_positive_rate(marker, reference, options, seed)
    return reference_entry(reference, options, rate, diagnostics)


def _false_positive_rate(
    marker: str, reference: Reference, options: Options, seed: int
) -> dict[str, Any]:
    """Give the rate of the primary rule, or of the single threshold where that is refused."""
    rule = "single" if reference.refusals.get("peb") else options.primary_rule
    why = ""
    if reference.parameters is None:
        why = is_refused(options.primary_rule, reference, options) or "no reference"
    elif rule == "single" and options.threshold is not None:
        why = "the threshold is fixed, not learnt from the reference"
    elif sum(n > 1 for n in reference.sizes) < 2:
        why = "fewer than two reference patients are known to have two draws"
    if why or reference.parameters is None:
        return {"estimate": None, "low": None, "high": None, "reason": why}
    # Each marker has its own stream, whatever other markers there are.
    own = zlib.crc32(marker.encode()) ^ seed
    return false_positive_rate(reference.parameters, reference.sizes, rule, options, own)


def _evaluation(
    table: pd.DataFrame,
    admitted: pd.Series,
    references: Mapping[str, Reference],
    options: Options,
    seed: int,
) -> dict[str, Any]:
    own_reference = options.reference_file is None
    judged = (
        judge_cross_fitted(table, admitted, references, options, seed)
        if own_reference
        else judge(table, references, options)
    )
    outcome = outcomes(table, options)
    refused = {
        marker: {rule: is_refused(rule, reference, options) for rule in RULES}
        for marker, reference in references.items()
    }
    # All markers together: a rule is refused when it is so for each of them.
    together = {
        rule: next(iter(refused.values()))[rule]
        if refused and all(r[rule] for r in refused.values())
        else ""
        for rule in RULES
    }
    by_marker = {
        marker: evaluate(outcome[rows], judged[rows], refused[marker])
        for marker in references
        for rows in [table["marker"] == marker]
    }
    return {
        "primary_rule": options.primary_rule,
        **evaluate(outcome, judged, together),
        **({"markers": by_marker} if len(by_marker) > 1 else {}),
        "hazard_ratios": [],
        "hazard_ratios_reason": NOT_YET,
        "cross_fitted": {"folds": FOLDS, "by": "patient", "seed": seed} if own_reference else None,
        "notes": _notes(outcome, len(by_marker), own_reference),
    }


def _notes(outcome: pd.DataFrame, n_markers: int, own_reference: bool) -> list[str]:
    """Say what a reader of the figures must know."""
    notes = []
    if not own_reference:
        notes.append(
            "the reference was given, so the evaluation is not cross-fitted: if patients of this "
            "study are in that reference, the figures are too good for them"
        )
    if n_markers > 1:
        notes.append(
            f"{n_markers} markers, each with its own limit: an alarm of any of them counts, and "
            "the limits are not adjusted for their number, so false alarms are more frequent than "
            f"the specificity set for one marker (a limit for all together is {NOT_YET})"
        )
    unscheduled = int((~outcome["scheduled"]).sum())
    if unscheduled:
        notes.append(f"{unscheduled} draws for symptoms or imaging are left out")
    late = int((outcome["scheduled"] & ~outcome["counts"]).sum())
    if late:
        notes.append(f"{late} draws after recurrence or the end of follow-up are left out")
    lost = outcome.loc[~outcome["recurs"] & ~outcome["free"], "patient"].nunique()
    if lost:
        notes.append(
            f"{lost} patients who died of the disease without a recorded recurrence are in neither "
            "group"
        )
    return notes
