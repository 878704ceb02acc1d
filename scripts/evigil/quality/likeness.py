"""Whose sample is it: a person's visits are alike, and a swapped tube is like somebody else's."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.quality.limits import MAD_TO_SD

Floats = NDArray[np.float64]

# Ours, all of them: people with two visits at least that say how alike visits are; features that
# profiles are compared by, at least and at most; share of the samples that these are in.
FEWEST_PEOPLE = 5
FEWEST_FEATURES, MOST_FEATURES = 50, 500
DETECTED = 0.75
# Robust SDs from visits of one person, and from samples of two, to the cut between them.
APART = 3.0
# A batch of fewer people is not centred by itself: their own traits would go with it.
PEOPLE_OF_A_BATCH = 5
PRIOR = 10.0
CLIPPED = 3.0
# Chance that any pair of people at all is called one person.
FALSELY_ONE = 0.01


class Likeness(NamedTuple):
    """How alike samples are, and what tells one person from two.

    Attributes
    ----------
    matrix
        Correlation of profiles, shape (n, n).
    cut
        Between visits of one person (above) and samples of two.
    one_person
        Above this, no pair of two people is expected in the whole study.
    reason
        Why nothing can be told; empty where it can.
    """

    matrix: Floats
    cut: float
    one_person: float
    reason: str


class Visit(NamedTuple):
    """A sample beside the other visits of its patient.

    Attributes
    ----------
    own, best_other
        Mean correlation with the patient's other visits, and with those of the patient (of another
        one) that it is most like.
    rank, patients
        Of its own patient among all by that correlation, 1 is the first; and how many these are.
    partner
        The sample that it seems to have changed places with.
    alternative
        The other visits of the two, where these may as well have changed places.
    like
        The patient that it is most like.
    fits
        Whether it is as alike as visits are: once swaps are undone, for a sample that is in none.
    """

    own: float
    best_other: float
    rank: int
    patients: int
    partner: int | None
    alternative: tuple[int, int] | None
    like: str
    fits: bool


def profiles(values: pd.DataFrame, scale: str, patients: Floats, batches: Floats) -> Floats:
    """Bring samples to what is theirs alone: each feature centred within its batch, then scaled.

    Parameters
    ----------
    values
        Counts or log2 values, shape (n_samples, n_features).
    scale
        ``counts`` become log2 of counts per million.
    patients, batches
        Of each sample, shape (n_samples,).

    Returns
    -------
    numpy.ndarray
        Shape (n_samples, n_kept): each row of mean 0 and length 1; no column where too few features
        are common.
    """
    counts = scale == "counts"
    present = values > 0 if counts else values.notna()
    kept = present.mean() >= DETECTED
    if counts:
        kept &= values.notna().all()
    level = values.loc[:, kept].median().sort_index()
    highest = level.sort_values(ascending=False, kind="stable").index[:MOST_FEATURES]
    x = np.ascontiguousarray(values[sorted(highest)].to_numpy(float))
    if x.shape[1] < FEWEST_FEATURES or not len(x):
        return np.zeros((len(x), 0))
    if counts:
        x = np.log2(x * (1e6 / np.maximum(x.sum(axis=1, keepdims=True), 1.0)) + PRIOR)
    z = x - np.nanmedian(x, axis=0)
    for batch in np.unique(batches):
        rows = batches == batch
        if len(np.unique(patients[rows])) >= PEOPLE_OF_A_BATCH:
            z[rows] -= np.nanmean(z[rows], axis=0)
    spread = np.maximum(MAD_TO_SD * np.nanmedian(np.abs(z), axis=0), 1e-6)
    z = np.clip(np.nan_to_num(z / spread), -CLIPPED, CLIPPED)
    z -= z.mean(axis=1, keepdims=True)
    return z / np.maximum(np.sqrt((z**2).sum(axis=1, keepdims=True)), 1e-12)


def likeness(rows: Floats, patients: Floats) -> Likeness:
    """Compare every sample with every other, and find the cut between one person and two.

    Parameters
    ----------
    rows
        As `profiles` returns them.
    patients
        Of each sample, shape (n,).
    """
    matrix = rows @ rows.T
    repeated = pd.Series(patients).value_counts()
    people = int((repeated >= 2).sum())
    nothing = (matrix, np.nan, np.nan)
    if people < FEWEST_PEOPLE:
        few = f"{people} patients have two visits or more that can be used"
        return Likeness(*nothing, f"{few}, fewer than {FEWEST_PEOPLE}")
    if not rows.shape[1]:
        return Likeness(*nothing, f"fewer than {FEWEST_FEATURES} features are in most samples")
    upper = np.triu_indices(len(matrix), 1)
    same = patients[upper[0]] == patients[upper[1]]
    pairs = matrix[upper]
    (within, s_within), (between, s_between) = _robust(pairs[same]), _robust(pairs[~same])
    apart = (within - between) / max(s_within + s_between, 1e-12)
    if not apart >= APART:
        return Likeness(
            *nothing,
            "visits of one person are too little more alike than samples of two: median "
            f"correlations {within:.2f} and {between:.2f} lie {max(apart, 0.0):.1f} of their "
            f"spreads apart, {APART:g} are needed",
        )
    from scipy.stats import norm

    cut = between + apart * s_between
    chance = float(norm.isf(FALSELY_ONE / max((~same).sum(), 1)))
    return Likeness(matrix, cut, max(cut, between + chance * s_between), "")


def visits(found: Likeness, patients: Floats) -> dict[int, Visit]:
    """Hold every sample against its patient's other visits, and name those that were swapped.

    A swap is two samples of two patients that are below the cut with their own other visits and
    above it with the partner's. The clearest is undone first, and the rest looked at again: one
    tube makes all visits of its patient look unlike each other.

    Returns
    -------
    dict
        By row, of each sample whose patient has another.
    """
    labels = patients.copy()
    partners: dict[int, int] = {}
    alternatives: dict[int, tuple[int, int]] = {}
    while pair := _clearest_swap(found, labels, set(partners)):
        a, b = pair
        rest = [np.flatnonzero((labels == labels[i]) & (np.arange(len(labels)) != i)) for i in pair]
        if len(rest[0]) == len(rest[1]) == 1:
            alternatives[a] = alternatives[b] = (int(rest[0][0]), int(rest[1][0]))
        labels[[a, b]] = labels[[b, a]]
        partners |= {a: b, b: a}
    told = _standing(found.matrix, patients)
    undone = _standing(found.matrix, labels) if partners else told
    return {
        i: Visit(
            *told[i][:4],
            partners.get(i),
            alternatives.get(i),
            told[i][4],
            i not in partners and not (undone[i][0] < found.cut and undone[i][2] > 1),
        )
        for i in told
    }


def _robust(values: Floats) -> tuple[float, float]:
    if not values.size:
        return np.nan, np.nan
    centre = float(np.median(values))
    return centre, MAD_TO_SD * float(np.median(np.abs(values - centre)))


def _means(matrix: Floats, labels: Floats) -> tuple[Floats, NDArray[np.int64], Floats, Floats]:
    """Return mean correlation with each patient's samples, a sample itself apart."""
    names, code = np.unique(labels, return_inverse=True)
    member = np.eye(len(names))[code]
    sums = matrix @ member - member * np.diag(matrix)[:, None]
    sizes = member.sum(axis=0) - member
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(sizes > 0, sums / sizes, np.nan), code, sizes, names


