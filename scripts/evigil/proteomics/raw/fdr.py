"""False discovery rates by target-decoy competition, for spectra and for proteins."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.errors import UserError


def q_values(
    scores: NDArray[np.float64], decoy: NDArray[np.bool_], more: int = 1
) -> NDArray[np.float64]:
    """Estimate q-values from the decoys that score as well.

    Parameters
    ----------
    scores, decoy
        Of each match, shape (n,); higher is better. Equal scores get one q-value.
    more
        Decoys added to those counted: 1 makes the rate hold for any number of targets [1]_, 0 is
        the plain ratio.

    Returns
    -------
    numpy.ndarray
        Shape (n,), at most 1.

    References
    ----------
    .. [1] Levitsky et al. 2017, doi:10.1021/acs.jproteome.6b00144.
    """
    order = np.argsort(-scores, kind="stable")
    ranked = scores[order]
    last = np.searchsorted(-ranked, -ranked, side="right") - 1
    decoys = np.cumsum(decoy[order])[last] + more
    targets = np.maximum(np.cumsum(~decoy[order])[last], 1)
    rates = np.minimum(np.minimum.accumulate((decoys / targets)[::-1])[::-1], 1.0)
    values = np.empty(len(scores))
    values[order] = rates
    return values


def require_targets(q: NDArray[np.float64], decoy: NDArray[np.bool_], rate: float) -> None:
    """Refuse runs with too few targets for a rate, rather than leave an empty table.

    Raises
    ------
    UserError
        If no target is within the rate; says what the runs can show.
    """
    targets = q[~decoy]
    if (targets <= rate).any():
        return
    best = float(targets.min())
    count = int((targets == best).sum())
    raise UserError(
        f"proteomics: the mzML files have too few identified spectra for a false discovery rate of "
        f"{rate:.0%}, which needs at least {round(1 / rate):,} with no decoy among them; the "
        f"lowest rate that they show is {best:.1%}, of {count:,} spectra"
    )


class Groups(NamedTuple):
    """Proteins that the same peptides tell of.

    Attributes
    ----------
    of_peptide
        Group of each peptide: names of proteins joined by ``;``.
    of_protein
        Group of each protein that leads or is in one.
    """

    of_peptide: dict[str, str]
    of_protein: dict[str, str]


def razor_groups(peptides: dict[str, Sequence[str]]) -> Groups:
    """Put proteins together that the same peptides tell of; a shared peptide goes to one group.

    Parameters
    ----------
    peptides
        Proteins of each peptide.

    Returns
    -------
    Groups
        A peptide of several groups is of the one with most peptides, the first by name where
        several have as many.
    """
    of: dict[str, set[str]] = {}
    for peptide, names in peptides.items():
        for name in names:
            of.setdefault(name, set()).add(peptide)
    alike: dict[frozenset[str], list[str]] = {}
    for name in sorted(of):
        alike.setdefault(frozenset(of[name]), []).append(name)
    ranked = sorted(alike.items(), key=lambda item: (-len(item[0]), item[1]))
    of_peptide: dict[str, str] = {}
    of_protein: dict[str, str] = {}
    for found, names in ranked:
        label = ";".join(names)
        of_protein |= dict.fromkeys(names, label)
        for peptide in found:
            of_peptide.setdefault(peptide, label)
    return Groups(of_peptide, of_protein)


def labels(matches: pd.DataFrame, groups: Groups) -> pd.Series:
    """Give the group that each match tells of.

    Parameters
    ----------
    matches
        ``peptide, proteins, decoy``; a decoy names the proteins that it was made of.
    groups
        From the peptides that are taken for right.

    Returns
    -------
    pandas.Series
        A match of another peptide, and a decoy, is of the first group that has one of its
        proteins; of proteins without a group, of the first by name.
    """
    rows = zip(matches["peptide"], matches["proteins"], matches["decoy"], strict=True)
    return pd.Series(
        [
            groups.of_peptide[peptide]
            if not decoy and peptide in groups.of_peptide
            else min([groups.of_protein[n] for n in names if n in groups.of_protein] or names)
            for peptide, names, decoy in rows
        ],
        matches.index,
        dtype=object,
    )


def picked_groups(matches: pd.DataFrame, group: pd.Series) -> pd.Series:
    """Estimate q-values of protein groups by the picked target-decoy strategy.

    A group and its decoy compete: the better of the two stays, with its best score [1]_.

    Parameters
    ----------
    matches
        ``decoy, score`` of every match.
    group
        Group of each match.

    Returns
    -------
    pandas.Series
        q-value of each group that its own peptides win, indexed by group, sorted.

    References
    ----------
    .. [1] Savitski et al. 2015, doi:10.1074/mcp.M114.046995.
    """
    best = matches.assign(group=group).groupby(["group", "decoy"])["score"].max().unstack()
    best = best.reindex(columns=[False, True]).fillna(-np.inf)
    decoy = (best[True] >= best[False]).to_numpy()
    q = q_values(best.max(axis=1).to_numpy(), decoy, more=0)
    return pd.Series(q, best.index.astype(str), name="q")[~decoy].sort_index()
