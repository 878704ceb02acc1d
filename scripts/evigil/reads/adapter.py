"""Finding a 3′ adapter in a read: cutadapt's semi-global alignment and preferences, in numba.

An adapter may be cut off by the end of the read; an alignment is acceptable with at most one error
in ten aligned adapter bases, insertions and deletions included, and at least `MINIMAL_OVERLAP`
bases. Among overlapping alignments the one with the highest score wins (match 1, mismatch −1,
gap −2), else the leftmost: Martin 2011, doi:10.14806/ej.17.1.200; cutadapt 5.2.
"""

import numpy as np
from numba import njit

MINIMAL_OVERLAP = 5
ERRORS_PER_BASE = 0.1
SEED = 5
ANY_BASE = 4


def seed_table(adapter: np.ndarray) -> np.ndarray:
    """Mark the 5-mers of which every acceptable alignment holds at least one exactly.

    With e errors in an overlap of at least 10 e bases, one of the first e + 1 blocks of five
    adapter bases is free of them.

    Parameters
    ----------
    adapter
        Codes 0–3, at least 10.

    Returns
    -------
    numpy.ndarray
        uint8, shape (1024,), by two bits for each base.
    """
    table = np.zeros(4**SEED, np.uint8)
    for block in range(int(len(adapter) * ERRORS_PER_BASE) + 1):
        bases = adapter[block * SEED : (block + 1) * SEED]
        table[int("".join(map(str, bases)), 4)] = 1
    return table


@njit(cache=True, nogil=True)
def find_adapter(codes, length, adapter, seeds, column):  # type: ignore[no-untyped-def]
    """Find the adapter in ``codes[:length]``.

    Parameters
    ----------
    codes, adapter
        Codes 0–3, 4 for an unknown base (a mismatch).
    seeds
        Of `seed_table`.
    column
        Scratch, int32, shape (3, len(adapter) + 1).

    Returns
    -------
    tuple of int
        Where the adapter starts, and where it ends in the read; (-1, -1) if it is not there.
    """
    size = len(adapter)
    target = np.uint64(0)
    for i in range(size):
        target = (target << np.uint64(2)) | np.uint64(adapter[i])
    full = np.uint64(0xFFFFFFFFFFFFFFFF) >> np.uint64(64 - 2 * size)
    rolling = np.uint64(0)
    known = 0
    first = -1
    for i in range(length):
        if codes[i] == ANY_BASE:
            known = 0
            continue
        known += 1
        rolling = (rolling << np.uint64(2)) | np.uint64(codes[i])
        if first < 0 and known >= SEED and seeds[rolling & np.uint64(1023)]:
            first = i - SEED + 1
        if first >= 0 and known >= size and (rolling & full) == target:
            # nothing before it can compete unless a seed was seen before it
            if first == i - size + 1:
                return first, i + 1
            break
    if first < 0:
        return -1, -1
    return _align(codes, max(0, first - 2 * size), length, adapter, column)


@njit(cache=True, nogil=True)
def _align(codes, begin, length, adapter, column):  # type: ignore[no-untyped-def]
    """Align as cutadapt does for a regular 3′ adapter, from the column `begin` on."""
    size = len(adapter)
    allowed = int(ERRORS_PER_BASE * size)
    cost, score, origin = column[0], column[1], column[2]
    for i in range(size + 1):
        cost[i], score[i], origin[i] = i, -2 * i, begin
    best_score, best_start, best_end, found = 0, 0, length, False
    last = min(size, allowed + 1)
    filled = 0
    for j in range(begin + 1, length + 1):
        base = codes[j - 1]
        left_cost, left_score, left_origin = cost[0], score[0], origin[0]
        origin[0] = j
        for i in range(1, last + 1):
            if adapter[i - 1] == base:
                new_cost, new_score, new_origin = left_cost, left_score + 1, left_origin
            elif left_cost <= cost[i - 1] and left_cost <= cost[i]:
                new_cost, new_score, new_origin = left_cost + 1, left_score - 1, left_origin
            elif cost[i - 1] <= cost[i]:
                new_cost, new_score, new_origin = cost[i - 1] + 1, score[i - 1] - 2, origin[i - 1]
            else:
                new_cost, new_score, new_origin = cost[i] + 1, score[i] - 2, origin[i]
            left_cost, left_score, left_origin = cost[i], score[i], origin[i]
            cost[i], score[i], origin[i] = new_cost, new_score, new_origin
        filled = last
        while last >= 0 and cost[last] > allowed:
            last -= 1
        if last < size:
            last += 1
        elif cost[size] <= size * ERRORS_PER_BASE and (
            not found or (origin[size] <= best_start + size // 2 and score[size] > best_score)
        ):
            found = True
            best_score, best_start, best_end = score[size], origin[size], j
            if cost[size] == 0:
                break
    for used in range(filled, MINIMAL_OVERLAP - 1, -1):
        if cost[used] <= used * ERRORS_PER_BASE and (
            not found or (origin[used] <= best_start + size // 2 and score[used] > best_score)
        ):
            found = True
            best_score, best_start, best_end = score[used], origin[used], length
    return (best_start, best_end) if found else (-1, -1)
