"""Where short sequences fit the references: an exact pigeonhole search over two seeds.

A body with at most one mismatch has one of its first two words of k bases intact, so every place
where either word occurs is tried, and no other place can fit. Words have 8 to 10 bases: as long
as the shortest body allows, since longer words occur in fewer places.
"""

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from evigil.rna.bundle import LONGEST, SHORTEST, Bundle
from evigil.rna.sequences import SEPARATOR

#: Shortest part of a read, from its 5′ end, that must fit.
BODY = 16
#: Ends of an isomiR: how far they may be from those of the mature that it counts for.
SHIFT_5P, SHIFT_3P = 3, 6

#: Columns of a hit, as the kernel fills them.
FIELDS = ("unique", "reference", "position", "mismatches", "mismatch_at", "additions", "mature")


@dataclass(frozen=True)
class Rules:
    """What counts as a fit.

    Attributes
    ----------
    mismatches
        0 or 1, over the body.
    additions
        3′ nucleotides that may disagree after the body of an isomiR.
    ranked
        Keep of a read's fits only those of the class that claims it first, and of a hairpin's
        those at a mature; False keeps every fit with the fewest mismatches and additions.
    """

    mismatches: int = 1
    additions: int = 3
    ranked: bool = True


def match(
    bases: NDArray[np.uint8], offsets: NDArray[np.int64], bundle: Bundle, rules: Rules
) -> NDArray[np.int32]:
    """Find the best fits of each sequence, sense strand.

    Preference: fewest mismatches in the body, then fewest additions, then (`rules.ranked`) class.
    A read on a hairpin away from its matures has no additions and yields to every other class.

    Parameters
    ----------
    bases, offsets
        Sequences as in `evigil.rna.sequences.encode`; those under `BODY` bases never fit.
    bundle
        The references.
    rules
        What counts as a fit.

    Returns
    -------
    numpy.ndarray
        Shape (n_hits, 7), columns `FIELDS`, sorted by unique, reference, position: ``position``
        0-based on the reference, ``mismatch_at`` 0-based in the read or −1, ``mature`` a row of
        ``bundle.matures`` or −1.
    """
    priority = bundle.priority if rules.ranked else np.zeros(len(bundle.references), np.int32)
    last = len(bundle.classes) if rules.ranked else 0
    (a, first_a), (b, first_b), (c, first_c) = (
        (bundle.seeds[k][1], bundle.seeds[k][0]) for k in range(SHORTEST, LONGEST + 1)
    )
    return _match(
        bases,
        offsets,
        bundle.codes,
        bundle.starts,
        bundle.reference_of,
        (first_a, first_b, first_c),
        (a, b, c),
        bundle.mature_rows,
        bundle.matures["start"].to_numpy(np.int32),
        bundle.matures["end"].to_numpy(np.int32),
        priority.astype(np.int32),
        last,
        (bundle.references["biotype"] == "miRNA").to_numpy(),
        rules.mismatches,
        rules.additions,
    )


@njit(cache=True)
def _nearest(
    low: int, high: int, starts: NDArray[np.int32], ends: NDArray[np.int32], at: int, end: int
) -> int:
    """Return the row of the mature whose ends are nearest to a body's, or −1 beyond the limits."""
    best, row = SHIFT_5P + SHIFT_3P + 1, -1
    for m in range(low, high):
        five, three = abs(at - starts[m]), abs(end - ends[m])
        if five <= SHIFT_5P and three <= SHIFT_3P and five + three < best:
            best, row = five + three, m
    return row


@njit(cache=True)
def _word(bases: NDArray[np.uint8], start: int, length: int) -> int:
    """Return a word as its number, or −1 where it holds another code than those of A, C, G, T."""
    word = 0
    for i in range(start, start + length):
        if bases[i] > 3:
            return -1
        word = (word << 2) | bases[i]
    return word


@njit(cache=True)
def _disagreements(
    bases: NDArray[np.uint8], read: int, length: int, codes: NDArray[np.uint8], at: int
) -> tuple[int, int]:
    """Return where a read and the reference disagree first and second; `length` is nowhere.

    The end of the reference is both: nothing of a body lies beyond it.
    """
    one = length
    for i in range(length):
        code = codes[at + i] if at + i < len(codes) else SEPARATOR
        if code != bases[read + i] or code > 3:
            if one < length or code == SEPARATOR:
                return min(one, i), i
            one = i
    return one, length


