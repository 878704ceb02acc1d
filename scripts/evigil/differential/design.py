"""The model matrix of a contrast: built by formulaic, one direct coefficient per question."""

import re
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from evigil.differential.contrasts import Contrast
from evigil.differential.design_faults import refuse_matrix, refuse_samples

INTERCEPT = "Intercept"


class Design(NamedTuple):
    """The model of a contrast.

    Attributes
    ----------
    matrix
        Shape (n_samples, n_coefficients), full column rank; samples as index.
    tested
        Columns of the matrix that are tested: one, but for a likelihood-ratio test.
    formula
        As in R, the tested term last.
    levels
        Levels of each categorical column; the first is the reference.
    groups
        ``case``, ``control`` or ``""`` of each sample.
    block
        Block of each sample, or None.
    has_fold_change
        Whether the tested column is a fold change; False for a likelihood-ratio test.
    """

    matrix: pd.DataFrame
    tested: list[str]
    formula: str
    levels: dict[str, list[str]]
    groups: pd.Series
    block: pd.Series | None
    has_fold_change: bool


def build_design(used: pd.DataFrame, contrast: Contrast) -> Design:
    """Build the model matrix of a contrast.

    The contrast is a column of the matrix itself: contrasts computed afterwards are inexact where
    values are missing. Numeric covariates are centred and scaled, which changes their own
    coefficients only; a numeric `column` is centred and in units of `per`; the numeric column of
    an interaction is centred, its unit kept.

    Parameters
    ----------
    used
        The samples that are used (`admit`), indexed by sample.

    Raises
    ------
    UserError
        In one line, if the samples cannot answer the question: too few patients, repeated draws
        without a block, a covariate that is constant or aliased, an empty cell.
    """
    refuse_samples(used, contrast)
    frame, levels = _variables(used, contrast)
    alias = {str(column): f"v{i}" for i, column in enumerate(frame)}
    terms = [[str(column)] for column in frame]
    if contrast.interaction is not None:
        terms.append([contrast.interaction, contrast.column])
    matrix, owners = _matrix(frame, levels, alias, terms)
    refuse_matrix(matrix, owners, used, contrast)
    tested = [column for column, owner in owners.items() if owner == _said(terms[-1])]
    shown = [_said(term) for term in terms]
    return Design(
        matrix=matrix,
        tested=tested,
        formula="~ " + " + ".join(shown),
        levels=levels,
        groups=contrast.groups(used),
        block=used[contrast.block].astype(str) if contrast.block is not None else None,
        has_fold_change=contrast.has_fold_change,
    )


def _said(term: list[str]) -> str:
    return ":".join(column if column.isidentifier() else f"`{column}`" for column in term)


def _variables(used: pd.DataFrame, contrast: Contrast) -> tuple[pd.DataFrame, dict[str, list[str]]]:
    """Return the columns of the model in its order, and the levels of the categorical ones."""
    frame, levels = {}, {}
    for column in (*contrast.covariates, contrast.interaction, contrast.column):
        if column is None or column in frame:
            continue
        values = used[column]
        if column == contrast.column and contrast.has_groups:
            named = {"control": contrast.control_label, "case": contrast.case_label}
            values = contrast.groups(used).map(named)
            levels[column] = list(named.values())
        elif not is_numeric_dtype(values):
            values = values.astype(str)
            levels[column] = sorted(values.unique())
        if column in levels:
            frame[column] = pd.Series(pd.Categorical(values, levels[column]), used.index)
        else:
            frame[column] = _centred(values.astype(float), column, contrast)
    return pd.DataFrame(frame, index=used.index), levels


def _centred(values: pd.Series, column: str, contrast: Contrast) -> pd.Series:
    if column == contrast.column:
        unit = contrast.per or 1.0
    else:
        unit = 1.0 if column == contrast.interaction else float(values.std(ddof=0)) or 1.0
    return (values - values.mean()) / unit


def _matrix(
    frame: pd.DataFrame,
    levels: dict[str, list[str]],
    alias: dict[str, str],
    terms: list[list[str]],
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the matrix, and the term that each of its columns belongs to.

    formulaic sees names and levels of ours only: what stands in a sheet is never read as code.
    """
    from formulaic import model_matrix

    data = frame.rename(columns=alias)
    for column, known in levels.items():
        coded = data[alias[column]].cat.rename_categories([f"l{i}" for i in range(len(known))])
        data[alias[column]] = coded
    formula = "1 + " + " + ".join(":".join(alias[column] for column in term) for term in terms)
    built: Any = model_matrix(formula, data)
    names = {value: column for column, value in alias.items()}
    columns, owners = [], {}
    for raw in built.columns:
        parts = [re.fullmatch(r"(v\d+)(?:\[(?:T\.)?l(\d+)\])?", part) for part in raw.split(":")]
        if any(part is None for part in parts):
            columns.append(INTERCEPT)
            continue
        found = [(names[part[1]], part[2]) for part in parts if part is not None]
        columns.append(
            ":".join(f"{c}[{levels[c][int(level)]}]" if level else c for c, level in found)
        )
        owners[columns[-1]] = _said([c for c, _ in found])
    values = np.asarray(built, dtype=float) + 0.0  # a centred 0 times 0 may be -0
    return pd.DataFrame(values, index=frame.index, columns=columns), owners
