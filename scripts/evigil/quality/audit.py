"""The confounding audit: what else than the condition separates cases from controls."""

from collections.abc import Collection
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.confounding import COLUMNS, NOT_RECORDED
from evigil.gating import usable
from evigil.quality.aliasing import aliased
from evigil.quality.association import (
    Association,
    category,
    detectable_auc,
    detectable_v,
    number,
    permuted_labels,
    pool,
)
from evigil.quality.covariates import Covariates
from evigil.sheets.columns import RECORDED
from evigil.stats.multiple import holm

# Ours.
ALPHA = 0.05
CONFOUNDED = {"v": 0.5, "overlap": 0.5, "auc": 0.75}
CAUTION = {"v": 0.2, "auc": 0.6}
KNOWN = 0.8
PER_CLASS = 10
FEW = f"fewer than {PER_CLASS} patients in a class"
PERMUTATIONS = 999
# The smallest p-value possible must survive the adjustment for all covariates.
PER_COVARIATE = 200

WORST_FIRST = ("confounded", "caution", "not_evaluable", "clear")


class Row(NamedTuple):
    """One covariate before the p-values of all are adjusted."""

    name: str
    n: int
    numeric: bool
    found: Association
    evaluable: bool
    note: str


def audit(
    outcomes: pd.DataFrame, covariates: Covariates, technical: Collection[str], seed: int
) -> pd.DataFrame:
    """Audit every outcome.

    Parameters
    ----------
    outcomes
        ``outcome, column, sample, patient, day, label``: labelled samples that may be used; a
        patient counts once, with the first draw. Of somebody who is a case at one time and a
        control at another, each of the two counts.
    covariates
        What is held against the label.
    technical
        ``quality.technical``: with one of them, the batch is recorded.
    seed
        Seed of the permutations.

    Returns
    -------
    pandas.DataFrame
        ``quality/confounding.tsv``: `COLUMNS`, sorted by outcome and covariate; each outcome has a
        row ``ALL``, its worst.
    """
    recorded = {*RECORDED, *technical}
    # the batch of a layer's table, such as batch:proteomics
    recorded |= {str(c) for c in covariates.values if str(c).partition(":")[0] in RECORDED}
    tables = [
        audit_outcome(name, rows, covariates, recorded, seed)
        for name, rows in outcomes.groupby("outcome")
    ]
    if not tables:
        return pd.DataFrame({c: pd.Series(dtype=object) for c in COLUMNS})
    return pd.concat(tables, ignore_index=True)


def admitted(outcomes: pd.DataFrame, quality_samples: pd.DataFrame) -> pd.DataFrame:
    """Leave out samples that nothing is fitted on: usable in none of the outcome's layers.

    Parameters
    ----------
    outcomes
        As in `audit`, and ``layers``, joined by commas.
    quality_samples
        ``quality/samples.tsv``.
    """
    kept = pd.Series(False, index=outcomes.index)
    for layers in outcomes["layers"].unique():
        good = set().union(*(usable(quality_samples, layer) for layer in layers.split(",")))
        kept |= (outcomes["layers"] == layers) & outcomes["sample"].isin(good)
    return outcomes[kept]


def audit_outcome(
    name: Any, rows: pd.DataFrame, covariates: Covariates, recorded: set[str], seed: int
) -> pd.DataFrame:
    """Audit one outcome: its covariates, sorted, and the row ``ALL``."""
    rows = rows.sort_values(["patient", "label", "day", "sample"])
    rows = rows.drop_duplicates(["patient", "label"])
    table = covariates.values.reindex(rows["sample"]).reset_index(drop=True)
    table = table.drop(columns=rows["column"].unique(), errors="ignore")
    table = table.loc[:, table.notna().any()].sort_index(axis=1)
    labels = rows["label"].to_numpy() == 1

    @cache
    def shuffled(known: bytes) -> NDArray[np.float64]:
        mask = np.frombuffer(known, dtype=bool)
        n = max(PERMUTATIONS, PER_COVARIATE * table.shape[1] - 1)
        return permuted_labels(labels[mask], n, seed)

    found = [_row(table[c], labels, shuffled) for c in table]
    p_holm = holm([_counted(row) for row in found])
    judged = [
        (row, p, verdict(row, p, covariates.kinds[row.name] == "derived"))
        for row, p in zip(found, p_holm, strict=True)
    ]
    pairs = aliased(table, pd.Series(labels.astype(int)))
    tested = int(np.isfinite(p_holm).sum())
    written = [
        _written(row, p, said, covariates.kinds[row.name])
        | {"note": "; ".join(_notes(row, said, tested, labels, pairs))}
        for row, p, said in judged
    ]
    written.append(_all(judged, labels, covariates.measured, not recorded & {*table.columns}))
    return pd.DataFrame(written).assign(outcome=name).reindex(columns=COLUMNS)


