"""The first reads of a sample, as a matrix: what protocols are judged by."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numba import njit

from evigil.reads.fastq import Blocks, letter_table, refuse
from evigil.reads.fates import DONE, MORE
from evigil.reads.kernels import next_record

#: Reads looked at, and bases of each.
READS = 50_000
CYCLES = 160
#: Bases of an adapter that are looked for.
EXACT = 12


@dataclass(frozen=True)
class FirstReads:
    """The first reads of a sample.

    Attributes
    ----------
    codes
        uint8, shape (n, cycles): bases as codes, 4 for an unknown one and behind the end.
    lengths
        int64, shape (n,): bases of each read.
    phred
        What qualities are offset by: 64 if none is below what such files have and some are above
        what others have, else 33.
    """

    codes: np.ndarray
    lengths: np.ndarray
    phred: int


def first_reads(paths: Sequence[str], block_bytes: int = 1 << 20) -> FirstReads:
    """Take the first reads of files that follow each other.

    Raises
    ------
    UserError
        If one of the files that were looked into cannot be read.
    """
    codes = np.full((READS, CYCLES), 4, np.uint8)
    lengths = np.zeros(READS, np.int64)
    seen = np.array([126, 33])
    letters = letter_table()
    used = 0
    for path in paths:
        if used == READS:
            break
        with Blocks(path, block_bytes) as blocks:
            first = used
            while used < READS and not blocks.ended:
                blocks.refill()
                scratch = np.empty(len(blocks.buffer), np.uint8)
                status, blocks.start, used = take_records(
                    *(blocks.buffer, blocks.start, blocks.stop, letters, scratch),
                    *(codes, lengths, used, seen),
                )
                if status > MORE or (status == MORE and blocks.ended and not blocks.blank):
                    refuse(blocks, used - first + 1, status)
    phred = 64 if used and seen[0] >= 59 and seen[1] > 80 else 33
    return FirstReads(codes[:used], lengths[:used], phred)


@njit(cache=True, nogil=True)
def take_records(block, at, stop, letters, scratch, codes, lengths, used, seen):  # type: ignore[no-untyped-def]
    """Copy records into rows of `codes`; returns status, position, rows used."""
    while used < len(codes):
        status, after, length, quality = next_record(block, at, stop, letters, scratch)
        if status != DONE:
            return status, at, used
        at = after
        for i in range(min(length, codes.shape[1])):
            codes[used, i] = scratch[i]
        for i in range(quality, quality + length):
            seen[0] = min(seen[0], block[i])
            seen[1] = max(seen[1], block[i])
        lengths[used] = length
        used += 1
    return DONE, at, used


@njit(cache=True, nogil=True)
def find_exact(codes, word, places):  # type: ignore[no-untyped-def]
    """Write the first place of `word` in every row of `codes` to `places`, -1 if there is none."""
    size = len(word)
    for row in range(len(codes)):
        places[row] = -1
        matched = 0
        for i in range(codes.shape[1] - size + 1):
            matched = 0
            while matched < size and codes[row, i + matched] == word[matched]:
                matched += 1
            if matched == size:
                places[row] = i
                break


def adapter_places(reads: FirstReads, adapter: str) -> np.ndarray:
    """Where the first bases of an adapter are in each read, exactly; -1 where they are not.

    Returns
    -------
    numpy.ndarray
        int64, shape (n,).
    """
    places = np.empty(len(reads.lengths), np.int64)
    word = letter_table()[np.frombuffer(adapter[:EXACT].encode(), np.uint8)]
    find_exact(reads.codes, word, places)
    return places
