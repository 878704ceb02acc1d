"""Molecules from reads: families of one insert and UMI, sequencing errors in either put right.

Directional as UMI-tools (Smith 2017, doi:10.1101/gr.209601.116), over insert and UMI together:
of two sequences with inserts of one length that differ in one base of insert + UMI, b belongs to a
if n_a ≥ 2 n_b − 1; families are followed from the most frequent sequence on.
"""

import numpy as np
from numba import njit

EVERY_OTHER = (np.uint64(0xCCCCCCCCCCCCCCCC), np.uint64(0x3333333333333333))


def count_molecules(
    keys: np.ndarray, sizes: np.ndarray, counts: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Join families and count them for each insert.

    Parameters
    ----------
    keys
        Packed inserts with the UMI in the last word, uint64, shape (n, words + 1), sorted.
    sizes, counts
        Lengths of inserts and reads, shape (n,).

    Returns
    -------
    rows
        First row of each insert that heads a family, int64, shape (m,).
    reads, molecules
        Reads and number of its families, int64, shape (m,).
    """
    roots = family_roots(keys, sizes, counts)
    heads, family = np.unique(roots, return_inverse=True)
    reads = np.bincount(family, weights=counts, minlength=len(heads)).astype(np.int64)
    inserts = keys[heads, :-1]
    new = np.ones(len(heads), bool)
    new[1:] = (inserts[1:] != inserts[:-1]).any(axis=1) | (sizes[heads[1:]] != sizes[heads[:-1]])
    first = np.flatnonzero(new)
    if not len(first):
        return heads, reads, reads
    molecules = np.diff(np.append(first, len(heads)))
    return heads[first], np.add.reduceat(reads, first), molecules.astype(np.int64)


def family_roots(keys: np.ndarray, sizes: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """Return for every sequence the row of the one that its family starts from, int64."""
    sources, targets = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for mask in _half_masks(keys.shape[1] - 1):
        hashes = hash_masked(keys, sizes, mask)
        order = np.argsort(hashes, kind="stable")
        a, b = find_edges(keys, sizes, counts, hashes, order)
        sources.append(a)
        targets.append(b)
    source, target = np.concatenate(sources), np.concatenate(targets)
    order = np.argsort(source, kind="stable")
    starts = np.searchsorted(source[order], np.arange(len(counts) + 1))
    ranked = np.argsort(-counts, kind="stable")
    return follow(ranked, starts, target[order])


def _half_masks(words: int) -> list[np.ndarray]:
    """Bits that two sequences share which differ in one base: all but half of insert or of UMI.

    Every other base is a half, whatever the length, so that few sequences share the rest by chance.
    """
    masks = []
    for part in (slice(None, words), slice(words, None)):
        for every_other in EVERY_OTHER:
            mask = np.full(words + 1, np.uint64(0xFFFFFFFFFFFFFFFF))
            mask[part] = every_other
            masks.append(mask)
    return masks


@njit(cache=True, nogil=True)
def hash_masked(keys, sizes, mask):  # type: ignore[no-untyped-def]
    """Hash every sequence without the bits that `mask` leaves out."""
    hashes = np.empty(len(sizes), np.uint64)
    for i in range(len(sizes)):
        h = np.uint64(sizes[i]) * np.uint64(0x9E3779B97F4A7C15)
        for word in range(len(mask)):
            h = (h ^ (keys[i, word] & mask[word])) * np.uint64(0xBF58476D1CE4E5B9)
            h ^= h >> np.uint64(29)
        hashes[i] = h
    return hashes


@njit(cache=True, nogil=True)
def one_base_apart(keys, a, b):  # type: ignore[no-untyped-def]
    """Whether two packed sequences differ in one base at most."""
    differing = 0
    for word in range(keys.shape[1]):
        x = keys[a, word] ^ keys[b, word]
        x = (x | (x >> np.uint64(1))) & np.uint64(0x5555555555555555)
        if x:
            # one bit set: one base
            if differing or x & (x - np.uint64(1)):
                return False
            differing = 1
    return True


@njit(cache=True, nogil=True)
def find_edges(keys, sizes, counts, hashes, order):  # type: ignore[no-untyped-def]
    """Find the pairs (a, b) with equal hashes in which b may belong to a."""
    room = 1024
    source, target = np.empty(room, np.int64), np.empty(room, np.int64)
    used = 0
    for i in range(len(order)):
        a = order[i]
        for j in range(i + 1, len(order)):
            b = order[j]
            if hashes[a] != hashes[b]:
                break
            if sizes[a] != sizes[b] or not one_base_apart(keys, a, b):
                continue
            if used + 2 > room:
                room *= 2
                more_source, more_target = np.empty(room, np.int64), np.empty(room, np.int64)
                more_source[:used], more_target[:used] = source[:used], target[:used]
                source, target = more_source, more_target
            if counts[a] >= 2 * counts[b] - 1:
                source[used], target[used] = a, b
                used += 1
            if counts[b] >= 2 * counts[a] - 1:
                source[used], target[used] = b, a
                used += 1
    return source[:used], target[:used]


@njit(cache=True, nogil=True)
def follow(ranked, starts, targets):  # type: ignore[no-untyped-def]
    """Follow the edges from the most frequent sequence on; returns each one's root."""
    roots = np.full(len(ranked), -1, np.int64)
    queue = np.empty(len(ranked), np.int64)
    for root in ranked:
        if roots[root] >= 0:
            continue
        roots[root] = root
        queue[0] = root
        done, known = 0, 1
        while done < known:
            node = queue[done]
            done += 1
            for edge in range(starts[node], starts[node + 1]):
                if roots[targets[edge]] < 0:
                    roots[targets[edge]] = root
                    queue[known] = targets[edge]
                    known += 1
    return roots
