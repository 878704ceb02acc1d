"""The FASTQ files of a sample."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Library:
    """One row of the sheet of libraries.

    Attributes
    ----------
    fastq_1, fastq_2
        Paths; read 2 is None for single reads.
    lane
        As the sheet names it.
    """

    fastq_1: str
    fastq_2: str | None = None
    lane: str = ""


def in_order(libraries: Iterable[Library]) -> list[Library]:
    """Sort the files of a sample, so that the order of the sheet's rows changes nothing."""
    return sorted(libraries, key=lambda library: (library.lane, library.fastq_1))
