"""Why samples cannot answer a contrast, in one line that names what stands in the way."""

from typing import NoReturn

import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from evigil.differential.contrasts import Contrast
from evigil.errors import UserError

MIN_PATIENTS = 2
TOLERANCE = 1e-8


def refuse_samples(used: pd.DataFrame, contrast: Contrast) -> None:
    """Raise UserError if too few patients are there, or draws repeat without a block."""
    _groups(used, contrast)
    _repeats(used, contrast)
    _block(used, contrast)
    for column in (*contrast.covariates, contrast.interaction):
        if column is not None and used[column].nunique() < 2:
            value = used[column].iloc[0]
            shown = f"{value:g}" if is_numeric_dtype(used[column]) else repr(value)
            key = "covariates" if column in contrast.covariates else "interaction"
            _refuse(contrast, key, f"{column!r} is {shown} in all {_samples(used)}; leave it out")
    if contrast.interaction is not None:
        _cells(used, contrast, contrast.interaction)


def refuse_matrix(
    matrix: pd.DataFrame, owners: dict[str, str], used: pd.DataFrame, contrast: Contrast
) -> None:
    """Raise UserError if a term is aliased, named with what it is aliased with.

    Parameters
    ----------
    matrix
        Shape (n_samples, n_coefficients).
    owners
        The term of each column but the intercept, in the order of the model.
    """
    values = matrix / np.linalg.norm(matrix, axis=0)
    terms = list(dict.fromkeys(owners.values()))
    before: list[str] = []
    for term in terms:
        own = [column for column, owner in owners.items() if owner == term]
        earlier = ["Intercept", *(c for c, owner in owners.items() if owner in before)]
        gained = _rank(values[earlier + own]) - _rank(values[earlier])
        if gained < len(own):
            others = _aliases(values, owners, own, before)
            _refuse_alias(contrast, term, others, term == terms[-1], used)
        before.append(term)
    if len(matrix) <= matrix.shape[1]:
        _refuse(
            contrast,
            "",
            f"{_samples(used)} cannot support a model of {matrix.shape[1]} coefficients"
            + ("; give fewer covariates" if contrast.covariates else ""),
        )


def _rank(values: pd.DataFrame) -> int:
    return int(np.linalg.matrix_rank(values.to_numpy(), tol=TOLERANCE * len(values)))


def _aliases(
    values: pd.DataFrame, owners: dict[str, str], own: list[str], before: list[str]
) -> list[str]:
    """Return the fewest earlier terms, dropped one by one, that a term is aliased with."""

    def deficient(terms: list[str]) -> bool:
        earlier = ["Intercept", *(c for c, owner in owners.items() if owner in terms)]
        return _rank(values[earlier + own]) - _rank(values[earlier]) < len(own)

    kept = list(before)
    for term in before:
        fewer = [other for other in kept if other != term]
        if deficient(fewer):
            kept = fewer
    return kept


def _refuse_alias(
    contrast: Contrast, term: str, others: list[str], tested: bool, used: pd.DataFrame
) -> NoReturn:
    named = " and ".join(repr(other) for other in others)
    if tested:
        text = f"{term!r} cannot be told from {named} in the {_samples(used)}"
        _refuse(contrast, "", f"{text} (aliased); no model can separate them")
    text = f"{term!r} follows from {named} in the {_samples(used)} (aliased); leave one out"
    _refuse(contrast, "covariates", text)


def _groups(used: pd.DataFrame, contrast: Contrast) -> None:
    if used.empty:
        _refuse(contrast, "", "no sample is left that can be used")
    patients = used["patient"].nunique()
    if patients == 1:
        patient = used["patient"].iloc[0]
        _refuse(contrast, "", f"all {_samples(used)} are of one patient, {patient!r}")
    if contrast.has_groups:
        groups = contrast.groups(used)
        for word in ("case", "control"):
            found = used["patient"][groups == word].nunique()
            if found < MIN_PATIENTS:
                there = f"{found} {word} patient{'' if found == 1 else 's'}"
                _refuse(contrast, "", f"has {there}; at least {MIN_PATIENTS} of each are needed")
    elif used[contrast.column].nunique() < 2:
        value = used[contrast.column].iloc[0]
        shown = f"{value:g}" if is_numeric_dtype(used[contrast.column]) else repr(value)
        _refuse(contrast, "column", f"{contrast.column!r} is {shown} in all {_samples(used)}")


def _repeats(used: pd.DataFrame, contrast: Contrast) -> None:
    """Refuse draws of one patient that the model would take for different people."""
    drawn = used["patient"].value_counts()
    again = sorted(drawn.index[drawn > 1])
    if not again or "patient" in contrast.covariates:
        return
    if contrast.block is None:
        others = len(again) - 1
        more = f" (and {others} more patient{'s' * (others > 1)})" if others else ""
        _refuse(
            contrast,
            "",
            f"patient {again[0]!r} has {drawn[again[0]]} samples{more}; use block: patient, or "
            "select one draw of each",
        )
    spread = used.groupby("patient")[contrast.block].nunique()
    torn = sorted(spread.index[spread > 1])
    if torn:
        _refuse(
            contrast,
            "block",
            f"samples of patient {torn[0]!r} are in {spread[torn[0]]} blocks of "
            f"{contrast.block!r}; use block: patient",
        )


def _block(used: pd.DataFrame, contrast: Contrast) -> None:
    if contrast.block is None:
        return
    sizes = used[contrast.block].value_counts()
    if len(sizes) < 2:
        _refuse(contrast, "block", f"{contrast.block!r} is one block only; leave it out")
    if sizes.max() == 1:
        text = f"every {contrast.block!r} has one sample, nothing repeats; leave it out"
        _refuse(contrast, "block", text)


def _cells(used: pd.DataFrame, contrast: Contrast, column: str) -> None:
    """Refuse an interaction that has no sample in one of its four cells."""
    values, groups = used[column], contrast.groups(used)
    if is_numeric_dtype(values):
        for word in ("case", "control"):
            if values[groups == word].nunique() < 2:
                text = f"{column!r} does not vary among the {word} samples"
                _refuse(contrast, "interaction", text)
        return
    levels = sorted(values.astype(str).unique())
    if len(levels) > 2:
        _refuse(
            contrast,
            "interaction",
            f"{column!r} has {len(levels)} levels; a numeric column or one with two is needed",
        )
    for word in ("case", "control"):
        for level in levels:
            if not ((groups == word) & (values.astype(str) == level)).any():
                text = f"no {word} sample has {level!r} in column {column!r}"
                _refuse(contrast, "interaction", text)


def _samples(used: pd.DataFrame) -> str:
    return f"{len(used)} sample{'' if len(used) == 1 else 's'}"


def _refuse(contrast: Contrast, key: str, text: str) -> NoReturn:
    raise UserError(f"{contrast.path}{'.' if key else ''}{key}: {text}")
