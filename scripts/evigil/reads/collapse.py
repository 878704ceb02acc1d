"""The table of collapsed sequences: packed, hashed, grown as needed, sorted at the end.

A sequence is a row of 64-bit words, two bits a base and the first base highest; the word of the UMI
follows where there is one, then the length. In the table its reads stand behind it, so that a read
which was seen before touches one place of memory beside its slot.
"""

import numpy as np
from numba import njit

WORD = 32
#: Reads that wait to be counted together.
WAITING = 64


@njit(cache=True, nogil=True, inline="always")
def hash_row(row):  # type: ignore[no-untyped-def]
    """Hash a packed sequence; the same on every machine."""
    h = np.uint64(0x9E3779B97F4A7C15)
    for word in row:
        h = (h ^ word) * np.uint64(0xBF58476D1CE4E5B9)
        h ^= h >> np.uint64(29)
    h *= np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(32))


@njit(cache=True, nogil=True, inline="always")
def same(rows, index, row):  # type: ignore[no-untyped-def]
    """Whether ``rows[index]`` is `row`."""
    for i in range(len(row)):
        if rows[index, i] != row[i]:
            return False
    return True


@njit(cache=True, nogil=True, inline="always")
def count_row(row, rows, slots, used):  # type: ignore[no-untyped-def]
    """Count a packed sequence in the hash table; returns the number of sequences in it."""
    mask = np.uint64(len(slots) - 1)
    slot = hash_row(row) & mask
    while slots[slot] >= 0:
        index = np.uint64(slots[slot])
        if same(rows, index, row):
            rows[index, len(row)] += np.uint64(1)
            return used
        slot = (slot + np.uint64(1)) & mask
    slots[slot] = used
    for i in range(len(row)):
        rows[used, i] = row[i]
    rows[used, len(row)] = 1
    return used + 1


@njit(cache=True, nogil=True)
def count_rows(waiting, first, rows, slots, used):  # type: ignore[no-untyped-def]
    """Count packed sequences; returns the number of sequences in the table.

    All slots are asked for before the first is needed, then all rows: memory answers many at once.

    Parameters
    ----------
    waiting
        One sequence in each row.
    first
        Scratch, int32, as many.
    """
    mask = np.uint64(len(slots) - 1)
    for k in range(len(waiting)):
        first[k] = slots[hash_row(waiting[k]) & mask]
    for k in range(len(waiting)):
        row, index = waiting[k], np.uint64(first[k])
        if first[k] >= 0 and same(rows, index, row):
            rows[index, len(row)] += np.uint64(1)
        else:
            used = count_row(row, rows, slots, used)
    return used


@njit(cache=True, nogil=True)
def fill_slots(rows, used, slots):  # type: ignore[no-untyped-def]
    """Put the first `used` sequences into an empty hash table."""
    mask = np.uint64(len(slots) - 1)
    for index in range(used):
        slot = hash_row(rows[index, :-1]) & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = index


class Collapsed:
    """Packed sequences with their reads.

    Attributes
    ----------
    rows
        uint64, shape (capacity, words + 2): the words, the length of the insert, reads.
    slots
        The hash table: indices of rows, -1 where it is empty; at most half full.
    keys, sizes, counts
        Of a table that was sorted: words, lengths (uint16), reads (int64).
    """

    def __init__(self, words: int, capacity: int = 1 << 15):
        self.rows = np.empty((capacity, words + 2), np.uint64)
        self.slots = np.full(2 * capacity, -1, np.int32)

    def grow(self, used: int) -> None:
        """Make room for more: rows by half (in place, so that memory peaks low), slots twice."""
        if used + WAITING > len(self.rows):
            self.rows.resize((used + used // 2, self.rows.shape[1]), refcheck=False)
        if 2 * (used + WAITING) > len(self.slots):
            size = 2 * len(self.slots)
            del self.slots
            self.slots = np.full(size, -1, np.int32)
            fill_slots(self.rows, used, self.slots)

    def count(self, waiting: np.ndarray, first: np.ndarray, used: int) -> int:
        """Count sequences for which there is room, as `count_rows`."""
        return int(count_rows(waiting, first, self.rows, self.slots, used))

    def close(self, used: int) -> None:
        """Drop the hash table and the rows that are not used."""
        del self.slots
        self.rows.resize((used, self.rows.shape[1]), refcheck=False)

    def sort(self, words: int) -> None:
        """Sort by the first `words` words, then by length: an order of sequences, a prefix first.

        What is behind them (the UMI) breaks ties.
        """
        columns = self.rows.T
        first = columns[0].copy()
        order = np.argsort(first)
        first = first[order]
        # few share their first word: only those are compared in all columns
        tied = np.zeros(len(order) + 1, bool)
        tied[1:-1] = first[1:] == first[:-1]
        rows = np.flatnonzero(tied[1:] | tied[:-1])
        shared = columns[:, order[rows]]
        by = np.lexsort((*shared[words:-2][::-1], shared[-2], *shared[:words][::-1]))
        order[rows] = order[rows][by]
        self.keys = self.rows[order, :-2]
        self.sizes = columns[-2][order].astype(np.uint16)
        self.counts = columns[-1][order].astype(np.int64)
        del self.rows


@njit(cache=True, nogil=True)
def unpack(keys, sizes, offsets, bases):  # type: ignore[no-untyped-def]
    """Write every packed sequence to ``bases[offsets[i]:offsets[i + 1]]``, codes 0–3."""
    for index in range(len(sizes)):
        at = offsets[index]
        for i in range(sizes[index]):
            word = keys[index, i // WORD]
            bases[at + i] = (word >> np.uint64(2 * (WORD - 1 - i % WORD))) & np.uint64(3)
