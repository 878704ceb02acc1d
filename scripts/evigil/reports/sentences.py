"""The fixed texts: what a call means, why a draw has none, and how often the rule is right."""

import re
from collections.abc import Mapping
from typing import Any

from evigil.confounding import Finding
from evigil.reports.numbers import day, known

MONTH = 365.25 / 12

STATUS = "RESEARCH USE ONLY"

LIMIT_NAMES = {
    "peb": "personal limit",
    "single": "limit for all people",
    "fixed": "fixed cut-off",
}

CONFIRM = "; confirm with a second draw."
MEANINGS = {
    "alert": "Above {limit}" + CONFIRM,
    "rising": (
        "Above the limit for one single visit, but not above the limit that allows for all planned "
        "visits. About 1 in 20 draws of people without recurrence is this high by chance. "
        "This is not an alert."
    ),
    "no_significant_change": (
        "No change beyond this person’s usual variation; this does not exclude recurrence."
    ),
    "indeterminate": "The rule could not be applied to this draw; no statement is made.",
    "not_reportable": "This draw has no reportable value; no statement is made.",
    "not_monitored": "This draw lies outside monitoring; no statement is made.",
}
NOT_ABOVE = "Not above {limit}; this does not exclude recurrence."
"""A limit that is the same for all says nothing about one person's usual variation."""
FAILED = "The sample did not pass quality control; no result is reported for it."

SCORE_NAME = "classifier score"
SCORE_UNIT = "log-odds"
SCORE_NOTE = (
    "The score is computed from the plasma EV-enriched fraction. It is a log-odds value: "
    "higher means more like the cases that the classifier was trained on."
)

METRICS = {
    "transcriptome_reads": "number of small-RNA reads",
    "features_detected": "number of small RNAs detected",
    "top_feature_share": "share of reads taken by one small RNA",
    "transcriptome_genome_ratio": "reads in known small RNA, by those in the genome",
    "mirnas_detected": "number of miRNAs detected",
    "mirna_share": "share of reads that are miRNA",
    "insert_length_mode": "most frequent length of the reads",
    "q30_share": "share of bases of good quality",
    "adapter_dimer_share": "share of reads without RNA",
    "protocol_contradiction": "library protocol that does not fit the reads",
    "clade_contamination": "reads of another species",
    "haemolysis_index": "sign of red cells that broke",
    "mir_451a_23a": "ratio of two miRNAs that tells of red cells",
    "platelet_index": "sign of platelets left in the plasma",
    "outlier_distance": "profile unlike those of the quality reference",
    "protein_identifications": "number of proteins found",
    "category_3_excess": "proteins of the blood, by those of vesicles",
    "category_3_share": "share of proteins of the blood",
    "category_4_share": "share of proteins from inside cells",
    "without_vesicle_proteins": "proteins of vesicles that were not found",
    "apoa1_cd9": "ratio of a protein of blood fats to one of vesicles",
    "apob_cd9": "ratio of another protein of blood fats to one of vesicles",
    "alb_cd63": "ratio of albumin to a protein of vesicles",
    "platelet_share": "share of proteins of platelets",
    "platelet_ev_safe_share": "share of proteins of platelets alone",
    "erythrocyte_share": "share of proteins of red cells",
    "erythrocyte_ev_safe_share": "share of proteins of red cells alone",
    "coagulation_index": "sign of blood that clotted",
    "coagulation_ev_safe_share": "share of proteins of clotting",
    "protein_outlier_distance": "proteins unlike those of the quality reference",
    "mixed_biofluid": "blood product that differs from the other samples'",
    "heparin": "heparin in the blood tube",
    "particles_per_ml": "number of particles",
    "particles_per_ml_input": "number of particles in the blood",
    "particle_disagreement": "difference of two particle counts",
    "particles_per_ug_protein": "particles for the protein in them",
    "mode_diameter_nm": "most frequent size of the particles",
    "detergent_loss": "share of particles that detergent dissolves",
    "hours_to_plasma": "hours until the blood was processed",
    "not_platelet_depleted": "platelets that were not removed",
    "residual_platelets": "platelets left in the plasma",
    "a414": "colour of red cells that broke",
    "lipaemia": "fat in the blood",
    "freeze_thaw": "times the sample was thawed",
    "storage_days": "days in storage",
    "storage_temperature": "temperature of storage",
}

METRIC = re.compile(rf"\b({'|'.join(METRICS)})\b")

LAYERS = {"specimen": "specimen", "smallrna": "small RNA", "proteomics": "proteins"}

