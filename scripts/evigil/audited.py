"""What the confounding audit is asked: outcomes, one row per labelled sample, and sheet columns."""

from collections.abc import Collection
from typing import TYPE_CHECKING

import pandas as pd

from evigil.errors import hint
from evigil.sheets.columns import AUDITED, OF_A_PATIENT
from evigil.sheets.selectors import equal

if TYPE_CHECKING:
    from evigil.study import Study

OUTCOME = ("outcome", "column", "layers", "sample", "patient", "day", "label")
NO_BATCH = ("sample", "patient", "replicate_of", "role", "condition")
OF_THE_PERSON = (
    *("age", "sex", "diagnosis", "stage", "control_type", "status", "day", "visit", "visit_reason"),
    *OF_A_PATIENT,
)
"""Columns of the person or the visit: taken for batches they would hide what is looked for."""


def outcomes(study: "Study") -> pd.DataFrame:
    """Return the labelled samples of every classifier that is trained and two-group contrast.

    Returns
    -------
    pandas.DataFrame
        ``outcome, column, layers, sample, patient, day, label``: layers joined by commas, label 1
        or 0; no technical replicates and nobody who is held out.
    """
    tables = [pd.DataFrame({c: pd.Series(dtype=object) for c in OUTCOME})]
    for name, block in study.config.classifiers.items():
        if block.model is None:
            rows = study.training_samples(name).dropna(subset="label")
            tables.append(_outcome(study, f"classifiers.{name}", block.column, block.layers, rows))
    contrasts = study.config.differential.contrasts if study.config.differential else {}
    for name, contrast in contrasts.items():
        if contrast.case is None:
            continue
        rows = study.contrast_samples(name)
        if "replicate_of" in rows:
            rows = rows[rows["replicate_of"].isna()]
        label = equal(rows[contrast.column], contrast.case).astype(float)
        rows = rows[["sample", "patient"]].assign(label=label)
        path = f"differential.{name}"
        tables.append(_outcome(study, path, contrast.column, contrast.layers, rows))
    return pd.concat([t for t in tables if len(t)] or tables[:1], ignore_index=True)


def _outcome(
    study: "Study", outcome: str, column: str | None, layers: list[str], rows: pd.DataFrame
) -> pd.DataFrame:
    days = study.specimens.set_index("sample")["day"]
    known = {"outcome": outcome, "column": column, "layers": ",".join(layers)}
    return rows.assign(day=rows["sample"].map(days), **known)[list(OUTCOME)]


def audited_columns(specimens: pd.DataFrame, technical: list[str]) -> pd.DataFrame:
    """Return ``sample`` and the columns that the audit holds against every label."""
    named = dict.fromkeys([*AUDITED, *technical])
    return specimens[["sample", *(column for column in named if column in specimens)]]


def technical_faults(
    samples: pd.DataFrame, technical: list[str], compared: Collection[str] = ()
) -> list[str]:
    """Name columns of ``quality.technical`` that do not exist or cannot be a batch.

    Parameters
    ----------
    samples
        The sheet.
    technical
        ``quality.technical``.
    compared
        The column of each classifier that is trained and each contrast. What all of them compare
        is held against nothing, and would be taken out of every picture as a batch.
    """
    path = "config: quality.technical"
    outcome = next(iter(compared)) if len(set(compared)) == 1 else None
    faults = [
        f"{path}: no column {name!r}{hint(name, samples.columns)}"
        for name in technical
        if name not in samples
    ]
    for name in technical:
        if name in NO_BATCH:
            faults.append(f"{path}: {name!r} cannot be a batch")
        elif name in OF_THE_PERSON:
            faults.append(
                f"{path}: {name!r} is of the person or the visit; only what was done to a sample "
                "can be a batch"
            )
        elif name == outcome:
            faults.append(f"{path}: {name!r} is what is compared, and cannot be a batch")
    return faults
