"""What `evigil check` says of a monitoring: its draws, and how many the reference really admits."""

import pandas as pd

from evigil.study import Study


def monitoring_line(study: Study, name: str) -> tuple[str, list[str]]:
    """Return the line of one monitoring and notes on what may not be meant.

    The values of a classifier are not known yet: every visit counts as one with a usable score.
    """
    block = study.config.monitoring[name]
    if block.series is not None:
        rows, unit = study.monitoring_series(name), "draws"
    else:
        rows, unit = study.monitoring_samples(name), "visits"
        rows = rows.assign(marker=name, value=1.0)
    number = rows["marker"].nunique() if block.series is not None else 0
    markers = f", {number} marker{'s' * (number > 1)}" if number else ""
    notes = _outcome_note(study, rows)
    if isinstance(block.reference, str):
        reference = f"reference {block.reference}"
    else:
        reference, more = _reference(study, name, rows)
        notes = more + notes
    patients = rows["patient"].nunique()
    head = f"monitoring {name}: {len(rows):,} {unit} of {patients:,} patients{markers}"
    return f"{head}; {reference}", notes


def _reference(study: Study, name: str, rows: pd.DataFrame) -> tuple[str, list[str]]:
    """Say how many of the matching draws are admitted, of each marker."""
    from evigil.monitoring.admission import admission
    from evigil.monitoring.draws import prepare
    from evigil.monitoring.options import Options
    from evigil.monitoring.reference import PEB_PATIENTS

    block = study.config.monitoring[name]
    options = Options.from_settings(block.model_dump())
    table = prepare(rows, study.patient_days(), options)
    table["admitted"] = admission(table, options) == ""
    said, notes = [], []
    markers = sorted(table["marker"].unique())
    for marker in markers:
        own = table[table["marker"] == marker]
        sizes = own[own["admitted"]].groupby("patient").size()
        repeated = int((sizes > 1).sum())
        label = f" {marker}" if len(markers) > 1 else ""
        said.append(
            f"reference{label}: {int(sizes.sum()):,} of {int(own['reference'].sum()):,} matching "
            f"draws, {len(sizes):,} patients, {repeated:,} with two or more"
        )
        if block.primary_rule == "peb" and repeated < PEB_PATIENTS:
            notes.append(
                f"{label[1:] and label[1:] + ': '}personal limits need {PEB_PATIENTS} reference "
                f"patients with two draws or more, there are {repeated}: every draw will be "
                "indeterminate; set primary_rule: single"
            )
    return "; ".join(said), notes


def _outcome_note(study: Study, rows: pd.DataFrame) -> list[str]:
    """Say when nothing was recorded of what became of anybody who is followed."""
    events = study.patient_days().set_index("patient").reindex(rows["patient"].unique())
    recorded = events[["recurrence", "death", "last_follow_up"]].notna().any(axis=None)
    if len(events) == 0 or recorded or (rows["status"] == "recurrence").any():
        return []
    return [
        f"no patient has a recurrence or last_follow_up: all {len(events):,} count as free of "
        "recurrence"
    ]
