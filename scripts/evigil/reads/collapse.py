"""The table of collapsed sequences: packed, hashed, grown as needed, sorted at the end.

A sequence is a row of 64-bit words, two bits a base and the first base highest, with its length
beside it; a row ends in the word of the UMI where there is one.
"""

import numpy as np
from numba import njit

WORD = 32


@njit(cache=True, nogil=True, inline="always")
def hash_row(row, length):  # type: ignore[no-untyped-def]
    """Hash a packed sequence; the same on every machine."""
    h = np.uint64(length) * np.uint64(0x9E3779B97F4A7C15)
    for word in row:
        h = (h ^ word) * np.uint64(0xBF58476D1CE4E5B9)
        h ^= h >> np.uint64(29)
    h *= np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(32))


@njit(cache=True, nogil=True, inline="always")
def same(keys, index, row):  # type: ignore[no-untyped-def]
    """Whether ``keys[index]`` is `row`."""
    for i in range(len(row)):
        if keys[index, i] != row[i]:
            return False
    return True


@njit(cache=True, nogil=True, inline="always")
def count_row(row, length, keys, sizes, counts, slots, used):  # type: ignore[no-untyped-def]
    """Count a packed sequence in the hash table; returns the number of sequences in it."""
    mask = np.uint64(len(slots) - 1)
    slot = hash_row(row, length) & mask
    while slots[slot] >= 0:
        index = slots[slot]
        if sizes[index] == length and same(keys, index, row):
            counts[index] += 1
            return used
        slot = (slot + np.uint64(1)) & mask
    slots[slot] = used
    for i in range(len(row)):
        keys[used, i] = row[i]
    sizes[used] = length
    counts[used] = 1
    return used + 1


@njit(cache=True, nogil=True)
def fill_slots(keys, sizes, used, slots):  # type: ignore[no-untyped-def]
    """Put the first `used` sequences into an empty hash table."""
    mask = np.uint64(len(slots) - 1)
    for index in range(used):
        slot = hash_row(keys[index], sizes[index]) & mask
        while slots[slot] >= 0:
            slot = (slot + np.uint64(1)) & mask
        slots[slot] = index


class Collapsed:
    """Packed sequences with their reads.

    Attributes
    ----------
    keys
        uint64, shape (capacity, words).
    sizes
        Lengths of the inserts, uint16, shape (capacity,).
    counts
        Reads, int64, shape (capacity,).
    slots
        The hash table: indices of rows, -1 where it is empty; at most half full.
    """

    def __init__(self, words: int, capacity: int = 1 << 15):
        self.keys = np.empty((capacity, words), np.uint64)
        self.sizes = np.empty(capacity, np.uint16)
        self.counts = np.empty(capacity, np.int64)
        self.slots = np.full(2 * capacity, -1, np.int32)

    def grow(self, used: int) -> None:
        """Make room for more: rows by half (in place, so that memory peaks low), slots twice."""
        if used == len(self.counts):
            more = used + used // 2
            self.keys.resize((more, self.keys.shape[1]), refcheck=False)
            self.sizes.resize(more, refcheck=False)
            self.counts.resize(more, refcheck=False)
        if 2 * (used + 1) > len(self.slots):
            size = 2 * len(self.slots)
            del self.slots
            self.slots = np.full(size, -1, np.int32)
            fill_slots(self.keys, self.sizes, used, self.slots)

    def close(self, used: int) -> None:
        """Drop the hash table and what is not used, and sort by sequence, a prefix first."""
        del self.slots
        self.keys.resize((used, self.keys.shape[1]), refcheck=False)
        self.sizes.resize(used, refcheck=False)
        self.counts.resize(used, refcheck=False)

    def sort(self, words: int) -> None:
        """Sort rows by the first `words` words, then by length: an order of sequences.

        What is behind them (the UMI) breaks ties.
        """
        columns = self.keys.T
        order = np.lexsort((*columns[words:][::-1], self.sizes, *columns[:words][::-1]))
        self.keys = self.keys[order]
        self.sizes = self.sizes[order]
        self.counts = self.counts[order]


@njit(cache=True, nogil=True)
def unpack(keys, sizes, offsets, bases):  # type: ignore[no-untyped-def]
    """Write every packed sequence to ``bases[offsets[i]:offsets[i + 1]]``, codes 0–3."""
    for index in range(len(sizes)):
        at = offsets[index]
        for i in range(sizes[index]):
            word = keys[index, i // WORD]
            bases[at + i] = (word >> np.uint64(2 * (WORD - 1 - i % WORD))) & np.uint64(3)
