"""Alarms as a patient would get them from a reference that the patient is not part of."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from evigil.monitoring.judge import judge
from evigil.monitoring.options import Options
from evigil.monitoring.reference import Reference, fit_reference

FOLDS = 10


def assign_folds(table: pd.DataFrame, admission: pd.Series, seed: int) -> pd.Series:
    """Deal the patients into folds, those of the reference and the others apart.

    Parameters
    ----------
    table
        With a column `patient`, shape (n, …).
    admission
        Empty text where the draw is in the reference, shape (n,).
    seed
        Of the order in which they are dealt.

    Returns
    -------
    pandas.Series
        Fold of each row, the same for all rows of a patient; it does not depend on their order.
    """
    teaches = (admission == "").groupby(table["patient"]).any().sort_index()
    generator = np.random.default_rng(seed)
    fold = pd.Series(0, index=teaches.index)
    for group in (True, False):
        members = teaches.index[teaches == group]
        fold[generator.permutation(members)] = np.arange(len(members)) % FOLDS
    return table["patient"].map(fold)


def judge_cross_fitted(
    table: pd.DataFrame,
    admission: pd.Series,
    references: Mapping[str, Reference],
    options: Options,
    seed: int,
) -> pd.DataFrame:
    """Judge each fold's patients by references of the other folds' patients.

    Patients outside the reference are dealt into folds too: sensitivity and specificity then
    belong to the same thresholds. A rule that the whole reference allows is allowed in each fold.

    Parameters
    ----------
    table
        As for `evigil.monitoring.judge.judge`.
    admission
        As from `evigil.monitoring.admission.admission`.
    references
        Of the whole reference, by marker.
    options
        Of the monitoring block.
    seed
        Of the folds.

    Returns
    -------
    pandas.DataFrame
        As from `evigil.monitoring.judge.judge`.
    """
    if table.empty:
        return judge(table, references, options)
    fold = assign_folds(table, admission, seed)
    parts = []
    for k in sorted(fold.unique()):
        others = fold != k
        fitted = {}
        for marker, whole in references.items():
            rows = others & (table["marker"] == marker)
            part = fit_reference(table[rows], admission[rows])
            enough = part.parameters is not None
            fitted[marker] = replace(part, refusals=whole.refusals) if enough else part
        parts.append(judge(table[~others], fitted, options))
    return pd.concat(parts).reindex(table.index)
