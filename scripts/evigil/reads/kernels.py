"""The pass over the bytes of FASTQ files: parse, digest and collapse, one kernel for each read.

Python hands over blocks of bytes and keeps the tables; everything that is done for every read is
here. Kernels are compiled once and kept in NUMBA_CACHE_DIR.
"""

import numpy as np
from numba import njit

from evigil.reads.adapter import ANY_BASE, find_adapter
from evigil.reads.collapse import count_rows
from evigil.reads.fates import (
    ADAPTER_DIMER,
    AFTER_ADAPTER,
    AMBIGUOUS_BASE,
    BAD_LETTER,
    DIMER_INSERT,
    DONE,
    GROW,
    KEPT,
    LEADING,
    LOW_QUALITY,
    MAX_POSITIONS,
    MORE,
    MORE_MATES,
    NO_ADAPTER,
    NO_HEADER,
    NO_PLUS,
    PAIR_DISCORDANT,
    QUALITIES,
    TOO_LONG,
    TOO_SHORT,
    TRAILING,
    UNEQUAL,
    WRONG_QUALITY,
)


@njit(cache=True, nogil=True, inline="always")
def next_record(block, at, stop, letters, codes):  # type: ignore[no-untyped-def]
    """Read one record from ``block[at:stop]`` and write its bases to `codes`.

    Returns
    -------
    tuple of int
        Status, position behind the record (`at` unless it is DONE), number of bases, position of
        the first quality.
    """
    # unsigned indices: a signed one is tested for being negative at every access
    i, stop, one = np.uint64(at), np.uint64(stop), np.uint64(1)
    while i < stop and (block[i] == 10 or block[i] == 13):
        i += one
    if i >= stop:
        return MORE, at, 0, 0
    if block[i] != 64:
        return NO_HEADER, at, 0, 0
    while i < stop and block[i] != 10:
        i += one
    i += one
    first = i
    while i < stop and letters[block[i]] <= ANY_BASE:
        codes[i - first] = letters[block[i]]
        i += one
    length = i - first
    if i < stop and block[i] == 13:
        i += one
    if i >= stop:
        return MORE, at, 0, 0
    if block[i] != 10:
        return BAD_LETTER, at, 0, 0
    i += one
    if i >= stop:
        return MORE, at, 0, 0
    if block[i] != 43:
        return NO_PLUS, at, 0, 0
    while i < stop and block[i] != 10:
        i += one
    quality = i + one
    i = quality + length
    if i < stop and block[i] == 13:
        i += one
    if i >= stop:
        return MORE, at, 0, 0
    if block[i] != 10:
        return UNEQUAL, at, 0, 0
    low, high = np.uint8(126), np.uint8(33)
    for value in block[np.int64(quality) : np.int64(quality + length)]:
        low = min(low, value)
        high = max(high, value)
    if low < 33 or high > 126:
        # a line end among them: the line of qualities is the shorter one
        return (UNEQUAL if low == 10 or low == 13 else WRONG_QUALITY), at, 0, 0
    return DONE, np.int64(i + one), np.int64(length), np.int64(quality)


@njit(cache=True, nogil=True)
def mates_agree(codes, end, mate, mate_length, offset):  # type: ignore[no-untyped-def]
    """Whether the reverse complement of a mate confirms ``codes[:end]``.

    At most one mismatch in five compared bases; fewer than ten bases refute nothing. With a
    negative `offset` (a tail of unknown length) every place is tried.
    """
    first, past = offset, offset + 1
    if offset < 0:
        first, past = 0, max(1, mate_length - min(end, 10) + 1)
    for place in range(first, past):
        compared, wrong = 0, 0
        for i in range(min(end, mate_length - place)):
            a, b = codes[end - 1 - i], mate[place + i]
            if a != ANY_BASE and b != ANY_BASE:
                compared += 1
                wrong += a + b != 3
        if compared < 10 or 5 * wrong <= compared:
            return True
    return False


@njit(cache=True, nogil=True, inline="always")
def good_end(block, start, end, settings):  # type: ignore[no-untyped-def]
    """Where a 3′ quality trim ends ``block[start:end]``: BWA's rule, as in cutadapt -q."""
    total, most, stop = 0, 0, end
    for i in range(end - 1, start - 1, -1):
        total += settings.cutoff - (block[i] - settings.phred)
        if total < 0:
            break
        if total > most:
            most, stop = total, i
    return stop


