"""The FASTQ files of a sample."""

from collections.abc import Iterable, Mapping, Sequence
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


def at_hand(
    samples: Sequence[Sequence[Mapping[str, str]]], files: Sequence[str]
) -> list[list[dict[str, str]]]:
    """Name the files of the sheet as a job has them: those of a storage are copied elsewhere.

    Parameters
    ----------
    samples
        Rows of the sheet of libraries, by sample.
    files
        Every ``fastq_1`` where it is now, then every ``fastq_2`` that there is; the latter may be
        left out as a whole, where they are not opened.
    """
    rows = [row for sample in samples for row in sample]
    named = [row[mate] for mate in ("fastq_1", "fastq_2") for row in rows if row[mate]]
    place = dict(zip(named, files, strict=False))
    return [
        [
            {**row, "fastq_1": place[row["fastq_1"]], "fastq_2": place.get(row["fastq_2"], "")}
            for row in sample
        ]
        for sample in samples
    ]
