"""Finding a 3′ adapter in a read: cutadapt's semi-global alignment and preferences, in numba.

An adapter may be cut off by the end of the read; an alignment is acceptable with at most one error
in ten aligned adapter bases, insertions and deletions included, and at least `MINIMAL_OVERLAP`
bases. Among overlapping alignments the one with the highest score wins (match 1, mismatch −1,
gap −2), else the leftmost: Martin 2011, doi:10.14806/ej.17.1.200; cutadapt 5.2.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

MINIMAL_OVERLAP = 5
ERRORS_PER_BASE = 0.1
#: Length of a seed of an alignment that runs over the end of the read.
END_SEED = 5
#: Longest seed of an alignment within the read: its table stays in the processor's cache.
LONGEST_SEED = 7
ANY_BASE = 4


class Seeds(NamedTuple):
    """The words of which every acceptable alignment holds at least one, without an error.

    Attributes
    ----------
    inner, inner_size
        For the adapter in full: uint8, shape (4 ** inner_size,), by two bits for each base.
    end
        For an adapter that the read's end cuts off: the same for words of `END_SEED`.
    repetitive
        Whether words repeat, as in a poly(A) tail: an occurrence without an error may then be the
        end of a longer one with errors.
    """

    inner: np.ndarray
    inner_size: int
    end: np.ndarray
    repetitive: bool


def adapter_seeds(adapter: np.ndarray) -> Seeds:
    """Mark the words by which an alignment may be found.

    With e errors, one of e + 1 blocks is free of them: for the adapter in full these are as long as
    they can be; an overlap with e errors has at least 10 e bases, so that five bases do.

    Parameters
    ----------
    adapter
        Codes 0–3, at least 10.
    """
    blocks = int(len(adapter) * ERRORS_PER_BASE) + 1
    size = min(len(adapter) // blocks, LONGEST_SEED)
    inner, end = _words(adapter, size, blocks), _words(adapter, END_SEED, blocks)
    return Seeds(inner, size, end, bool(end.sum() < blocks))


def _words(adapter: np.ndarray, size: int, blocks: int) -> np.ndarray:
    table = np.zeros(4**size, np.uint8)
    for block in range(blocks):
        bases = adapter[block * size : (block + 1) * size]
        table[int("".join(map(str, bases)) or "0", 4)] = 1
    return table


@njit(cache=True, nogil=True, inline="always")
def find_adapter(codes, length, adapter, seeds, column):  # type: ignore[no-untyped-def]
    """Find the adapter in ``codes[:length]``.

    Parameters
    ----------
    codes, adapter
        Codes 0–3, 4 for an unknown base (a mismatch).
    seeds
        Of `adapter_seeds`.
    column
        Scratch, int32, shape (3, len(adapter) + 1).

    Returns
    -------
    tuple of int
        Where the adapter starts, and where it ends in the read; (-1, -1) if it is not there.
    """
    size = len(adapter)
    first = _first_seed(codes, length, size, seeds)
    if first < 0:
        return -1, -1
    # most adapters have no error: nothing before the first seed can compete with one
    end = min(first + size, length)
    if not seeds.repetitive and _exact(codes, first, end, adapter):
        return first, end
    # an alignment that starts earlier would have had a seed earlier
    return _align(codes, max(0, first - size), length, adapter, column)


@njit(cache=True, nogil=True, inline="always")
def _first_seed(codes, length, size, seeds):  # type: ignore[no-untyped-def]
    """Where the first seed starts, -1 if there is none; an unknown base may pass for another."""
    inner_mask = np.uint64(len(seeds.inner) - 1)
    end_mask = np.uint64(len(seeds.end) - 1)
    # an alignment that runs over the end starts behind this
    near_end = max(0, min(length, length - size - int(ERRORS_PER_BASE * size) + END_SEED))
    rolling = np.uint64(0)
    # unsigned indices: a signed one is tested for being negative at every access
    for at in range(np.uint64(near_end)):
        rolling = (rolling << np.uint64(2)) | np.uint64(codes[at])
        if seeds.inner[rolling & inner_mask]:
            return max(0, np.int64(at) - seeds.inner_size + 1)
    for at in range(np.uint64(near_end), np.uint64(length)):
        rolling = (rolling << np.uint64(2)) | np.uint64(codes[at])
        if seeds.end[rolling & end_mask]:
            return max(0, np.int64(at) - END_SEED + 1)
        if seeds.inner[rolling & inner_mask]:
            return max(0, np.int64(at) - seeds.inner_size + 1)
    return -1


@njit(cache=True, nogil=True, inline="always")
def _exact(codes, start, end, adapter):  # type: ignore[no-untyped-def]
    """Whether ``codes[start:end]`` is how the adapter starts."""
    for i in range(np.uint64(end - start)):
        if codes[np.uint64(start) + i] != adapter[i]:
            return False
    return True


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
    one = np.uint64(1)
    for j in range(begin + 1, length + 1):
        base = codes[j - 1]
        left_cost, left_score, left_origin = cost[0], score[0], origin[0]
        origin[0] = j
        for i in range(one, np.uint64(last) + one):
            new_cost, new_score, new_origin = left_cost, left_score, left_origin
            left_cost, left_score, left_origin = cost[i], score[i], origin[i]
            if adapter[i - one] == base:
                new_score += 1
            elif new_cost <= cost[i - one] and new_cost <= left_cost:
                new_cost, new_score = new_cost + 1, new_score - 1
            elif cost[i - one] <= left_cost:
                new_cost, new_score = cost[i - one] + 1, score[i - one] - 2
                new_origin = origin[i - one]
            else:
                new_cost, new_score, new_origin = left_cost + 1, left_score - 2, left_origin
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
