"""The pass over all files of a sample: blocks in, counts out, in memory that does not grow with it.

What grows is the table of distinct sequences.
"""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np

from evigil.errors import UserError
from evigil.reads.adapter import adapter_seeds
from evigil.reads.collapse import WAITING, Collapsed
from evigil.reads.fastq import Blocks, letter_table, refuse
from evigil.reads.fates import (
    FATES,
    GROW,
    MAX_POSITIONS,
    MORE,
    MORE_MATES,
    QUALITIES,
    Settings,
)
from evigil.reads.kernels import digest_block
from evigil.reads.library import Library
from evigil.reads.protocol import Protocol


@dataclass
class Counted:
    """What the pass counted.

    Attributes
    ----------
    table
        Collapsed sequences, not sorted.
    fates
        Reads by code of their fate, int64.
    qualities
        Bases by position, quality and base.
    inserts
        Reads by length of the insert.
    total
        Reads, or pairs.
    """

    table: Collapsed
    fates: np.ndarray
    qualities: np.ndarray
    inserts: np.ndarray
    total: int = 0


class _Pass:
    """Tables and scratch of the kernel; `feed` goes through one file, or a pair."""

    def __init__(self, protocol: Protocol, settings: Settings):
        self.settings = settings
        self.letters = letter_table()
        self.adapter = self.letters[np.frombuffer(protocol.adapter.encode(), np.uint8)]
        self.seeds = adapter_seeds(self.adapter)
        self.scratch = np.zeros((3, len(self.adapter) + 1), np.int32)
        words = settings.words + (settings.umi_place > 0)
        self.waiting = np.zeros((WAITING, words + 1), np.uint64)
        self.first = np.zeros(WAITING, np.int32)
        self.used = self.held = 0
        self.counted = Counted(
            Collapsed(words),
            np.zeros(len(FATES) + 1, np.int64),
            np.zeros((MAX_POSITIONS, QUALITIES, 5), np.int64),
            np.zeros(MAX_POSITIONS + 1, np.int64),
        )

    def feed(self, reads: Blocks, mates: Blocks | None) -> None:
        files = (reads, mates or reads)
        before = self.counted.total
        while True:
            status, which = self._run(*files)
            if status == GROW:
                self.counted.table.grow(self.used)
            elif status in (MORE, MORE_MATES):
                blocks = files[which]
                if not blocks.ended:
                    blocks.refill()
                elif blocks.blank:
                    break
                else:
                    refuse(blocks, self.counted.total - before + 1, MORE)
            else:
                refuse(files[which], self.counted.total - before + 1, status)
        if self.counted.total == before and mates is None:
            raise UserError(f"{reads.path}: is empty")
        if mates is not None:
            _same_length(reads, mates, self.counted.total - before)

    def _run(self, reads: Blocks, mates: Blocks) -> tuple[int, int]:
        state = np.array([reads.start, mates.start, self.used, self.counted.total, self.held])
        table = self.counted.table
        status, which = digest_block(
            *(reads.buffer, mates.buffer, state, np.array([reads.stop, mates.stop])),
            *(self.letters, np.empty(len(reads.buffer), np.uint8)),
            np.empty(len(mates.buffer), np.uint8),
            *(self.adapter, self.seeds, self.scratch, self.settings),
            *(self.waiting, self.first, table.rows, table.slots),
            *(self.counted.fates, self.counted.qualities, self.counted.inserts),
        )
        reads.start = int(state[0])
        if mates is not reads:
            mates.start = int(state[1])
        self.used, self.counted.total, self.held = map(int, state[2:])
        return status, which

    def finish(self) -> Counted:
        """Count the reads that still wait."""
        table = self.counted.table
        table.grow(self.used)
        table.close(table.count(self.waiting[: self.held], self.first, self.used))
        return self.counted


def _same_length(reads: Blocks, mates: Blocks, number: int) -> None:
    """Refuse mates that differ in number; one of the two files has ended."""
    for blocks, other in ((reads, mates), (mates, reads)):
        while blocks.blank and not blocks.ended:
            blocks.refill()
        if not blocks.blank:
            raise UserError(
                f"{other.path}: has {number} reads, and {blocks.path} has more; mates must pair up"
            )
    if number == 0:
        raise UserError(f"{reads.path}: is empty")


def count_reads(
    libraries: Sequence[Library], protocol: Protocol, settings: Settings, block_bytes: int
) -> Counted:
    """Go through the files of a sample once.

    Raises
    ------
    UserError
        In one line, as `evigil.reads.digest.digest`.
    """
    run = _Pass(protocol, settings)
    for library in libraries:
        with ExitStack() as stack:
            reads = stack.enter_context(Blocks(library.fastq_1, block_bytes))
            mates = None
            if library.fastq_2 is not None:
                mates = stack.enter_context(Blocks(library.fastq_2, block_bytes))
            run.feed(reads, mates)
    return run.finish()
