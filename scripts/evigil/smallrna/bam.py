"""Collapsed reads on the references as a BAM file: sorted, indexed, the same bytes every time."""

from pathlib import Path

import numpy as np
from numba import njit
from numpy.typing import NDArray

from evigil.rna.bundle import Bundle
from evigil.rna.classes import FATES
from evigil.smallrna.assignment import Assignment, Collapsed
from evigil.tables import whole
from evigil.version import __version__

#: Most places that one sequence is shown at; NH says how many there are.
MOST_PLACES = 10
#: Mapping quality of a sequence with one place, and of one with several.
CERTAIN, SHARED = 60, 0
SECONDARY = 256
#: Uncompressed bytes of a block: what htslib takes, below the 65,536 that the format allows.
BLOCK = 0xFF00
END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
BLOCK_HEADER = bytes.fromhex("1f8b08040000000000ff060042430200")
#: Bytes of a record beside its sequence and its tags' text: fields, name, CIGAR, tags.
FIXED, NAME, CIGAR, TAGS = 36, 24, 8, 4 * 7 + 4
#: Four bits of each base code (A, C, G, T; N for any other), as the format packs them.
PACKED = np.array([1, 2, 4, 8, 15, 15], dtype=np.uint8)


def write_alignments(
    digest: Collapsed, assignment: Assignment, bundle: Bundle, sample: str, path: str | Path
) -> None:
    """Write a sample's alignments, and their index as ``<path>.bai``.

    One record per unique sequence and place, the likeliest place primary. Additions are soft
    clipped. Tags: ``XC`` molecules of the sequence, ``XF`` class, ``NH`` places, ``HI`` which of
    them, ``NM`` mismatches.

    Parameters
    ----------
    digest
        Unique sequences and their counts.
    assignment
        What they were assigned to.
    bundle
        The references.
    sample
        Name of the sample.
    path
        File to write.
    """
    import pysam

    rows, place, places = _places(assignment)
    hits = assignment.hits.iloc[rows]
    reference, position = hits["reference"].to_numpy(), hits["position"].to_numpy()
    order = np.lexsort((place, hits["unique"], position, reference))
    unique = hits["unique"].to_numpy(np.int64)[order]
    labels, label_ends = _labels()
    records = _records(
        digest.bases,
        digest.offsets,
        digest.molecules,
        unique,
        reference[order].astype(np.int32),
        position[order].astype(np.int32),
        hits["mismatches"].to_numpy(np.int32)[order],
        hits["additions"].to_numpy(np.int32)[order],
        place[order].astype(np.int32),
        places[order].astype(np.int32),
        assignment.fate[unique].astype(np.int32),
        labels,
        label_ends,
    )
    with whole(path) as part:
        part.write_bytes(b"".join((*_blocks(_header(bundle, sample)), *_blocks(records), END)))
    with whole(f"{path}.bai") as part:
        pysam.index("-o", str(part), str(path))


def _places(assignment: Assignment) -> tuple[NDArray[np.int64], ...]:
    """Return the rows of the hits to show, the place of each among its sequence's, and how many."""
    hits = assignment.hits
    unique, weight = hits["unique"].to_numpy(), hits["weight"].to_numpy()
    rows = np.lexsort((np.arange(len(hits)), -weight, unique))
    first = np.searchsorted(unique, unique)  # hits are sorted by sequence
    place = np.arange(len(hits)) - first
    number = np.searchsorted(unique, unique, side="right") - first
    shown = place < MOST_PLACES
    return rows[shown], place[shown], number[shown]


def _labels() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    names = [name.encode() + b"\0" for name in FATES]
    return np.frombuffer(b"".join(names), np.uint8), np.cumsum([0, *map(len, names)])


def _header(bundle: Bundle, sample: str) -> NDArray[np.uint8]:
    names = bundle.references["name"].tolist()
    lengths = bundle.references["length"].tolist()
    lines = ["@HD\tVN:1.6\tSO:coordinate"]
    lines += [f"@SQ\tSN:{n}\tLN:{size}" for n, size in zip(names, lengths, strict=True)]
    lines += [f"@RG\tID:{sample}\tSM:{sample}", f"@PG\tID:evigil\tPN:evigil\tVN:{__version__}"]
    text = ("\n".join(lines) + "\n").encode()
    parts = [b"BAM\1", _number(len(text)), text, _number(len(names))]
    for name, size in zip(names, lengths, strict=True):
        parts += [_number(len(name.encode()) + 1), name.encode() + b"\0", _number(size)]
    return np.frombuffer(b"".join(parts), dtype=np.uint8)


def _number(value: int) -> bytes:
    return value.to_bytes(4, "little")


