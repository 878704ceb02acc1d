"""FASTQ → collapsed sequences of one sample, in one pass; every read has one fate."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evigil.errors import UserError
from evigil.reads.choice import Choice, choose, judge_lanes, judge_mates
from evigil.reads.fates import ADAPTER_DIMER, FATES, NO_ADAPTER, PAIR_DISCORDANT, Settings
from evigil.reads.library import Library, in_order
from evigil.reads.protocol import Protocol
from evigil.reads.qc import Q30, duplication_table, length_table, position_table

if TYPE_CHECKING:
    from evigil.reads.stream import Counted


@dataclass(frozen=True)
class Digest:
    """The collapsed sequences of a sample, and what became of every read.

    Attributes
    ----------
    bases
        All sequences end to end, uint8: A 0, C 1, G 2, T 3.
    offsets
        Where each starts, int64, shape (n + 1,); sorted by sequence, a prefix first.
    reads, molecules
        int64, shape (n,); with UMIs a family is counted under its most frequent member, and
        without UMIs molecules are the reads.
    total
        Reads of the FASTQ; pairs where there are mates.
    fates
        Reads that ended here, by column of the ledger; ``duplicate_umi`` are reads − molecules.
    protocol, has_umi
        The protocol that was used.
    verdict, reason
        As in `evigil.reads.choice.Choice`; those in
        `evigil.reads.choice.CONTENT_FAULTS` fail the sample.
    evidence, positions, lengths, duplication
        Tables: evidence for each protocol; quality and composition by cycle; inserts by length;
        sequences by number of reads.
    q30_bases, bases_read
        Bases of quality 30 or better, and all.
    """

    bases: np.ndarray
    offsets: np.ndarray
    reads: np.ndarray
    molecules: np.ndarray
    total: int
    fates: dict[str, int]
    protocol: str
    has_umi: bool
    verdict: str
    reason: str
    evidence: pd.DataFrame
    positions: pd.DataFrame
    lengths: pd.DataFrame
    duplication: pd.DataFrame
    q30_bases: int
    bases_read: int


def digest(
    libraries: Sequence[Library],
    protocols: Mapping[str, Protocol],
    *,
    declared: str = "auto",
    fallback: Callable[[], str | None] | None = None,
    lengths: tuple[int, int] = (16, 50),
    block_bytes: int = 1 << 20,
) -> Digest:
    """Digest the FASTQ files of a sample.

    Parameters
    ----------
    libraries
        Its files; all paired, or none.
    protocols
        Known protocols by name.
    declared
        ``auto``, or the name of the protocol in the sheet.
    fallback
        Asked for the protocol of the batch if fewer than 1,000 reads are informative.
    lengths
        Shortest and longest insert, nucleotides.
    block_bytes
        Bytes that are looked at at once; it changes no number.

    Raises
    ------
    UserError
        In one line: a file that is missing, empty, cut off or damaged, a record that is none,
        mates that differ in number.
    """
    from evigil.reads.sample import first_reads
    from evigil.reads.stream import count_reads

    ordered = in_order(libraries)
    paired = {library.fastq_2 is not None for library in ordered}
    if len(paired) > 1:
        raise UserError(f"{ordered[0].fastq_1}: some libraries of the sample have mates, some not")
    sample = first_reads([library.fastq_1 for library in ordered], block_bytes)
    choice = choose(sample, protocols, declared, fallback)
    if len(ordered) > 1:
        lanes = ((library, first_reads([library.fastq_1], block_bytes)) for library in ordered)
        choice = judge_lanes(choice, lanes, protocols)
    protocol = protocols[choice.protocol]
    settings = Settings.of(protocol, lengths, sample.phred, paired.pop())
    counted = count_reads(ordered, protocol, settings, block_bytes)
    if settings.paired:
        fates = counted.fates
        compared = counted.total - int(fates[NO_ADAPTER] + fates[ADAPTER_DIMER])
        choice = judge_mates(choice, int(fates[PAIR_DISCORDANT]), compared)
    return _result(counted, protocol, settings, choice)


def _result(counted: "Counted", protocol: Protocol, settings: Settings, choice: Choice) -> Digest:
    from evigil.reads.collapse import unpack

    table = counted.table
    table.sort(settings.words)
    keys, sizes, reads, molecules = table.keys, table.sizes, table.counts, table.counts
    if protocol.has_umi:
        from evigil.reads.umi import count_molecules

        rows, reads, molecules = count_molecules(keys, sizes, reads)
        keys, sizes = keys[rows], sizes[rows]
    offsets = np.zeros(len(sizes) + 1, np.int64)
    np.cumsum(sizes, out=offsets[1:])
    bases = np.empty(offsets[-1], np.uint8)
    unpack(keys, sizes, offsets, bases)
    fates = dict(zip(FATES, counted.fates.tolist(), strict=False))
    by_quality = counted.qualities.sum(axis=(0, 2))
    return Digest(
        bases=bases,
        offsets=offsets,
        reads=reads,
        molecules=molecules,
        total=counted.total,
        fates=fates | {"duplicate_umi": int(reads.sum() - molecules.sum())},
        protocol=protocol.name,
        has_umi=protocol.has_umi,
        verdict=choice.verdict,
        reason=choice.reason,
        evidence=choice.evidence,
        positions=position_table(counted.qualities),
        lengths=length_table(counted.inserts, sizes, reads, molecules),
        duplication=duplication_table(reads),
        q30_bases=int(by_quality[Q30:].sum()),
        bases_read=int(by_quality.sum()),
    )