LIMITATIONS = (
    "This page reports how a marker changed over time. It does not diagnose, and it must not be "
    "the only basis of a decision about treatment.",
    "A result without an alert does not exclude cancer or its recurrence; an alert does not prove "
    "it. Confirm an alert with a second draw and by the usual clinical means.",
    "Draws near surgery, during systemic treatment, or with infection or injury can be high or "
    "low for other reasons; draws before treatment, or marked as on treatment, are shown but not "
    "judged.",
    "A personal limit is computed from this person’s earlier draws only. With few of them it lies "
    "close to what is usual for all people.",
    "Lead time is always given with the number of people it was seen in. Lead time is not "
    "survival benefit.",
)


def meaning(
    call: str, rule: str, gate: str = "", in_a_row: int = 1, recurrence: float | None = None
) -> str:
    """Return the fixed sentence of a call.

    Parameters
    ----------
    rule
        ``peb``, ``single`` or ``fixed``.
    gate
        Of the sample: a draw may have no value for another reason than its quality.
    in_a_row
        Alerts up to and with this one without a judged draw between them that was none: a second
        one need not be told to be confirmed by a second.
    recurrence
        Day of a recurrence that was found before this draw, or none.
    """
    said = _meaning(call, rule, gate)
    if call == "alert" and (in_a_row > 1 or recurrence is not None):
        repeated = f"; {_nth(in_a_row)} in a row." if in_a_row > 1 else "."
        said = said.replace(CONFIRM, repeated)
    if recurrence is not None:
        said += f" This draw came after recurrence was found on day {day(recurrence)}."
    return said


def _nth(alerts: int) -> str:
    words = {2: "second alert", 3: "third alert", 4: "fourth alert", 5: "fifth alert"}
    return words.get(alerts, f"{alerts} alerts")


def _meaning(call: str, rule: str, gate: str) -> str:
    if call == "not_reportable" and gate in ("fail", "not_evaluable"):
        return FAILED
    if call == "no_significant_change" and rule != "peb":
        return NOT_ABOVE.format(limit=f"the {LIMIT_NAMES[rule]}")
    limit = LIMIT_NAMES[rule]
    return MEANINGS[call].format(limit=limit if rule == "peb" else f"the {limit}")


def reasons(text: object) -> tuple[str, ...]:
    """Split reasons at ``;`` and put the names of metrics into plain words."""
    if not known(text):
        return ()
    parts = (part.strip() for part in str(text).split(";"))
    return tuple(METRIC.sub(lambda m: METRICS[m[0]], part) for part in parts if part)


def count(n: int, one: str, many: str) -> str:
    """Write a number with its noun."""
    return f"{n:,} {one if n == 1 else many}"


def duration(days: float) -> str:
    """Write days, and what they are in months where they are many."""
    months = f" (about {days / MONTH:.0f} months)" if days >= 3 * MONTH else ""
    return f"{days:,.0f} days{months}"


def per_hundred(share: float) -> str:
    """Return a share as so many people of a hundred."""
    people = 100 * share
    if 0 < people < 0.5:
        return "fewer than 1"
    return f"{people:.0f}"


def natural_frequency(measure: Mapping[str, Any] | None, whom: str, what: str, alarm: bool) -> str:
    """State a proportion per 100 people, with what was counted and its interval.

    Parameters
    ----------
    measure
        ``estimate, low, high, k, n``, or a null estimate with its ``reason``.
    whom, what
        "people without recurrence", "had at least one alarm over the visits".
    alarm
        Whether `measure` counts those with an alarm; a specificity counts those without.
    """
    measure = measure or {}
    if measure.get("estimate") is None:
        return f"How many {whom} {what} could not be estimated: {why(measure.get('reason'))}."
    n, k = int(measure["n"]), int(measure["k"])
    share, low, high = (measure[x] for x in ("estimate", "low", "high"))
    if not alarm:
        share, low, high, k = 1 - share, 1 - high, 1 - low, n - k
    return (
        f"Of 100 {whom}, about {per_hundred(share)} {what} ({k} of {n} in this study; "
        f"95\N{NO-BREAK SPACE}% interval {per_hundred(low)} to {per_hundred(high)} of 100)."
    )


def lead_time(lead: Mapping[str, Any] | None) -> str:
    """State the lead time, always with k/N."""
    lead = lead or {}
    if lead.get("estimate") is None:
        reason = why(lead.get("reason"))
        return f"How long before recurrence the alarm came could not be estimated: {reason}."
    quartiles = ""
    if known(lead.get("q1")) and known(lead.get("q3")):
        quartiles = f" (middle half: {lead['q1']:,.0f} to {lead['q3']:,.0f} days)"
    return (
        f"Where an alarm came ({lead['k']} of {lead['n']} people with recurrence), it came a "
        f"median of {duration(lead['estimate'])} before recurrence was found{quartiles}. "
        "Lead time is not survival benefit."
    )