def _blocks(content: NDArray[np.uint8]) -> list[bytes]:
    """Compress in blocks of the BGZF format (SAM specification, 4.1)."""
    from isal import isal_zlib

    view = content.data
    blocks = []
    for i in range(0, len(content), BLOCK):
        piece = view[i : i + BLOCK]
        deflated = isal_zlib.compress(piece, level=1, wbits=-15)
        size = len(BLOCK_HEADER) + 2 + len(deflated) + 8
        tail = _number(isal_zlib.crc32(piece)) + _number(len(piece))
        blocks += [BLOCK_HEADER, (size - 1).to_bytes(2, "little"), deflated, tail]
    return blocks


@njit(cache=True, nogil=True)
def _int32(out: NDArray[np.uint8], at: int, value: int) -> int:
    for i in range(4):
        out[at + i] = (value >> (8 * i)) & 255
    return at + 4


@njit(cache=True, nogil=True)
def _digits(out: NDArray[np.uint8], at: int, value: int) -> int:
    size, rest = 1, value
    while rest > 9:
        rest //= 10
        size += 1
    for i in range(size):
        out[at + size - 1 - i] = 48 + value % 10
        value //= 10
    return at + size


@njit(cache=True, nogil=True)
def _tag(out: NDArray[np.uint8], at: int, one: int, two: int, value: int) -> int:
    out[at], out[at + 1], out[at + 2] = one, two, 105  # i: a signed number of four bytes
    return _int32(out, at + 3, value)


@njit(cache=True, nogil=True)
def _bin(start: int, end: int) -> int:
    """Return the smallest bin that holds an interval (SAM specification, 5.3)."""
    last = end - 1
    for shift, first in ((14, 4681), (17, 585), (20, 73), (23, 9), (26, 1)):
        if start >> shift == last >> shift:
            return first + (start >> shift)
    return 0


@njit(cache=True, nogil=True)
def _records(
    bases: NDArray[np.uint8],
    offsets: NDArray[np.int64],
    molecules: NDArray[np.int64],
    unique: NDArray[np.int64],
    reference: NDArray[np.int32],
    position: NDArray[np.int32],
    mismatches: NDArray[np.int32],
    additions: NDArray[np.int32],
    place: NDArray[np.int32],
    places: NDArray[np.int32],
    fate: NDArray[np.int32],
    labels: NDArray[np.uint8],
    label_ends: NDArray[np.int64],
) -> NDArray[np.uint8]:
    """Lay out alignment records (SAM specification, 4.2), one for each place, in their order."""
    room = 0
    for row in range(len(unique)):
        length = offsets[unique[row] + 1] - offsets[unique[row]]
        room += FIXED + NAME + CIGAR + TAGS + 16 + length + (length + 1) // 2
    out = np.empty(room, np.uint8)
    at = 0
    for row in range(len(unique)):
        u = unique[row]
        read, length = offsets[u], offsets[u + 1] - offsets[u]
        body = length - additions[row]
        begin = at
        at = _int32(out, begin + 4, reference[row])
        at = _int32(out, at, position[row])
        quality = CERTAIN if places[row] == 1 else SHARED
        at += 4  # the name's length is not known yet
        flag = SECONDARY if place[row] > 0 else 0
        at = _int32(out, at, (flag << 16) | (2 if additions[row] else 1))
        at = _int32(out, at, length)
        for nothing in (-1, -1, 0):  # no mate
            at = _int32(out, at, nothing)
        name = at
        at = _digits(out, at, u)
        out[at] = 120  # x
        at = _digits(out, at + 1, molecules[u])
        out[at] = 0
        at += 1
        bin_and_name = (_bin(position[row], position[row] + body) << 16) | (quality << 8)
        _int32(out, begin + 12, bin_and_name | (at - name))
        at = _int32(out, at, body << 4)  # M
        if additions[row]:
            at = _int32(out, at, (additions[row] << 4) | 4)  # S
        for i in range(0, length, 2):
            low = PACKED[bases[read + i + 1]] if i + 1 < length else 0
            out[at] = (PACKED[bases[read + i]] << 4) | low
            at += 1
        out[at : at + length] = 255  # qualities of several reads are no quality
        at += length
        at = _tag(out, at, 88, 67, min(molecules[u], 2**31 - 1))  # XC
        at = _tag(out, at, 78, 72, places[row])  # NH
        at = _tag(out, at, 72, 73, place[row] + 1)  # HI
        at = _tag(out, at, 78, 77, mismatches[row])  # NM
        out[at], out[at + 1], out[at + 2] = 88, 70, 90  # XF, text
        at += 3
        for i in range(label_ends[fate[row]], label_ends[fate[row] + 1]):
            out[at] = labels[i]
            at += 1
        _int32(out, begin, at - begin - 4)
    return out[:at]
