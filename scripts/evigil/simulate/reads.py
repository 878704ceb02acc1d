"""Simulated sequencing: a FASTQ whose every read has a known origin."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evigil.rna.bundle import Bundle
from evigil.rna.sequences import encode
from evigil.simulate.inserts import LONGEST, Composition, Inserts, draw_inserts
from evigil.simulate.kits import KITS, Kit

LETTERS = np.frombuffer(b"ACGTN", dtype=np.uint8)
GOOD, MIDDLING, BAD = (np.uint8(33 + q) for q in (37, 25, 11))
TAIL = 12  # bases of a homopolymer tail


@dataclass(frozen=True)
class LibraryDesign:
    """How a library is made and sequenced.

    Attributes
    ----------
    kit
        A name of `evigil.simulate.kits.KITS`.
    reads, cycles
        Reads of the FASTQ, and bases of each.
    composition
        What the molecules are.
    copies
        Mean number of PCR copies beyond the first that a molecule is sequenced in; 0 for none.
    dimers
        Share of reads without an insert.
    errors
        Sequencing errors a base.
    poor
        Share of reads whose 3′ half is of poor quality.
    ambiguous
        Share of reads that hold an N.
    """

    kit: str = "truseq"
    reads: int = 20_000
    cycles: int = 51
    composition: Composition = field(default_factory=Composition)
    copies: float = 0.0
    dimers: float = 0.02
    errors: float = 0.001
    poor: float = 0.005
    ambiguous: float = 0.002


@dataclass(frozen=True)
class Library:
    """A sequenced library.

    Attributes
    ----------
    fastq
        The file's text.
    truth
        ``feature, biotype, kind, molecules, reads``, sorted: how often each was sequenced. Adapter
        dimers are a biotype without a feature.
    """

    fastq: bytes
    truth: pd.DataFrame


def sequence_library(
    mirnas: pd.Series, bundle: Bundle, design: LibraryDesign, rng: np.random.Generator
) -> Library:
    """Make and sequence a library.

    Parameters
    ----------
    mirnas
        Relative abundance by miRNA feature of the reference.
    bundle
        The reference that molecules are cut from.
    design
        Kit, depth and faults.
    rng
        Source of randomness.
    """
    kit = KITS[design.kit]
    n_dimers = rng.binomial(design.reads, design.dimers)
    n = design.reads - n_dimers
    copies = 1 + rng.poisson(design.copies, n)
    # the last molecule is cut so that the file has exactly as many reads as were asked for
    of_read = np.repeat(np.arange(n), copies)[:n]
    inserts = draw_inserts(
        int(of_read.max(initial=-1)) + 1, mirnas, bundle, design.composition, rng
    )
    molecules = _molecules(inserts, kit, design.cycles, rng)
    dimers = _molecules(_empty(n_dimers), kit, design.cycles, rng)
    order = rng.permutation(design.reads)
    bases = np.concatenate([molecules[of_read], dimers])[order]
    return Library(_fastq(*_sequence(bases, design, rng)), _truth(inserts, of_read, n_dimers))


def _empty(n: int) -> Inserts:
    table = pd.DataFrame({"feature": "", "biotype": "dimer", "kind": ""}, index=range(n))
    return Inserts(table, np.zeros((n, LONGEST), np.uint8), np.zeros(n, np.int64))


def _molecules(
    inserts: Inserts, kit: Kit, cycles: int, rng: np.random.Generator
) -> NDArray[np.uint8]:
    """Put the kit's bases around the inserts, A past the library's end; shape (n, cycles)."""
    n = len(inserts.lengths)
    adapter, after, tail = (encode([t])[0] for t in (kit.adapter, kit.after, kit.tail * TAIL))
    pieces = [
        rng.integers(4, size=(n, kit.random_before), dtype=np.uint8),
        inserts.codes,
        rng.integers(4, size=(n, kit.random_after), dtype=np.uint8),
        np.tile(tail, (n, 1)),
        np.tile(adapter, (n, 1)),
        rng.integers(4, size=(n, kit.umi), dtype=np.uint8),
        np.tile(after, (n, 1)),
    ]
    out = np.zeros((n, cycles), np.uint8)
    column = np.arange(cycles)
    begin = np.zeros(n, np.int64)
    for piece in pieces:
        width = piece.shape[1]
        end = begin + (inserts.lengths if piece is inserts.codes else width)
        inside = (column >= begin[:, None]) & (column < end[:, None])
        row, at = np.nonzero(inside)
        out[row, at] = piece[row, at - begin[row]]
        begin = end
    return out


def _sequence(
    bases: NDArray[np.uint8], design: LibraryDesign, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read the bases off with errors; letters and qualities, both of the shape of `bases`."""
    n, cycles = bases.shape
    quality = np.where(rng.random((n, cycles), np.float32) < 0.03, MIDDLING, GOOD)
    wrong = rng.random((n, cycles), np.float32) < design.errors
    bases = np.where(wrong, (bases + rng.integers(1, 4, (n, cycles), np.uint8)) % 4, bases)
    quality[wrong] = BAD
    poor = np.flatnonzero(rng.random(n) < design.poor)
    quality[poor, cycles // 3 :] = np.uint8(33 + 2)
    unread = np.flatnonzero(rng.random(n) < design.ambiguous)
    where = rng.integers(15, size=unread.size)
    bases[unread, where] = 4
    quality[unread, where] = np.uint8(33 + 2)
    return LETTERS[bases], quality


def _fastq(letters: NDArray[np.uint8], quality: NDArray[np.uint8]) -> bytes:
    n, cycles = letters.shape
    numbers = np.char.zfill(np.arange(1, n + 1).astype("S9"), 9)
    name = np.frombuffer(numbers.tobytes(), np.uint8).reshape(n, 9)
    prefix = np.tile(np.frombuffer(b"@simulated:", np.uint8), (n, 1))
    line = np.full((n, 1), ord("\n"), np.uint8)
    plus = np.tile(np.frombuffer(b"\n+\n", np.uint8), (n, 1))
    return np.hstack([prefix, name, line, letters, plus, quality, line]).tobytes()


def _truth(inserts: Inserts, of_read: NDArray[np.int64], n_dimers: int) -> pd.DataFrame:
    keys = ["feature", "biotype", "kind"]
    table = inserts.table.assign(
        molecules=1, reads=np.bincount(of_read, minlength=len(inserts.lengths))
    )
    dimers = pd.DataFrame(
        {"feature": "", "biotype": "dimer", "kind": "", "molecules": n_dimers, "reads": n_dimers},
        index=[0],
    )
    counted = pd.concat([table, dimers]).groupby(keys, as_index=False).sum()
    return counted[counted["reads"] > 0].reset_index(drop=True)