def verdict(row: Row, p_holm: float, capped: bool) -> str:
    """Judge one covariate.

    Parameters
    ----------
    row
        How it goes with the label.
    p_holm
        Adjusted; nan where it does not vary.
    capped
        Whether it is an index of the features, which can be the disease: at most ``caution``.
    """
    found, certain = row.found, p_holm < ALPHA
    if not row.evaluable:
        return "confounded" if certain and found.overlap == 0 else "not_evaluable"
    strong = (
        found.v >= CONFOUNDED["v"]
        or found.overlap <= CONFOUNDED["overlap"]
        or found.auc >= CONFOUNDED["auc"]
    )
    if certain and strong and not capped:
        return "confounded"
    if certain and (strong or found.v >= CAUTION["v"] or found.auc >= CAUTION["auc"]):
        return "caution"
    return "clear"


def _row(column: pd.Series, labels: NDArray[np.bool_], shuffled: Any) -> Row:
    mask = column.notna().to_numpy()
    known, own = column[mask], labels[mask]
    numeric = pd.api.types.is_numeric_dtype(column)
    n1, n0 = int(own.sum()), int((~own).sum())
    enough = min(n1, n0) >= PER_CLASS and mask.mean() >= KNOWN
    note = f"known for {mask.sum()} of {len(mask)} patients" if mask.mean() < KNOWN else ""
    if not note and not enough:
        note = FEW
    if known.nunique() == 1:
        value = f"{known.iloc[0]:g}" if numeric else str(known.iloc[0])
        constant = f"the same in all: {value}"
        note = note if mask.mean() < KNOWN else constant  # which cannot confound, however few
        return Row(str(column.name), len(known), numeric, Association(), note == constant, note)
    if numeric:
        found = number(known.to_numpy(float), own, shuffled(mask.tobytes()))
    else:
        pooled = pool(known)
        found = category(pooled, own, shuffled(mask.tobytes()))
        if pooled.n == 1:  # every level is rare: nothing to compare
            enough, note = False, note or "no level has 5 patients"
    return Row(str(column.name), len(known), numeric, found, enough, note)


def _counted(row: Row) -> float:
    """Return the p-value that the adjustment counts: of what can be judged."""
    return row.found.p if row.evaluable or row.found.overlap == 0 else np.nan


def _written(row: Row, p_holm: float, said: str, kind: str) -> dict[str, Any]:
    found = row.found
    return {
        "covariate": row.name,
        "kind": kind,
        "type": "continuous" if row.numeric else "categorical",
        "n": row.n,
        "association": found.v,
        "overlap": found.overlap,
        "auc": found.auc,
        "auc_low": found.low,
        "auc_high": found.high,
        "p_holm": p_holm,
        "verdict": said,
    }


def _notes(
    row: Row,
    said: str,
    tested: int,
    labels: NDArray[np.bool_],
    pairs: list[tuple[str, str]],
) -> list[str]:
    notes = [row.note] if row.note else []
    if said == "clear" and row.evaluable and np.isfinite(row.found.p):
        share = row.n / len(labels)
        n1, n0 = labels.sum() * share, (~labels).sum() * share
        what, size = (
            ("AUC", detectable_auc(n1, n0, ALPHA / tested))
            if row.numeric
            else ("V", detectable_v(row.n, row.found.levels, ALPHA / tested))
        )
        notes.append(
            f"would have been found with 80 % power from {what} {size:.2f} on"
            if size < 1
            else "too few patients: no effect would have been found with 80 % power"
        )
    others = [b if row.name == a else a for a, b in pairs if row.name in (a, b)]
    if others:
        notes.append(f"its effect cannot be separated from that of {', '.join(others)}")
    return notes


def _all(
    judged: list[tuple[Row, float, str]],
    labels: NDArray[np.bool_],
    measured: Collection[str],
    unrecorded: bool,
) -> dict[str, Any]:
    """Return the row of the worst; what an entry cannot have lowers nothing."""
    names = {
        said: [row.name for row, _, found in judged if found == said] for said in WORST_FIRST[:3]
    }
    unknown = [name for name in names["not_evaluable"] if name not in measured]
    few = min(labels.sum(), (~labels).sum()) < PER_CLASS
    counted = {**names, "not_evaluable": [*unknown, *([FEW] if few else [])]}
    worst = next((said for said in WORST_FIRST[:3] if counted[said]), "clear")
    notes = [FEW] if few else []
    notes += [
        f"{words}: {', '.join(names[said])}"
        for said, words in zip(
            WORST_FIRST[:3], ("confounded by", "caution", "not evaluable"), strict=True
        )
        if names[said] and not (few and said == "not_evaluable")
    ]
    if unrecorded:
        notes.append("batch not recorded")
        worst = NOT_RECORDED if worst in ("caution", "clear") or not few else worst
        worst = "confounded" if names["confounded"] else worst
    return {"covariate": "ALL", "n": len(labels), "verdict": worst, "note": "; ".join(notes)}
