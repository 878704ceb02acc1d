"""What the confounding audit means for later stages: its verdict per outcome, in plain words."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from evigil.config import RELEASE
from evigil.tables import read_table

COLUMNS = (
    *("outcome", "covariate", "kind", "type", "n", "association", "overlap"),
    *("auc", "auc_low", "auc_high", "p_holm", "verdict", "note"),
)
NOT_RECORDED = "caution: batch not recorded"
#: Columns of text, whatever they hold.
TEXT = ("outcome", "covariate", "kind", "type", "verdict", "note")
WITHOUT = {
    "technical": "figures with each level left out, and within levels,",
    "biological": "figures among people who are alike in it",
}


class Finding(NamedTuple):
    """The audit of one outcome.

    Attributes
    ----------
    verdict
        ``confounded``, ``caution``, ``caution: batch not recorded``, ``not_evaluable``, ``clear``.
    reason
        Why, in words; it begins with the verdict.
    no_headline
        Of a confounded outcome: why no figure of random folds can stand for it; else empty.
    """

    verdict: str
    reason: str
    no_headline: str = ""

    @property
    def doubtful(self) -> bool:
        """Whether a reader must be told first."""
        return self.verdict not in ("", "clear")

    @property
    def confounded(self) -> bool:
        """Whether a figure from random folds would be of the covariate as of the condition."""
        return self.verdict == "confounded"


NOT_AUDITED = Finding("", "")


def of_model(manifest: Mapping[str, Any]) -> str:
    """Say that a locked model comes from a confounded study, and by what.

    Parameters
    ----------
    manifest
        Of the locked model. One that was locked before studies were audited says nothing of it.

    Returns
    -------
    str
        Empty unless the study was confounded.
    """
    audited = manifest.get("confounding", {})
    if audited.get("verdict") != "confounded":
        return ""
    return f"the model's study is {audited['reason'].split('; ')[0]}"


def finding(confounding: pd.DataFrame, outcome: str) -> Finding:
    """Return what the audit found of an outcome.

    Parameters
    ----------
    confounding
        ``quality/confounding.tsv``.
    outcome
        ``classifiers.<name>`` or ``differential.<name>``.

    Returns
    -------
    Finding
        Empty of an outcome that is not audited, or has no sample left.
    """
    own = confounding[confounding["outcome"] == outcome]
    if own.empty:
        return NOT_AUDITED
    whole = own[own["covariate"] == "ALL"].iloc[0]
    rows = own[own["covariate"] != "ALL"]
    verdict, note = str(whole["verdict"]), "" if pd.isna(whole["note"]) else whole["note"]
    reason = _reason(verdict, note, rows)
    instead = _no_headline(reason, rows) if verdict == "confounded" else ""
    return Finding(verdict, reason, instead)


def findings(confounding: pd.DataFrame) -> dict[str, Finding]:
    """Return what the audit found of every outcome, sorted by outcome."""
    return {name: finding(confounding, name) for name in sorted(set(confounding["outcome"]))}


def read_confounding(path: str | Path) -> pd.DataFrame:
    """Read ``quality/confounding.tsv``.

    Raises
    ------
    UserError
        If it is not what was written.
    """
    return read_table(path, TEXT)


def _no_headline(reason: str, rows: pd.DataFrame) -> str:
    kinds = set(rows["kind"][rows["verdict"] == "confounded"])
    others = " and ".join(words for kind, words in WITHOUT.items() if kind in kinds)
    return (
        f"{reason}; a figure from random folds would be of that as much as of the condition, and "
        f"{others} are not available in version {RELEASE}"
    )


def _reason(verdict: str, note: str, rows: pd.DataFrame) -> str:
    parts = [
        f"{said}: cases and controls differ in {_named(own)}"
        for said in ("confounded", "caution")
        if len(own := rows[rows["verdict"] == said])
    ]
    if "batch not recorded" in note:
        parts.append(NOT_RECORDED)
    if verdict == "not_evaluable":
        unclear = next(part for part in note.split("; ") if "batch not recorded" not in part)
        parts.append(f"not evaluable: {unclear.removeprefix('not evaluable: ')}")
    return "; ".join(parts) or "clear: no recorded covariate separates cases from controls"


def _named(rows: pd.DataFrame) -> str:
    return ", ".join(_size(row) for row in rows.itertuples(index=False))


def _size(row: object) -> str:
    name, v, overlap, auc = (
        getattr(row, c) for c in ("covariate", "association", "overlap", "auc")
    )
    sizes = [f"AUC {auc:.2f}"] if pd.notna(auc) else []
    sizes += [f"V {v:.2f}"] if pd.notna(v) else []
    sizes += [f"overlap {overlap:.2f}"] if pd.notna(overlap) and overlap < 1 else []
    return f"{name} ({', '.join(sizes)})" if sizes else str(name)
