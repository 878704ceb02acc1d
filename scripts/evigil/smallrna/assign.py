"""From collapsed reads to classes, features and counts: every read has one fate."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.rna.bundle import Bundle
from evigil.rna.classes import FATES
from evigil.rna.strands import reverse_complement
from evigil.smallrna.assignment import UNMAPPED, Assignment, Collapsed
from evigil.smallrna.matcher import FIELDS, Rules, match
from evigil.smallrna.multimap import divide, largest_remainder

#: How probable a shift of an isomiR's end is, by its size, against none: only their ratios count,
#: and only between matures that a read fits equally well (ours; rounded from plasma libraries).
LIKELIHOOD_5P = np.array([1.0, 0.05, 0.02, 0.01])
LIKELIHOOD_3P = np.array([1.0, 0.4, 0.2, 0.1, 0.05, 0.03, 0.02])
ANTISENSE = FATES.index("antisense")


def assign(
    digest: Collapsed, bundle: Bundle, mismatches: int = 1, additions: int = 3
) -> Assignment:
    """Assign unique sequences to the references, and count.

    Sense fits come first, however poor: a sequence is antisense only when nothing fits in sense.
    A mature claims a body on its hairpin whose 5′ end is within 3 and whose 3′ end is within 6
    nucleotides of its own (`evigil.smallrna.matcher.SHIFT_5P, SHIFT_3P`; the nearest, where
    several do); any other read of a hairpin counts for the hairpin, when nothing else claims it.

    Parameters
    ----------
    digest
        Unique sequences and their counts.
    bundle
        The references.
    mismatches
        Mismatches allowed over the body, 0 or 1.
    additions
        Non-templated 3′ nucleotides allowed on a mature, 0 to 3.

    Returns
    -------
    Assignment
        The same for any order of the uniques, but for the numbers of their rows.
    """
    rules = Rules(mismatches, additions)
    found = match(digest.bases, digest.offsets, bundle, rules)
    hits: dict[str, NDArray] = {name: found[:, i] for i, name in enumerate(FIELDS)}
    fate = np.full(len(digest.molecules), UNMAPPED, dtype=np.int16)
    fate[hits["unique"]] = bundle.fate_of[hits["reference"]]
    _mark_antisense(fate, digest, bundle, mismatches)
    mature, reference = hits["mature"], hits["reference"]
    hits["feature"] = np.where(
        mature >= 0,
        _of(bundle.matures["feature"], mature),
        bundle.references["feature"].to_numpy()[reference],
    )
    hits |= _shifts(hits, digest.offsets, bundle)
    hits["weight"], counts = _count(hits, digest.molecules, bundle)
    ledger = np.zeros(len(FATES), np.int64)
    np.add.at(ledger, fate, digest.molecules)
    return Assignment(
        fate=fate,
        hits=pd.DataFrame(hits),
        counts=counts,
        ledger=dict(zip(FATES, ledger.tolist(), strict=True)),
    )


def _mark_antisense(
    fate: NDArray[np.int16], digest: Collapsed, bundle: Bundle, mismatches: int
) -> None:
    rest = np.flatnonzero(fate == UNMAPPED)
    bases, offsets = reverse_complement(digest.bases, digest.offsets, rest)
    rules = Rules(mismatches, additions=0, ranked=False)
    found = match(bases, offsets, bundle, rules)
    fate[rest[found[:, 0]]] = ANTISENSE


def _of(column: pd.Series, rows: NDArray[np.integer]) -> NDArray[np.int32]:
    """Return a column's values in rows of which −1 is none and gets 0."""
    return np.append(column.to_numpy(np.int32), np.int32(0))[rows]


def _shifts(
    hits: dict[str, NDArray], offsets: NDArray[np.int64], bundle: Bundle
) -> dict[str, NDArray[np.int32]]:
    """Say how far the ends of each body are from those of its mature: negative is upstream."""
    mature, at = hits["mature"], hits["mature"] >= 0
    body = np.diff(offsets)[hits["unique"]] - hits["additions"]
    five = hits["position"] - _of(bundle.matures["start"], mature)
    three = hits["position"] + body - _of(bundle.matures["end"], mature)
    return {
        "shift_5p": np.where(at, five, 0).astype(np.int32),
        "shift_3p": np.where(at, three, 0).astype(np.int32),
    }


def _count(
    hits: dict[str, NDArray], molecules: NDArray[np.int64], bundle: Bundle
) -> tuple[NDArray[np.float64], pd.DataFrame]:
    """Divide the uniques among their features, and each share among the feature's places."""
    n = len(bundle.features)
    unique, feature = hits["unique"].astype(np.int64), hits["feature"]
    pairs, pair, places = np.unique(unique * n + feature, return_inverse=True, return_counts=True)
    likelihood = np.zeros(len(pairs))
    np.maximum.at(
        likelihood,
        pair,
        LIKELIHOOD_5P[abs(hits["shift_5p"])] * LIKELIHOOD_3P[abs(hits["shift_3p"])],
    )
    weight, exclusive = divide(pairs // n, pairs % n, likelihood, molecules, n)
    reads = weight * molecules[pairs // n]
    exact = np.bincount(pairs % n, weights=reads, minlength=n).astype(np.float64)
    group = bundle.feature_fates
    totals = np.zeros(len(FATES), np.int64)
    first = np.flatnonzero(np.diff(unique, prepend=-1))
    np.add.at(totals, group[feature[first]], molecules[unique[first]])
    counts = pd.DataFrame(
        {
            "exact": exact,
            "exclusive": exclusive,
            "X": largest_remainder(exact, group, totals),
        }
    )
    return (weight / places)[pair], counts