def _standing(matrix: Floats, labels: Floats) -> dict[int, tuple[float, float, int, int, str]]:
    means, code, sizes, names = _means(matrix, labels)
    rows = np.arange(len(labels))
    own = means[rows, code]
    others = means.copy()
    others[rows, code] = -np.inf
    best = others.argmax(axis=1)
    rank = 1 + (others > own[:, None]).sum(axis=1)
    return {
        int(i): (
            float(own[i]),
            float(others[i, best[i]]) if len(names) > 1 else np.nan,
            int(rank[i]),
            len(names),
            str(names[best[i]]),
        )
        for i in np.flatnonzero(sizes[rows, code] > 0)
    }


def _clearest_swap(found: Likeness, labels: Floats, taken: set[int]) -> tuple[int, int] | None:
    """Return the two samples that gain most by changing places, where both are then as visits are.

    Of a patient with one sample nothing is known but that: the partner's other visits decide.
    """
    matrix = found.matrix
    means, code, _, names = _means(matrix, labels)
    own = means[np.arange(len(labels)), code]
    free = ~np.isin(np.arange(len(labels)), sorted(taken))
    odd = np.flatnonzero((own < found.cut) & free)
    partners = np.flatnonzero(((own < found.cut) | np.isnan(own)) & free)
    sums, sizes = matrix @ np.eye(len(names))[code], np.bincount(code)
    pairs = matrix[np.ix_(odd, partners)]
    # how alike each would be with the other's patient, whose sample there is left out
    with np.errstate(invalid="ignore", divide="ignore"):
        there = (sums[np.ix_(odd, code[partners])] - pairs) / (sizes[code[partners]] - 1)
        here = (sums[np.ix_(partners, code[odd])].T - pairs) / (sizes[code[odd]] - 1)[:, None]
    lone = np.isnan(own[partners])
    fits = (here > np.where(lone, found.one_person, found.cut)) & (lone | (there > found.cut))
    fits &= code[odd][:, None] != code[partners]
    if not fits.any():
        return None
    gain = here - own[odd][:, None] + np.where(lone, 0.0, there - own[partners])
    a, b = np.unravel_index(np.where(fits, gain, -np.inf).argmax(), gain.shape)
    return int(odd[a]), int(partners[b])
