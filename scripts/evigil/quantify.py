"""The job of one sample: its FASTQ files in, all that is known of its reads out."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from typing import Protocol as TypingProtocol

from evigil.reads.choice import batch_protocol
from evigil.reads.digest import digest
from evigil.reads.library import Library
from evigil.reads.protocol import Protocol
from evigil.rna.bundle import Bundle
from evigil.smallrna.assign import assign
from evigil.smallrna.bam import write_alignments
from evigil.smallrna.mirgff3 import write_isomirs
from evigil.smallrna.part import describe, write_part
from evigil.tables import read_json, write_json


class Output(TypingProtocol):
    """Where the files of a sample are written."""

    @property
    def part(self) -> str:
        """Return the path of the sample's part of the cohort."""

    @property
    def isomirs(self) -> str:
        """Return the path of its mirGFF3."""

    @property
    def alignments(self) -> str:
        """Return the path of its BAM; the index goes beside it."""


def quantify(
    sample: str,
    libraries: Sequence[Mapping[str, str]],
    protocols: Mapping[str, Mapping[str, Any]],
    settings: Mapping[str, Any],
    index: str | Path,
    batch: str | Path | None,
    output: Output,
) -> None:
    """Count the reads of one sample.

    Parameters
    ----------
    sample
        Its name.
    libraries
        ``fastq_1, fastq_2, lane, protocol`` of each of its libraries.
    protocols
        Fields of each known protocol, by name.
    settings
        The block ``smallrna`` of the configuration.
    index
        The reference, as `Bundle.write` wrote it.
    batch
        What `vote` wrote for its batch, if anything: for a sample with too few reads to tell.
    output
        Where its files are written.

    Raises
    ------
    UserError
        In one line, for what only a full read can show.
    """
    known = _known(protocols)
    digested = digest(
        _files(libraries),
        known,
        declared=libraries[0]["protocol"],
        fallback=lambda: read_json(batch)["protocol"] if batch else None,
        lengths=tuple(settings["lengths"]),
    )
    bundle = Bundle.read(index)
    assigned = assign(digested, bundle, settings["mismatches"], settings["additions"])
    write_part(describe(digested, assigned, bundle), output.part)
    write_isomirs(digested, assigned, bundle, sample, output.isomirs)
    write_alignments(digested, assigned, bundle, sample, output.alignments)


def vote(
    samples: Sequence[Sequence[Mapping[str, str]]],
    protocols: Mapping[str, Mapping[str, Any]],
    path: str | Path,
) -> None:
    """Write the protocol that fits most samples of a batch, null if none could be judged.

    Parameters
    ----------
    samples
        The libraries of each.
    protocols
        Fields of each known protocol, by name.
    """
    write_json({"protocol": batch_protocol(map(_files, samples), _known(protocols))}, path)


def _known(protocols: Mapping[str, Mapping[str, Any]]) -> dict[str, Protocol]:
    return {name: Protocol(**fields) for name, fields in protocols.items()}


def _files(libraries: Sequence[Mapping[str, str]]) -> list[Library]:
    return [Library(row["fastq_1"], row["fastq_2"] or None, row["lane"]) for row in libraries]