@njit(cache=True)
def _fit(
    one: int,
    two: int,
    length: int,
    start: int,
    hairpin: bool,
    low: int,
    high: int,
    starts: NDArray[np.int32],
    ends: NDArray[np.int32],
    mismatches: int,
    additions: int,
) -> tuple[int, int, int]:
    """Return mismatches, additions and mature of the best way to fit one place; −1 for none.

    The body ends before the first disagreement, or before the second with one mismatch in it that
    is not its last base: such a base is an addition.
    """
    for m in range(mismatches + 1):
        body = one if m == 0 else two
        added = length - body
        if body < BODY or added > additions or (m == 1 and added > 0 and one == body - 1):
            continue
        mature = _nearest(low, high, starts, ends, start, start + body) if hairpin else -1
        if added == 0 or mature >= 0:
            return m, added, mature
    return -1, 0, -1


@njit(cache=True)
def _insert(
    hits: NDArray[np.int32], begin: int, n: int, hit: tuple[int, int, int, int, int, int, int]
) -> NDArray[np.int32]:
    """Put a hit at its place among those of its read, rows `begin` to `n`; grow where full."""
    if n == len(hits):
        larger = np.empty((2 * n, 7), np.int32)
        larger[:n] = hits
        hits = larger
    row = n
    while row > begin and (
        hits[row - 1, 1] > hit[1] or (hits[row - 1, 1] == hit[1] and hits[row - 1, 2] > hit[2])
    ):
        hits[row] = hits[row - 1]
        row -= 1
    # constant columns: a tuple of mixed integers cannot be walked in a loop
    hits[row, 0], hits[row, 1], hits[row, 2] = hit[0], hit[1], hit[2]
    hits[row, 3], hits[row, 4] = hit[3], hit[4]
    hits[row, 5], hits[row, 6] = hit[5], hit[6]
    return hits


@njit(cache=True)
def _match(
    bases: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    codes: NDArray[np.uint8],
    starts: NDArray[np.int64],
    reference_of: NDArray[np.int32],
    firsts: tuple[NDArray[np.int32], ...],
    places: tuple[NDArray[np.int32], ...],
    mature_rows: NDArray[np.int32],
    mature_starts: NDArray[np.int32],
    mature_ends: NDArray[np.int32],
    priority: NDArray[np.int32],
    elsewhere: int,
    hairpin: NDArray[np.bool_],
    mismatches: int,
    additions: int,
) -> NDArray[np.int32]:
    hits = np.empty((max(1024, len(offsets)), 7), np.int32)
    n = 0
    for u in range(len(offsets) - 1):
        read, length = offsets[u], offsets[u + 1] - offsets[u]
        if length < BODY:
            continue
        k = min(LONGEST, max(BODY, length - additions) // 2)
        first, place = firsts[k - SHORTEST], places[k - SHORTEST]
        begin, best = n, 1 << 30
        for half in range(mismatches + 1):
            word = _word(bases, read + half * k, k)
            if word < 0:
                continue
            for p in range(first[word], first[word + 1]):
                at = place[p] - half * k
                if at < 0:
                    continue
                one, two = _disagreements(bases, read, length, codes, at)
                if half == 1 and one >= k:
                    continue  # the first word found this place
                r = reference_of[at]
                start = at - starts[r]
                low, high = mature_rows[r], mature_rows[r + 1]
                m, added, mature = _fit(
                    one,
                    two,
                    length,
                    start,
                    hairpin[r],
                    low,
                    high,
                    mature_starts,
                    mature_ends,
                    mismatches,
                    additions,
                )
                if m < 0:
                    continue
                claim = elsewhere if hairpin[r] and mature < 0 else priority[r]
                key = (m * (additions + 1) + added) * (elsewhere + 1) + claim
                if key < best:
                    best, n = key, begin
                if key == best:
                    mismatch_at = one if m == 1 else -1
                    hit = (u, r, start, m, mismatch_at, added, mature)
                    hits = _insert(hits, begin, n, hit)
                    n += 1
    return hits[:n].copy()