@njit(cache=True, nogil=True, inline="always")
def pack(codes, start, end, row, word):  # type: ignore[no-untyped-def]
    """Write ``codes[start:end]`` to ``row[word:]``, 32 bases a word, the first one highest.

    Returns
    -------
    bool
        Whether every base is known.
    """
    seen = np.uint64(0)
    while start < end:
        stop = min(start + 32, end)
        packed = np.uint64(0)
        for i in range(np.uint64(start), np.uint64(stop)):
            code = np.uint64(codes[i])
            seen |= code
            packed = (packed << np.uint64(2)) | code
        row[word] = packed << np.uint64(2 * (32 - stop + start))
        word, start = word + 1, stop
    return seen < np.uint64(ANY_BASE)


@njit(cache=True, nogil=True, inline="always")
def cut_out(  # type: ignore[no-untyped-def]
    codes, length, block, quality, mate, mate_length, adapter, seeds, scratch, settings, row
):
    """Find the insert of one read and pack it, with its UMI, into `row`.

    Returns
    -------
    tuple of int
        Fate; length of the insert as the adapter sets it, -1 if none was looked for; length of
        what is kept of it.
    """
    end, past = length, length
    if length == 0:
        return TOO_SHORT, -1, 0
    if len(adapter):
        end, past = find_adapter(codes, length, adapter, seeds, scratch)
        if end < 0:
            return NO_ADAPTER, -1, 0
    start = settings.leading
    stop = end - settings.trailing
    insert = max(0, stop - start)
    if len(adapter) and insert <= DIMER_INSERT:
        return ADAPTER_DIMER, insert, 0
    if settings.paired and not mates_agree(codes, end, mate, mate_length, settings.mate_offset):
        return PAIR_DISCORDANT, insert, 0
    kept = max(0, good_end(block, quality + start, quality + stop, settings) - quality - start)
    if kept < settings.shortest:
        return (LOW_QUALITY if insert >= settings.shortest else TOO_SHORT), insert, 0
    umi = past
    if settings.umi_place == LEADING:
        umi = 0
    elif settings.umi_place == TRAILING:
        umi = stop
    # a UMI that the read does not hold to its end: the insert is too long for it
    if kept > settings.longest or (
        settings.umi_place == AFTER_ADAPTER and umi + settings.umi_bases > length
    ):
        return TOO_LONG, insert, 0
    for i in range(settings.words):
        row[i] = 0
    known = pack(codes, start, start + kept, row, 0)
    if settings.umi_place:
        known &= pack(codes, umi, umi + settings.umi_bases, row, settings.words)
    return (KEPT if known else AMBIGUOUS_BASE), insert, kept


@njit(cache=True, nogil=True)
def digest_block(  # type: ignore[no-untyped-def]
    block,
    mates,
    state,
    ends,
    letters,
    codes,
    mate_codes,
    adapter,
    seeds,
    scratch,
    settings,
    waiting,
    first,
    rows,
    slots,
    fates,
    qualities,
    inserts,
):
    """Digest the records of two blocks of bytes until one of them ends or the table is full.

    Parameters
    ----------
    block, mates
        Bytes of read 1, and of read 2 if paired.
    state
        int64: where to go on in both blocks, sequences in the table, reads so far, reads that wait
        to be counted. Brought up to date.
    ends
        int64: where both blocks end.
    waiting, first
        The sequences that wait, and scratch of `count_rows`.
    rows, slots
        The hash table of collapsed sequences.
    fates, qualities, inserts
        What is counted, brought up to date: reads by fate; bases by position, quality and base;
        reads by length of insert.

    Returns
    -------
    tuple of int
        Why it stopped, and 0 or 1 for the block that a fault is in.
    """
    mate_at, mate_length = 0, 0
    while True:
        if state[4] == len(waiting):
            most = state[2] + len(waiting)
            if 2 * most > len(slots) or most > len(rows):
                return GROW, 0
            state[2] = count_rows(waiting, first, rows, slots, state[2])
            state[4] = 0
        status, at, length, quality = next_record(block, state[0], ends[0], letters, codes)
        if status != DONE:
            return status, 0
        if settings.paired:
            status, mate_at, mate_length, _ = next_record(
                mates, state[1], ends[1], letters, mate_codes
            )
            if status != DONE:
                return (MORE_MATES if status == MORE else status), 1
            state[1] = mate_at
        state[0] = at
        state[3] += 1
        shift = np.uint64(quality)
        for i in range(np.uint64(min(length, MAX_POSITIONS))):
            value = min(max(0, block[shift + i] - settings.phred), QUALITIES - 1)
            qualities[i, np.uint64(value), codes[i]] += 1
        fate, insert, kept = cut_out(
            codes,
            length,
            block,
            quality,
            mate_codes,
            mate_length,
            adapter,
            seeds,
            scratch,
            settings,
            waiting[state[4]],
        )
        fates[fate] += 1
        if insert >= 0:
            inserts[min(insert, MAX_POSITIONS)] += 1
        if fate == KEPT:
            waiting[state[4], waiting.shape[1] - 1] = kept
            state[4] += 1