def performance(measures: Mapping[str, Any]) -> tuple[str, ...]:
    """Say how often a rule alarms, with and without recurrence, and how early."""
    return (
        natural_frequency(
            measures.get("specificity_per_patient"),
            "people without recurrence",
            "had at least one alarm over their visits",
            alarm=False,
        ),
        natural_frequency(
            measures.get("sensitivity_per_patient"),
            "people with recurrence",
            "had an alarm before or when it was found",
            alarm=True,
        ),
        lead_time(measures.get("lead_days")),
    )


def comparison(primary: Mapping[str, Any], single: Mapping[str, Any]) -> str | None:
    """Set the sensitivity of the primary rule beside that of one threshold for all."""
    ours, other = (m.get("sensitivity_per_patient") or {} for m in (primary, single))
    if ours.get("estimate") is None or other.get("estimate") is None:
        return None
    return (
        f"For comparison, one limit for all people raised an alarm in {other['k']} of "
        f"{other['n']} people with recurrence; the personal limit in {ours['k']} of {ours['n']}."
    )


def rule_text(rule: str, settings: Mapping[str, Any]) -> str:
    """Say in one sentence how the primary rule decides."""
    specificity = round(100 * float(settings.get("specificity", 0.95)), 1)
    aim = f"It is set so that {specificity:g} of 100 people without recurrence"
    if settings.get("per", "patient") == "patient":
        aim += f" have no alarm over {settings.get('planned_visits', 6)} planned visits."
    else:
        aim = f"It is set so that {specificity:g} of 100 draws without recurrence raise none."
    if rule == "peb":
        return (
            "The personal limit is computed anew for every draw, from this person’s earlier draws "
            f"and from disease-free people. {aim}"
        )
    if rule == "fixed":
        return "The limit is a fixed cut-off set in the study’s configuration, the same for all."
    return f"One limit, computed from disease-free people, is applied to all. {aim}"


RULE_NAMES = {"peb": "personal limit (PEB)", "single": "one limit for all"}

SCHEMES = {
    "nested_cv": "nested cross-validation",
    "held_out": "locked hold-out",
    "common_support": "common support",
    "covariates_only": "covariates only",
}

OPERATING_POINTS = (
    "Nominal: the threshold aims at this specificity. Assured: the specificity is at least this "
    "with 95\N{NO-BREAK SPACE}% confidence; it needs enough controls, else it is not estimable."
)
SEVERAL_MARKERS = (
    "This page follows several markers, each with its own limit: the chance of a false alarm of "
    "any of them is higher than that of one."
)
SOURCES = {
    "oof": "models that never saw this patient (the patient trained the classifier)",
    "locked": "the locked model",
    "series": "a table of measured values",
}

ANALYSES = {"classifiers": "classifier", "differential": "contrast"}

STUDY_LIMITATIONS = (
    "Research use only. The pages report estimates with their uncertainty; they do not diagnose.",
    "A result without an alert does not exclude cancer or its recurrence.",
    "Lead time is always given with the number of people it was seen in. Lead time is not "
    "survival benefit.",
)


def confounded_score(classifier: str, found: Finding) -> str:
    """Warn of a score whose classifier may have learnt something else than the disease."""
    if found.confounded:
        return (
            f"Classifier {classifier}, which gives the score, was trained on a study that is "
            f"{found.reason}. A high score may be due to that rather than to disease."
        )
    return f"Classifier {classifier}, which gives the score: {found.reason}."


def outcome(name: str) -> str:
    """Say which analysis an outcome of the confounding audit is."""
    stage, _, own = name.partition(".")
    return f"{ANALYSES.get(stage, stage)} {own}"


def scheme(name: str) -> str:
    """Say how an estimate was made."""
    kind, _, column = name.partition(":")
    if kind == "leave_out":
        return f"leaving out one {column} at a time"
    if kind == "within":
        return f"within each {column}"
    return SCHEMES.get(kind, kind.replace("_", " "))


def why(reason: str | None) -> str:
    """Return why something is not estimable, without saying so twice."""
    return (reason or "it was not evaluated").removeprefix("not estimable: ").rstrip(".")


def upper_first(text: str) -> str:
    """Begin with a capital letter and leave the rest."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Begin with a capital letter and end with a full stop."""
    text = upper_first(text.strip())
    return text + ("" if text.endswith(".") else ".")
